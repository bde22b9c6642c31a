"""Writes random values as the reference of the Canonical ABI passes them from one memory to another.

usage: vectors.py [--handles] SEED COUNT [LENGTH] > vectors.txt

LENGTH is that of the longest line that is written; without it, all are. The data beside this script came of `1 4000 700`,
and of `--handles 1 1500 400`.

HIPPO_COMPONENT_MODEL names a copy of the repository WebAssembly/component-model, whose definitions.py is run. A line is

    type|source encoding|target encoding|source memory|flat arguments|value|target memory|flat arguments|allocations

or, where passing the value traps, the first five of these and `!` if reading it did, `!!` if writing it did. See
VectorNotation.swift for the notation.

With --handles, all types have handles in them. After the first five columns come where the result is to be put, or nothing
if the value is a parameter, and how the tables of handles of the source and the target came about; at the end come what is
in the tables after the call, and how many borrowed handles the target was given.
"""

import os
import random
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["HIPPO_COMPONENT_MODEL"], "design/mvp/canonical-abi"))
import definitions as d

d.DETERMINISTIC_PROFILE = True
MEMORY_SIZE = 65536
FLAT_MAXIMUM = 16
ENCODINGS = ["utf8", "utf16", "latin1+utf16"]

# The reference runs `realloc` as a task of its own, in a thread; what it returns is the same without one.
d.LiftLowerContext.reallocate = lambda cx, *arguments: cx.opts.realloc(list(arguments))[0]

PRIMITIVES = {
    "bool": d.BoolType, "s8": d.S8Type, "u8": d.U8Type, "s16": d.S16Type, "u16": d.U16Type, "s32": d.S32Type,
    "u32": d.U32Type, "s64": d.S64Type, "u64": d.U64Type, "f32": d.F32Type, "f64": d.F64Type, "char": d.CharType,
    "string": d.StringType,
}
WIDTHS = {"8": 8, "16": 16, "32": 32, "64": 64}


class Heap:
    """Memory that is handed out from the beginning: what shrinks stays, what grows moves."""

    def __init__(self, start=8):
        self.memory = bytearray(MEMORY_SIZE)
        self.end = start
        self.calls = []

    def realloc(self, arguments):
        old, old_size, alignment, size = arguments
        self.calls.append(arguments)
        if old != 0 and size <= old_size:
            return [old]
        place = d.align_to(self.end, alignment)
        d.trap_if(place + size > MEMORY_SIZE)
        self.end = place + size
        self.memory[place : place + old_size] = self.memory[old : old + old_size]
        return [place]

    def context(self, encoding, instance=None, scope=None):
        options = d.CanonicalOptions()
        options.memory = d.MemInst(self.memory, "i32")
        options.string_encoding = encoding
        options.realloc = self.realloc
        return d.LiftLowerContext(options, instance or d.ComponentInstance(d.Store()), scope)


# The first resource type is that of the source, the second that of the target, the third that of another instance.
INSTANCES = [d.ComponentInstance(d.Store()) for _ in range(3)]
RESOURCES = [d.ResourceType(instance) for instance in INSTANCES]


class Handles:
    """A table of handles, with what was done to it."""

    def __init__(self, instance, scope):
        instance.handles = self.table = d.Table()
        self.scope = scope
        self.history = []

    def add(self, own, resource, representation):
        self.history.append(f"{'o' if own else 'b'}{resource}.{representation}")
        scope = None if own else self.scope
        return self.table.add(d.ResourceHandle(RESOURCES[resource], representation, own, scope))

    def add_set(self):
        self.history.append("w")
        self.table.add(d.WaitableSet())

    def remove(self, index):
        self.history.append(f"x{index}")
        self.table.remove(index)

    def lend(self, index):
        self.history.append(f"l{index}")
        self.table.get(index).num_lends += 1

    def fitting(self, test):
        return [i for i, h in enumerate(self.table.array) if isinstance(h, d.ResourceHandle) and test(h)]

    def describe(self):
        def one(h):
            match h:
                case None:
                    return "-"
                case d.ResourceHandle():
                    kind = "o" if h.own else "b"
                    return f"{kind}{RESOURCES.index(h.rt)}.{h.rep}" + (f".{h.num_lends}" if h.num_lends else "")
            return "w"

        # What is freed last is given out first.
        free = "".join(f"<{i}" for i in reversed(self.table.free))
        return ",".join(one(h) for h in self.table.array[1:]) + free


