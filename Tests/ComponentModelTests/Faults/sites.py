"""Finds places in Swift sources where a fault can be planted, and rewrites them so that a number chooses the fault.

There is no parser here: regular expressions find what looks like a literal, an operator, a condition, an argument or a
statement. What does not compile after it was rewritten is given up, see plant-faults.py.
"""

import re
from dataclasses import dataclass, field

# What the rewritten sources call. A number that is not chosen leaves everything as it was.
SUPPORT = """\
import Glibc

let chosenFault: Int = getenv("HIPPO_PLANTED_FAULT").map { Int(atol($0)) } ?? 0

@inline(__always)
func plantedNumber<Number: FixedWidthInteger>(_ fault: Int, _ value: Number) -> Number {
    chosenFault == fault ? value &+ 1 : chosenFault == fault + 1 ? value &- 1 : value
}

@inline(__always)
func plantedFlag(_ fault: Int, _ value: Bool) -> Bool { chosenFault == fault ? !value : value }

@inline(__always)
func plantedCondition(_ fault: Int, _ value: Bool) -> Bool {
    chosenFault == fault ? true : chosenFault == fault + 1 ? false : value
}

@inline(__always)
func plantedChoice<Value>(_ fault: Int, _ value: Value, _ other: Value) -> Value {
    chosenFault == fault ? other : value
}

@inline(__always)
func isPresent(_ fault: Int) -> Bool { chosenFault != fault }

"""

ARITHMETIC = "<T: FixedWidthInteger>(_ a: T, _ b: T) -> T"
SHIFT = "<T: FixedWidthInteger, U: FixedWidthInteger>(_ a: T, _ b: U) -> T"
COMPARISON = "<T: Comparable>(_ a: T, _ b: T) -> Bool"
EQUALITY = "<T: Equatable>(_ a: T, _ b: T) -> Bool"
RANGE = "<T: FixedWidthInteger>(_ a: T, _ b: T) -> Range<T>"
LOGIC = "(_ a: Bool, _ b: @autoclosure () -> Bool) -> Bool"
ASSIGNMENT = "<T: FixedWidthInteger>(_ a: inout T, _ b: T)"
ONLY_LEFT = ("a", "its right side is ignored")

# By operator: precedence, signature, what it does, and what it does with each fault.
OPERATORS = {
    "+": ("AdditionPrecedence", ARITHMETIC, "a + b", [("a &- b", "becomes -"), ONLY_LEFT]),
    "-": ("AdditionPrecedence", ARITHMETIC, "a - b", [("a &+ b", "becomes +"), ONLY_LEFT]),
    "*": ("MultiplicationPrecedence", ARITHMETIC, "a * b", [("a &+ b", "becomes +"), ONLY_LEFT]),
    "/": ("MultiplicationPrecedence", ARITHMETIC, "a / b", [("a &* b", "becomes *"), ONLY_LEFT]),
    "&+": ("AdditionPrecedence", ARITHMETIC, "a &+ b", [("a &- b", "becomes &-"), ONLY_LEFT]),
    "&*": ("MultiplicationPrecedence", ARITHMETIC, "a &* b", [("a &+ b", "becomes &+"), ONLY_LEFT]),
    "&": ("MultiplicationPrecedence", ARITHMETIC, "a & b", [("a | b", "becomes |"), ONLY_LEFT]),
    "|": ("AdditionPrecedence", ARITHMETIC, "a | b", [("a & b", "becomes &"), ONLY_LEFT]),
    "^": ("AdditionPrecedence", ARITHMETIC, "a ^ b", [("a & b", "becomes &"), ONLY_LEFT]),
    "<<": ("BitwiseShiftPrecedence", SHIFT, "a << b", [("a >> b", "becomes >>"), ONLY_LEFT]),
    ">>": ("BitwiseShiftPrecedence", SHIFT, "a >> b", [("a << b", "becomes <<"), ONLY_LEFT]),
    "<": ("ComparisonPrecedence", COMPARISON, "a < b", [("a <= b", "becomes <="), ("a >= b", "becomes >=")]),
    "<=": ("ComparisonPrecedence", COMPARISON, "a <= b", [("a < b", "becomes <"), ("a > b", "becomes >")]),
    ">": ("ComparisonPrecedence", COMPARISON, "a > b", [("a >= b", "becomes >="), ("a <= b", "becomes <=")]),
    ">=": ("ComparisonPrecedence", COMPARISON, "a >= b", [("a > b", "becomes >"), ("a < b", "becomes <")]),
    "==": ("ComparisonPrecedence", EQUALITY, "a == b", [("a != b", "becomes !=")]),
    "!=": ("ComparisonPrecedence", EQUALITY, "a != b", [("a == b", "becomes ==")]),
    "&&": ("LogicalConjunctionPrecedence", LOGIC, "a && b()", [("a || b()", "becomes ||"), ONLY_LEFT]),
    "||": ("LogicalDisjunctionPrecedence", LOGIC, "a || b()", [("a && b()", "becomes &&"), ONLY_LEFT]),
    "..<": (
        "RangeFormationPrecedence", RANGE, "a..<b",
        [("a..<b &+ 1", "goes one further"), ("min(a &+ 1, b)..<b", "begins one later")]),
    "+=": ("AssignmentPrecedence", ASSIGNMENT, "a += b", [("a = a &- b", "becomes -=")]),
    "-=": ("AssignmentPrecedence", ASSIGNMENT, "a -= b", [("a = a &+ b", "becomes +=")]),
}

