// Hocuspocus, with each document's state kept in LevelDB, each write flushed to the disk before it counts.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "@hocuspocus/extension-database";
import { Server } from "@hocuspocus/server";
import { ClassicLevel } from "classic-level";

const folder = process.argv[2];
const file = new ClassicLevel(join(folder, "server"), { valueEncoding: "buffer" });
await file.open();

const server = new Server({
  quiet: true,
  port: 0,
  address: "127.0.0.1",
  debounce: 0,
  extensions: [
    new Database({
      fetch: async ({ documentName }) => (await file.get(documentName)) ?? null,
      store: async ({ documentName, state }) => {
        await file.put(documentName, Buffer.from(state), { sync: true });
        appendFileSync(join(folder, "stored"), `${documentName}\n`);
      },
    }),
  ],
});
await server.listen();
console.log(server.address.port);
