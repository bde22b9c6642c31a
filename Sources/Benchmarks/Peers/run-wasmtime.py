"""Compiles and runs a WASI module with wasmtime: MODULE [ARGUMENT]...

The last line on standard error has the milliseconds that compiling and running took.
"""

import sys
import time

import wasmtime

path, *arguments = sys.argv[1:]
engine = wasmtime.Engine()
with open(path, "rb") as file:
    binary = file.read()

start = time.perf_counter()
module = wasmtime.Module(engine, binary)
compiled = time.perf_counter()

linker = wasmtime.Linker(engine)
linker.define_wasi()
store = wasmtime.Store(engine)
wasi = wasmtime.WasiConfig()
wasi.argv = [path, *arguments]
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()
store.set_wasi(wasi)
instance = linker.instantiate(store, module)
try:
    instance.exports(store)["_start"](store)
except wasmtime.ExitTrap as exit:
    if exit.code != 0:
        raise
ended = time.perf_counter()

sys.stdout.flush()
print(f"{(compiled - start) * 1000:.3f} {(ended - compiled) * 1000:.3f}", file=sys.stderr)
