// What the peers written in JavaScript have in common: the orders, a server in a process of its own, and the result.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

// The orders: one JSON object a line, with its key in `document`.
export function readOrders() {
  return readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
}

// A folder for the files of this run, on the disk that is measured.
export function scratch() {
  const folder = mkdtempSync(join(process.argv[3], "peer-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Starts a server, which prints its port when it is ready.
export async function startServer(script, folder) {
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const [line] = await new Promise((ready, failed) => {
    lines.once("line", (line) => ready([line]));
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}`)));
  });
  return Number(line);
}

// Seconds that something takes.
export async function seconds(work) {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

// Prints what was measured, and ends.
export function report(name, settings, orders, up, down) {
  const each = (measured) => ({
    orders_per_second: Math.round(orders / measured.seconds),
    bytes_per_order: Math.round(measured.bytes / orders),
  });
  console.log(JSON.stringify({ name, settings, orders, up: each(up), down: each(down) }));
  process.exit(0);
}