# What may stand for what, where both are of one type.
CHOICES = {
    ".i32": ".i64", ".i64": ".i32", ".f32": ".i32", ".f64": ".i64", ".utf8": ".utf16", ".utf16": ".utf8",
    ".latin1": ".utf16", "max": "min", "min": "max",
}


# Arguments of these names are no numbers.
NO_NUMBERS = re.compile(
    r"(^|\.)(location|place|part|layout|entry|source|target|state|store|fields|elements|call|core|body|type|types|fault|"
    r"arguments|text|memory|reallocate|slots|slotPointer|bytes|found|layouts|value|name|asynchronous|stringEncoding|"
    r"encoding|kind|drop|flat|field|cases|parts|result[A-Z]\w*|options?|callback|ancestry|entered|message|frames|"
    r"limitDescriptions|resourceTypes|lowering|callee|content)$"
)


@dataclass
class Site:
    """A place with one fault or two, which have the numbers from `number` on."""

    file: str
    start: int
    end: int
    line: int
    lines: range
    text: str
    faults: list[str]
    number: int = 0
    opening: str = ""
    closing: str = ""
    replacement: str | None = None
    operator: str | None = None
    keys: list[str] = field(default_factory=list)


def masked(source):
    """The source with blanks for comments and what is between quotes."""
    pattern = re.compile(r'//[^\n]*|"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"', re.S)

    def blank(match):
        text = re.sub(r"[^\n]", " ", match.group())
        return text if match.group().startswith("//") else '"' + text[1:-1] + '"'

    return pattern.sub(blank, source)