class Random(random.Random):
    # Whether types have handles in them, and the table that these are from.
    handle_kinds = []
    handles = None

    def type(self, depth):
        """A type, and how it is written."""
        kinds = ["primitive"] * 6 + ["string"] * 3 + ["handle"] * 12 * bool(self.handle_kinds)
        if depth > 0:
            kinds += ["record", "tuple", "variant", "list", "list", "fixed", "option", "result", "enum", "flags", "map"]
        kind = self.choice(kinds)
        if kind == "primitive":
            name = self.choice(list(PRIMITIVES))
            return PRIMITIVES[name](), name
        if kind == "string":
            return d.StringType(), "string"
        if kind == "handle":
            resource, handle = self.randrange(3), self.choice(self.handle_kinds)
            return (d.OwnType if handle == "own" else d.BorrowType)(RESOURCES[resource]), f"{handle}{resource}"
        if kind == "enum":
            count = self.choice([1, 2, 3, 255, 256, 257, 300])
            return d.EnumType([f"c{i}" for i in range(count)]), f"e{count}"
        if kind == "flags":
            count = self.randint(1, 32)
            return d.FlagsType([f"f{i}" for i in range(count)]), f"F{count}"
        if kind in ("record", "tuple"):
            fields = [self.type(depth - 1) for _ in range(self.choice([1, 2, 2, 3, 4, 6]))]
            text = ",".join(t for _, t in fields)
            if kind == "tuple":
                return d.TupleType([t for t, _ in fields]), f"t({text})"
            return d.RecordType([d.FieldType(f"f{i}", t) for i, (t, _) in enumerate(fields)]), f"r({text})"
        if kind == "variant":
            cases = [self.type(depth - 1) if self.random() < 0.7 else (None, "_") for _ in range(self.randint(1, 5))]
            text = ",".join(t for _, t in cases)
            return d.VariantType([d.CaseType(f"c{i}", t) for i, (t, _) in enumerate(cases)]), f"v({text})"
        if kind == "result":
            (ok, a), (error, b) = [self.type(depth - 1) if self.random() < 0.7 else (None, "_") for _ in range(2)]
            return d.ResultType(ok, error), f"R({a},{b})"
        inner, text = self.type(depth - 1)
        if kind == "option":
            return d.OptionType(inner), f"o({text})"
        if kind == "list":
            return d.ListType(inner), f"l({text})"
        if kind == "fixed":
            length = self.randint(1, 5)
            return d.ListType(inner, length), f"L{length}({text})"
        keys = ["bool", "u8", "s16", "u32", "s64", "char", "string"]
        key = self.choice(keys)
        return d.MapType(PRIMITIVES[key](), inner), f"m({key},{text})"

    def text(self, encoding):
        alphabets = ["az 09", "\x00~az", "\x80\xe9\xff", "a\xe9", "\u0100\u2603\uffff", "az\xe9\u2603", "\U0001f370\U0010ffff", "a\xe9\u2603\U0001f370"]
        alphabet = self.choice(alphabets)
        text = "".join(self.choice(alphabet) for _ in range(self.choice([0, 1, 2, 3, 5, 9, 17, 40])))
        if encoding == "utf8":
            return (text, "utf8", len(text.encode("utf-8")))
        if encoding == "utf16":
            return (text, "utf16", len(text.encode("utf-16-le")) // 2)
        if all(ord(c) < 256 for c in text) and self.random() < 0.6:
            return (text, "latin1+utf16", len(text))
        return (text, "latin1+utf16", len(text.encode("utf-16-le")) // 2 | 1 << 31)

    def history(self, handles):
        """Adds handles to a table, lends some and removes some."""
        for _ in range(self.choice([0, 0, 1, 3, 6])):
            if self.random() < 0.1:
                handles.add_set()
            else:
                handles.add(self.random() < 0.8, self.randrange(3), self.choice([0, 7, 2**32 - 1, self.getrandbits(32)]))
        for index in handles.fitting(lambda h: True):
            if self.random() < 0.1:
                handles.lend(index)
            elif self.random() < 0.4:
                handles.remove(index)

    def handle(self, t):
        """A handle that fits, most often."""
        own = isinstance(t, d.OwnType)
        if self.random() < 0.08:
            return self.choice([0, 1, 2, 3, self.randrange(40), 2**32 - 1])
        fitting = self.handles.fitting(lambda h: h.rt is t.rt and (h.own or not own))
        if fitting and self.random() < (0.2 if own else 0.5):
            return self.choice(fitting)
        return self.handles.add(own or self.random() < 0.6, RESOURCES.index(t.rt), self.getrandbits(32))

    def value(self, t, encoding):
        match t:
            case d.OwnType() | d.BorrowType():
                return self.handle(t)
            case d.BoolType():
                return self.random() < 0.5
            case d.F32Type():
                return self.choice([0.0, -0.0, 1.5, -3.25, float("inf"), float("nan"), 2.0 ** -149])
            case d.F64Type():
                return self.choice([0.0, -0.0, 1.1, -3.25, float("-inf"), float("nan"), 5e-324])
            case d.CharType():
                return chr(self.choice([0, 0x41, 0x7F, 0x80, 0xFF, 0x100, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF]))
            case d.StringType():
                return self.text(encoding)
            case d.ListType(element, None):
                return [self.value(element, encoding) for _ in range(self.choice([0, 1, 2, 3, 7]))]
            case d.ListType(element, length):
                return [self.value(element, encoding) for _ in range(length)]
            case d.MapType(key, value):
                return [
                    {"0": self.value(key, encoding), "1": self.value(value, encoding)}
                    for _ in range(self.randint(0, 3))
                ]
            case d.RecordType(fields):
                return {f.label: self.value(f.t, encoding) for f in fields}
            case d.TupleType(types):
                return {str(i): self.value(u, encoding) for i, u in enumerate(types)}
            case d.FlagsType(labels):
                return {label: self.random() < 0.5 for label in labels}
            case d.VariantType() | d.OptionType() | d.ResultType() | d.EnumType():
                case_ = self.choice(d.despecialize(t).cases)
                return {case_.label: None if case_.t is None else self.value(case_.t, encoding)}
        name = type(t).__name__
        width = int("".join(c for c in name if c.isdigit()))
        bits = self.choice([0, 1, 2**width - 1, 2 ** (width - 1), 2 ** (width - 1) - 1, self.getrandbits(width)])
        return bits - 2**width if name.startswith("S") and bits >> (width - 1) else bits

    def spoil(self, heap, flats, types):
        """Changes what is passed, so that it may be no value any more, or another one."""
        for _ in range(self.randint(1, 3)):
            what = self.random()
            if what < 0.5 and heap.end > 8:
                place = self.randrange(8, heap.end)
                heap.memory[place] = self.choice([0, 1, 0x7F, 0x80, 0xC3, 0xD8, 0xED, 0xF0, 0xFF, self.getrandbits(8)])
            elif what < 0.6 and heap.end > 16:
                place = self.randrange(8, heap.end - 4) & ~3
                value = self.choice([MEMORY_SIZE - 1, MEMORY_SIZE, 2**28, 2**31, 2**32 - 1, 3])
                heap.memory[place : place + 4] = struct.pack("<I", value)
            elif flats:
                place = self.randrange(len(flats))
                width = 32 if types[place].endswith("32") else 64
                flats[place] = self.choice(
                    [0, 1, 2, 255, 256, 2**31, 2**width - 1, flats[place] ^ 1, flats[place] | 1 << (width - 1),
                     MEMORY_SIZE - 1, MEMORY_SIZE, self.getrandbits(width)]
                ) & (2**width - 1)


def bits(value, flat_type):
    match flat_type:
        case "f32":
            return struct.unpack("<I", struct.pack("<f", value))[0]
        case "f64":
            return struct.unpack("<Q", struct.pack("<d", value))[0]
    return value


def number(bits, flat_type):
    match flat_type:
        case "f32":
            return struct.unpack("<f", struct.pack("<I", bits))[0]
        case "f64":
            return struct.unpack("<d", struct.pack("<Q", bits))[0]
    return bits


def write(v, t):
    match t:
        case d.BoolType():
            return "t" if v else "f"
        case d.F32Type():
            return "%x" % d.encode_float_as_i32(v)
        case d.F64Type():
            return "%x" % d.encode_float_as_i64(v)
        case d.CharType():
            return "%x" % ord(v)
        case d.StringType():
            return "'" + v[0].encode("utf-8").hex()
        case d.ListType(element, _):
            return "[" + ",".join(write(e, element) for e in v) + "]"
        case d.MapType(key, value):
            return write(v, d.ListType(d.TupleType([key, value])))
        case d.RecordType(fields):
            return "(" + ",".join(write(v[f.label], f.t) for f in fields) + ")"
        case d.TupleType(types):
            return "(" + ",".join(write(v[str(i)], u) for i, u in enumerate(types)) + ")"
        case d.FlagsType(labels):
            return "%x" % sum(1 << i for i, label in enumerate(labels) if v[label])
        case d.VariantType() | d.OptionType() | d.ResultType() | d.EnumType():
            index, payload = d.match_case(v, d.despecialize(t).cases)
            inner = d.despecialize(t).cases[index].t
            return str(index) if inner is None else f"{index}:{write(payload, inner)}"
    return str(v)


def image(heap):
    """The bytes from the eighth on, zeros at the end left out."""
    return bytes(heap.memory[8 : heap.end]).rstrip(b"\0").hex()


def vector(rng):
    while True:
        t, text = rng.type(rng.choice([0, 1, 2, 2, 3, 3]))
        if d.elem_size(t, "i32") < 4096:
            break
    source_encoding, target_encoding = rng.choice(ENCODINGS), rng.choice(ENCODINGS)
    source, target = Heap(), Heap()
    source_context, target_context = source.context(source_encoding), target.context(target_encoding)
    types = d.flatten_types([t], source_context.opts)
    if len(types) > FLAT_MAXIMUM:
        types = ["i32"]
    value = rng.value(t, source_encoding)
    flats = d.lower_flat_values(source_context, FLAT_MAXIMUM, [value], [t])
    flats = [bits(v, u) for v, u in zip(flats, types)]
    if rng.random() < 0.4:
        rng.spoil(source, flats, types)
    start = "|".join(
        [text, str(ENCODINGS.index(source_encoding)), str(ENCODINGS.index(target_encoding)), image(source),
         ",".join("%x" % v for v in flats)])
    try:
        arguments = d.CoreValueIter([number(v, u) for v, u in zip(flats, types)])
        [lifted] = d.lift_flat_values(source_context, FLAT_MAXIMUM, arguments, [t])
    except d.Trap:
        return start + "|!"
    try:
        lowered = d.lower_flat_values(target_context, FLAT_MAXIMUM, [lifted], [t])
    except d.Trap:
        return start + "|!!"
    return "|".join(
        [start, write(lifted, t), image(target), ",".join("%x" % bits(v, u) for v, u in zip(lowered, types)),
         ";".join(",".join(map(str, call)) for call in target.calls)])


def handle_vector(rng):
    """As `vector`, of a value with handles in it, which is a parameter or a result."""
    is_result = rng.random() < 0.3
    flat_maximum = 1 if is_result else FLAT_MAXIMUM
    rng.handle_kinds = ["own"] if is_result else ["own", "borrow"]
    while True:
        t, text = rng.type(rng.choice([0, 1, 1, 2, 2, 3]))
        if d.elem_size(t, "i32") < 4096 and re.search("own|borrow", text):
            break
    source_encoding, target_encoding = rng.choice(ENCODINGS), rng.choice(ENCODINGS)
    source, target = Heap(), Heap(4096 if is_result else 8)
    subtask, tasks = d.Subtask(), [d.Task(None, None, instance, None, None) for instance in INSTANCES]
    source_handles, target_handles = Handles(INSTANCES[0], tasks[0]), Handles(INSTANCES[1], tasks[1])
    source_context = source.context(source_encoding, INSTANCES[0], subtask)
    target_context = target.context(target_encoding, INSTANCES[1], tasks[1])
    rng.history(source_handles)
    rng.history(target_handles)
    rng.handles = source_handles
    types = d.flatten_types([t], source_context.opts)
    is_in_memory = len(types) > flat_maximum
    if is_in_memory:
        types = ["i32"]
    value = rng.value(t, source_encoding)
    # What the guest passes are indices as they are.
    lower_own, lower_borrow = d.lower_own, d.lower_borrow
    d.lower_own = d.lower_borrow = lambda cx, index, t: index
    flats = d.lower_flat_values(source_context, flat_maximum, [value], [t])
    d.lower_own, d.lower_borrow = lower_own, lower_borrow
    flats = [bits(v, u) for v, u in zip(flats, types)]
    if rng.random() < 0.15:
        rng.spoil(source, flats, types)
    place = rng.choice([8, 8, 16, 64, 64, 9, 10, 12, MEMORY_SIZE - 4, 2**32 - 8]) if is_result and is_in_memory else 8
    tasks[1].num_borrows = 0
    start = "|".join(
        [text, str(ENCODINGS.index(source_encoding)), str(ENCODINGS.index(target_encoding)), image(source),
         ",".join("%x" % v for v in flats), str(place) if is_result else "", ",".join(source_handles.history),
         ",".join(target_handles.history)])
    try:
        arguments = d.CoreValueIter([number(v, u) for v, u in zip(flats, types)])
        [lifted] = d.lift_flat_values(source_context, flat_maximum, arguments, [t])
    except d.Trap:
        return start + "|!"
    try:
        out = d.CoreValueIter([place]) if is_result and is_in_memory else None
        lowered = d.lower_flat_values(target_context, flat_maximum, [lifted], [t], out)
    except d.Trap:
        return start + "|!!"
    subtask.resolve(d.Subtask.State.RETURNED, [])
    subtask.deliver_resolve()
    return "|".join(
        [start, write(lifted, t), image(target), ",".join("%x" % bits(v, u) for v, u in zip(lowered, types)),
         ";".join(",".join(map(str, call)) for call in target.calls), source_handles.describe(),
         target_handles.describe(), str(tasks[1].num_borrows)])


def main():
    arguments = sys.argv[1:]
    make = vector
    if arguments[0] == "--handles":
        make = handle_vector
        arguments.pop(0)
    rng = Random(int(arguments[0]))
    longest = int(arguments[2]) if len(arguments) > 2 else sys.maxsize
    for _ in range(int(arguments[1])):
        line = make(rng)
        if len(line) <= longest:
            print(line)


main()
