// Compiles and runs a WASI module with Node's V8: MODULE [ARGUMENT]...
// The last line on standard error has the milliseconds that compiling and running took.

import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";
import { argv } from "node:process";

const [path, ...args] = argv.slice(2);
const binary = await readFile(path);

const start = performance.now();
const module = await WebAssembly.compile(binary);
const compiled = performance.now();

const wasi = new WASI({ version: "preview1", args: [path, ...args], returnOnExit: true });
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
const code = wasi.start(instance);
const ended = performance.now();

if (code) throw new Error(`exit code ${code}`);
console.error(`${(compiled - start).toFixed(3)} ${(ended - compiled).toFixed(3)}`);
