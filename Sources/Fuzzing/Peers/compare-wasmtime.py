"""Compares with wasmtime, by its Python package; prints what differs, and how much was compared.

    compare-wasmtime.py cases DIRECTORY      what `Fuzzing cases DIRECTORY CORPUS...` wrote
    compare-wasmtime.py verdicts             what `Fuzzing verdicts CORPUS...` prints, on standard input

Legacy exception handling is left out: wasmtime has none.
"""

import ctypes
import glob
import struct
import sys

import wasmtime
import wasmtime._ffi

PROPOSALS = """threads tail_call reference_types simd bulk_memory multi_value multi_memory memory64
    function_references gc exceptions relaxed_simd""".split()


def make_engine():
    config = wasmtime.Config()
    for name in PROPOSALS:
        enable = getattr(wasmtime._ffi.dll, f"wasmtime_config_wasm_{name}_set")
        enable.argtypes = [ctypes.c_void_p, ctypes.c_bool]
        enable.restype = None
        enable(ctypes.cast(config.ptr(), ctypes.c_void_p), True)
    return wasmtime.Engine(config)


def digest(data):
    value = 0xCBF29CE484222325
    for word in struct.unpack(f"<{len(data) // 8}Q", data):
        value = (value ^ word) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def outcome(engine, module, names):
    """The same lines as `ExecutorCase` writes, but for the names of traps."""
    store = wasmtime.Store(engine)
    exports = wasmtime.Instance(store, module, []).exports(store)
    for name in names:
        if name.startswith("memory"):
            memory = exports[name]
            data = bytes(memory.read(store, 0, memory.data_len(store)))
            yield f"{name}: {len(data)} bytes, {digest(data)}"
            continue
        try:
            results = exports[name](store)
        except (wasmtime.Trap, wasmtime.WasmtimeError):
            yield f"{name}: trap"
            continue
        results = [] if results is None else results if isinstance(results, list) else [results]
        types = exports[name].type(store).results
        values = (value % (1 << (32 if str(type) == "i32" else 64)) for value, type in zip(results, types))
        yield f"{name}: " + " ".join(map(str, values))


def compare_cases(directory):
    engine = make_engine()
    same = different = skipped = 0
    for path in sorted(glob.glob(f"{directory}/*.wasm")):
        with open(path[:-4] + "txt") as file:
            expected = [line.split(" trap")[0] + " trap" if ": trap" in line else line for line in file.read().splitlines()]
        try:
            module = wasmtime.Module.from_file(engine, path)
        except wasmtime.WasmtimeError as error:
            skipped += 1
            if "legacy" not in str(error):
                print(f"{path}: {error}")
            continue
        found = list(outcome(engine, module, [line.split(":")[0] for line in expected]))
        if found == expected:
            same += 1
        else:
            different += 1
            for ours, theirs in zip(expected, found):
                if ours != theirs:
                    print(f"{path}: {ours} | wasmtime: {theirs}")
    print(f"{same} the same, {different} different, {skipped} not compared")


def compare_verdicts():
    engine = make_engine()
    count = different = 0
    for line in sys.stdin:
        path, verdict = line.rstrip("\n").split("\t", 1)
        with open(path, "rb") as file:
            binary = file.read()
        try:
            wasmtime.Module.validate(engine, binary)
            theirs = "valid"
        except wasmtime.WasmtimeError as error:
            theirs = str(error)
        count += 1
        if (verdict == "valid") != (theirs == "valid") and "legacy" not in theirs:
            different += 1
            print(f"{path}: {verdict} | wasmtime: {theirs}")
    print(f"{count} compared, {different} different")


if sys.argv[1] == "cases":
    compare_cases(sys.argv[2])
else:
    compare_verdicts()
