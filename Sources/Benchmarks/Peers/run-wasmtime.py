"""Compiles and runs a WASI module with wasmtime: optimising|baseline MODULE [ARGUMENT]...

The last line on standard error has the milliseconds that compiling and running took.
"""

import sys
import time

import wasmtime
import wasmtime._bindings

compiler, path, *arguments = sys.argv[1:]
config = wasmtime.Config()
# The package's public interface has no setting for the compiler, but the C function behind it is there.
WINCH = 2
if compiler == "baseline":
    wasmtime._bindings.wasmtime_config_strategy_set(config.ptr(), WINCH)
engine = wasmtime.Engine(config)
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
