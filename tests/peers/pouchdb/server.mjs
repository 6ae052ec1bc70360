// PouchDB's own server, over LevelDB files.
import { join } from "node:path";
import express from "express";
import expressPouchdb from "express-pouchdb";
import PouchDB from "pouchdb";

const folder = process.argv[2];
const Files = PouchDB.defaults({ prefix: join(folder, "server-") });
const app = express();
app.use("/", expressPouchdb(Files, {
  mode: "minimumForPouchDB",
  inMemoryConfig: true,
  logPath: join(folder, "server.log"),
}));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
