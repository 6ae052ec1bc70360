// Opens documents that Holdfast exported with the real Automerge, as any other program would, and says what it finds.
//
//   node open-documents.mjs FILE...
//
// For each file one line of JSON: its heads, how it begins, its operations by key, and a change in which this program
// itself appends an operation. Every document and operation is validated against schemas/json; the first that does not
// fit ends the program with status 1.

import { readFileSync } from "node:fs";
import * as Automerge from "@automerge/automerge";
import Ajv from "ajv/dist/2020.js";

const SCHEMAS = new URL("../../schemas/json/", import.meta.url);
const AUTHOR = "000000ff" + "5a".repeat(12);
const LATER = '{"at":0,"by":{"role":"system"},"critical":false,"body":{"later":1}}';

const ajv = new Ajv({ allErrors: true });
for (const name of ["operation", "document"]) {
  ajv.addSchema(JSON.parse(readFileSync(new URL(`${name}.schema.json`, SCHEMAS), "utf8")), name);
}

function validate(schema, value, where) {
  const fits = ajv.getSchema(schema);
  if (!fits(value)) {
    console.error(`${where}: ${ajv.errorsText(fits.errors)}`);
    process.exit(1);
  }
}

// A string value is an object of its own, unlike a text that people edit together.
function plain(value, where) {
  if (!Automerge.isImmutableString(value)) {
    console.error(`${where} is no string value`);
    process.exit(1);
  }
  return value.toString();
}

function append(document) {
  const changes = Automerge.getAllChanges(document).map(Automerge.decodeChange);
  const last = Math.max(...changes.map((change) => change.startOp + change.ops.length - 1));
  const ours = Automerge.clone(document, { actor: AUTHOR });
  const longer = Automerge.change(ours, { time: 0 }, (root) => {
    root[`op/${last + 1}@${AUTHOR}`] = new Automerge.ImmutableString(LATER);
  });
  return Buffer.from(Automerge.getLastLocalChange(longer)).toString("hex");
}

for (const file of process.argv.slice(2)) {
  const document = Automerge.load(readFileSync(file));
  const root = {};
  for (const [key, value] of Object.entries(document)) {
    root[key] = plain(value, `${file}: ${key}`);
  }
  validate("document", root, file);
  const { kind, schema, ...operations } = root;
  for (const [key, text] of Object.entries(operations)) {
    validate("operation", JSON.parse(text), `${file}: ${key}`);
  }
  const heads = Automerge.getHeads(document).sort();
  console.log(JSON.stringify({ heads, kind, schema, operations, appended: append(document) }));
}
