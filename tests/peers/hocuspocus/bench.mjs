// Yjs over Hocuspocus: a document for each order; all over one web socket. A client writes them; a second one reads them.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import WebSocket from "ws";
import * as Y from "yjs";
import { countingProxy } from "../counting-proxy.mjs";
import { readOrders, report, scratch, seconds, startServer } from "../harness.mjs";

const DOCUMENTS_AT_ONCE = 64;

const orders = readOrders();
const folder = scratch();
const port = await startServer(new URL("server.mjs", import.meta.url).pathname, folder);
// The server writes a line for each document that is durable.
const stored = () => new Set(readFileSync(join(folder, "stored"), "utf8").split("\n")).size - 1;

// Syncs a document for each order, some at once; gives each to `check` when it is synced.
async function syncAll(proxy, prepare, check) {
  const socket = new HocuspocusProviderWebsocket({
    url: `ws://127.0.0.1:${proxy.port}`,
    WebSocketPolyfill: WebSocket,
  });
  const waiting = orders.values();
  async function worker() {
    for (const order of waiting) {
      const document = new Y.Doc();
      prepare(document, order);
      await new Promise((synced) => {
        const provider = new HocuspocusProvider({
          websocketProvider: socket,
          name: order.document,
          document,
          onSynced: () => {
            check(document, order);
            provider.destroy();
            synced();
          },
        });
        provider.attach();
      });
    }
  }
  await Promise.all(Array.from({ length: DOCUMENTS_AT_ONCE }, worker));
  socket.destroy();
}

// An order as Yjs would hold it: a map of its fields; lists and objects as they are.
function write(document, order) {
  const map = document.getMap("order");
  document.transact(() => {
    for (const [name, value] of Object.entries(order)) map.set(name, value);
  });
}

const first = await countingProxy(port);
const up = await seconds(async () => {
  await syncAll(first, write, () => {});
  while (stored() < orders.length) await new Promise((again) => setTimeout(again, 5));
});
const second = await countingProxy(port);
const down = await seconds(() =>
  syncAll(second, () => {}, (document, order) => {
    assert.equal(document.getMap("order").get("document"), order.document);
  }),
);

report(
  "Yjs 13 with Hocuspocus 4",
  "a document for each order, 64 at once over one web socket; LevelDB with a flush for each write, no debounce",
  orders.length,
  { seconds: up, bytes: first.bytes },
  { seconds: down, bytes: second.bytes },
);