class Finder:
    def __init__(self, file, source):
        self.file = file
        self.source = source
        self.mask = masked(source)
        self.lines = source.split("\n")
        self.mask_lines = self.mask.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.sites = []
        self.unset = set(re.findall(r"\blet (\w+)(?:: [^={\n]+)$", self.mask, re.M))

    def line(self, offset):
        low, high = 0, len(self.lines)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= offset else (low, middle)
        return low

    def add(self, start, end, faults, **rewriting):
        line = self.line(start)
        self.sites.append(
            Site(
                self.file, start, end, line, range(line, self.line(end - 1) + 1), self.lines[line].strip(), faults,
                **rewriting))

    def find(self):
        self.find_literals()
        self.find_operators()
        self.find_conditions()
        self.find_arguments()
        self.find_statements()
        self.find_choices()
        return self.sites

    def find_literals(self):
        for match in re.finditer(r"(?<![\w.$])(0x[\dA-Fa-f_]+|\d[\d_]*)(?![\w.]*\w)", self.mask):
            text = match.group()
            value = int(text.replace("_", ""), 0)
            show = (lambda number: f"0x{number:X}") if text.startswith("0x") else str
            faults = [f"{text} becomes {show(value + 1)}", f"{text} becomes {show(value - 1) if value else '-1'}"]
            self.add(match.start(), match.end(), faults, opening="plantedNumber({n}, ", closing=")")
        for match in re.finditer(r"(?<![\w.])(true|false)(?!\w)", self.mask):
            other = "false" if match.group() == "true" else "true"
            self.add(
                match.start(), match.end(), [f"{match.group()} becomes {other}"], opening="plantedFlag({n}, ",
                closing=")")

    def find_operators(self):
        names = "|".join(re.escape(name) for name in sorted(OPERATORS, key=len, reverse=True))
        for match in re.finditer(rf"(?<= )(?:{names})(?= )|(?<=[\w)])\.\.<(?=[\w(])", self.mask):
            name = match.group()
            if name == "&" and re.match(r" [A-Z]", self.mask[match.end() :]):
                continue
            self.add(
                match.start(), match.end(), [f"{name} {what}" for _, what in OPERATORS[name][3]], operator=name)

    def clauses(self, start, end_pattern):
        """The clauses of a condition by where they begin and end."""
        depth, begin, place, clauses = 0, start, start, []
        while place < len(self.mask):
            if depth == 0 and (match := end_pattern.match(self.mask, place)):
                clauses.append((begin, match.start()))
                return clauses
            character = self.mask[place]
            depth += (character in "([{") - (character in ")]}")
            if depth < 0:
                return []
            if depth == 0 and character == ",":
                clauses.append((begin, place))
                begin = place + 1
            place += 1
        return []

    def find_conditions(self):
        ends = {"guard": re.compile(r"\s+else \{")}
        for match in re.finditer(r"(?<![\w.])(if|guard|while|where) ", self.mask):
            of_case = self.mask_lines[self.line(match.start())].strip().startswith("case ")
            end_pattern = re.compile(r":\n") if of_case else ends.get(match.group(1), re.compile(r"\s+\{"))
            for start, end in self.clauses(match.end(), end_pattern):
                text = self.mask[start:end]
                start += len(text) - len(text.lstrip())
                if re.match(r"\s*(let|var|case)\b", text):
                    continue
                snippet = re.sub(r"\s+", " ", self.source[start:end])
                self.add(
                    start, end, [f"({snippet}) is always true", f"({snippet}) is always false"],
                    opening="plantedCondition({n}, ", closing=")")
        for match in re.finditer(r"(?<![\w.])([a-z][\w.]*)(?= \? )", self.mask):
            self.add(match.start(), match.end(), [f"{match.group()} is negated"], opening="plantedFlag({n}, ", closing=")")

    def find_arguments(self):
        pattern = re.compile(r"(?:(?<=\()|(?<=, )|(?<=\w: )|(?<=return ))(?:[a-z]|Self\.)[\w.]*(?=[,)\n])")
        for number, line in enumerate(self.mask_lines):
            if re.search(r"\b(func|init|case|subscript)\b.*[({]$|\bfunc \w|let \(|^ *(_|\w+) \w*: ", line):
                continue
            for match in pattern.finditer(line + "\n"):
                text = match.group()
                if text in ("self", "true", "false", "nil", "let", "break", "return", "continue") or text.endswith(".self") or NO_NUMBERS.search(text):
                    continue
                start = self.starts[number] + match.start()
                end = self.starts[number] + match.end()
                if re.search(r"(^|\.)(is|are|may|has|in)[A-Z]|InMemory$", text):
                    self.add(start, end, [f"{text} is negated"], opening="plantedFlag({n}, ", closing=")")
                else:
                    self.add(
                        start, end, [f"{text} is one more", f"{text} is one less"], opening="plantedNumber({n}, ",
                        closing=")")

    def find_statements(self):
        for number, line in enumerate(self.mask_lines):
            stripped = line.strip()
            start = len(line) - len(line.lstrip())
            end = len(line.rstrip())
            # A statement after the colon of a case or between the braces of a line is one, too.
            if match := re.match(r" *(?:case .*?|default): (?=[a-z_])(?!let )", line):
                start, stripped = match.end(), line[match.end() : end]
            elif (match := re.match(r".*[^=] \{ (?=[a-z_]\w*[\w.\[\]()]* ?)([^{}]*) \}$", line)) and not re.search(
                r" in |\$", match.group(1)
            ):
                start, end, stripped = match.start(1), match.end(1), match.group(1)
            elif not self.stands_alone(number):
                continue
            if not self.is_statement(stripped):
                continue
            start, end = self.starts[number] + start, self.starts[number] + end
            self.add(start, end, ["the statement is left out"], opening="if isPresent({n}) {{ ", closing=" }}")

    def stands_alone(self, number):
        before = next((line.strip() for line in reversed(self.mask_lines[:number]) if line.strip()), "")
        after = next((line.strip() for line in self.mask_lines[number + 1 :] if line.strip()), "")
        return (before == "" or before[-1] in "{})]:\"" or re.search(r"[\w]$", before)) and not re.search(
            r"(=|return|\+|&&|\|\||\?)$", before
        ) and not re.match(r"[.?:+|&{]", after)

    def is_statement(self, text):
        # What is declared without a value has to be given one.
        if re.match(r"self\.\w+ = ", text) or (
            (match := re.match(r"\(?(\w+(?:, \w+)*)\)? = ", text)) and self.unset & set(match.group(1).split(", "))
        ):
            return False
        if re.match(
            r"(let|var|if|guard|else|for|while|switch|case|default|func|init|struct|enum|extension|private|static|"
            r"mutating|package|final|class|import|typealias|defer|throw|fileprivate|preconditionFailure)\b|return \S", text
        ) or not re.match(r"[a-z_]", text):
            return False
        depth = 0
        for character in text:
            depth += (character in "([{") - (character in ")]}")
            if depth < 0:
                return False
        return depth == 0 and bool(
            re.search(r"\)$| (=|\+=|-=|\|=) \S", text) or text in ("continue", "break", "return"))

    def find_choices(self):
        for match in re.finditer(r"(?<![\w)\]])(\.[a-z]+\d+)(?=[,)\] \n])", self.mask):
            other = CHOICES.get(match.group())
            line = self.mask_lines[self.line(match.start())]
            if other and not re.match(r" *case .*:$", line):
                self.add(
                    match.start(), match.end(), [f"{match.group()} becomes {other}"],
                    opening="plantedChoice({n}, ", closing=f", {other})")
        for match in re.finditer(r"(?<![\w.])(max|min)(?=\()", self.mask):
            other = CHOICES[match.group()]
            self.add(
                match.start(), match.end(), [f"{match.group()} becomes {other}"],
                replacement=f"plantedChoice({{n}}, Swift.{match.group()}, Swift.{other})")


