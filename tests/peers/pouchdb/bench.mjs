// PouchDB replication: a client with all orders in its file replicates to the server, then a second client from it.
import assert from "node:assert";
import { join } from "node:path";
import PouchDB from "pouchdb";
import { countingProxy } from "../counting-proxy.mjs";
import { readOrders, report, scratch, seconds, startServer } from "../harness.mjs";

const BATCH = { batch_size: 500, batches_limit: 4 };

const orders = readOrders();
const folder = scratch();
const port = await startServer(new URL("server.mjs", import.meta.url).pathname, folder);
const Files = PouchDB.defaults({ prefix: join(folder, "client-") });
const till = new Files("till");
await till.bulkDocs(orders.map((order) => ({ _id: order.document, ...order })));

const first = await countingProxy(port);
const up = await seconds(() => PouchDB.replicate(till, `http://127.0.0.1:${first.port}/orders`, BATCH));
const second = await countingProxy(port);
const other = new Files("other");
const down = await seconds(() => PouchDB.replicate(`http://127.0.0.1:${second.port}/orders`, other, BATCH));
assert.equal((await other.info()).doc_count, orders.length);

report(
  "PouchDB 9 with express-pouchdb",
  "LevelDB files, no fsync for each write; batches of 500, 4 at once; HTTP",
  orders.length,
  { seconds: up, bytes: first.bytes },
  { seconds: down, bytes: second.bytes },
);