def operator_name(number):
    """An operator of its own for each site, of two mathematical characters."""
    return chr(0x2200 + number // 128) + chr(0x2280 + number % 128)


def operator_declaration(site):
    precedence, signature, normal, faults = OPERATORS[site.operator]
    name = operator_name(site.number)
    body = "".join(
        f"if chosenFault == {site.number + index} {{ {'' if site.operator in ('+=', '-=') else 'return '}{text}"
        f"{'; return' if site.operator in ('+=', '-=') else ''} }}; "
        for index, (text, _) in enumerate(faults))
    result = normal if site.operator in ("+=", "-=") else f"return {normal}"
    return f"infix operator {name}: {precedence}\n@inline(__always) func {name} {signature} {{ {body}{result} }}\n"


def rewritten(source, sites):
    """The source with all the sites' faults, and for each of its lines the sites with the columns that they take."""
    edits = []
    for site in sites:
        if site.operator is not None:
            edits.append((site.start, 1, 0, site.end, operator_name(site.number), site))
        elif site.replacement is not None:
            edits.append((site.start, 1, 0, site.end, site.replacement.format(n=site.number), site))
        else:
            # What is wider opens before and closes after.
            edits.append((site.start, 1, -site.end, site.start, site.opening.format(n=site.number), site))
            edits.append((site.end, 0, -site.start, site.end, site.closing.format(n=site.number), site))
    output, place, spans = [], 0, {}
    length = 0
    for start, _, _, end, text, site in sorted(edits, key=lambda edit: edit[:3]):
        output += [source[place:start], text]
        length += start - place
        begin, end_ = spans.get(id(site), (length, 0))
        length += len(text)
        spans[id(site)] = (begin, length)
        place = end
    output.append(source[place:])
    return "".join(output), spans


def name_faults(sites):
    """Gives each fault a key that stays the same when other lines change."""
    seen = {}
    for site in sites:
        for fault in site.faults:
            key = f"{site.file}: {site.text}: {fault}"
            seen[key] = seen.get(key, 0) + 1
            site.keys.append(key if seen[key] == 1 else f"{key} ({seen[key]})")
