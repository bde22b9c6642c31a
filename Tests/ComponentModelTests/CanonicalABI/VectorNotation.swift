@testable import ComponentModel

/// Reads what `vectors.py` writes.
///
/// Types: `u8`; `e3` and `F3`, an enum and flags of three labels; `r(u8,string)` a record, `t(…)` a tuple; `v(_,u8)` a
/// variant; `o(…)` an option; `R(…,_)` a result; `l(…)` a list, `L3(…)` one of three elements; `m(…,…)` a map; `own0` and
/// `borrow2` handles to resources of a type, by its number.
///
/// Values: `t` and `f`; integers; numbers and characters by their bits in hexadecimal; `'` and the UTF-8 of a string in
/// hexadecimal; `[…]` a list; `(…)` a record or tuple; `2:…` a case with its payload; flags in hexadecimal; resources by
/// their representations.
struct VectorNotation {
    private var rest: Substring

    /// The resource types, by their numbers.
    static let resources = (0..<3).map { ResourceType(ofComponent: "resource \($0)") }

    static func type(_ text: Substring) -> ValueType {
        var notation = VectorNotation(rest: text)
        return notation.readType()
    }

    static func value(_ text: Substring, as type: ValueType) -> Value {
        var notation = VectorNotation(rest: text)
        return notation.readValue(type)
    }

    /// Bytes in hexadecimal.
    static func bytes(_ text: Substring) -> [UInt8] {
        let digits = text.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private mutating func word() -> Substring {
        let end = rest.firstIndex { "(),:[]".contains($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return rest[..<end]
    }

    private mutating func skip(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func list<Element>(
        _ open: Character, _ close: Character, _ read: (inout VectorNotation) -> Element
    ) -> [Element] {
        var elements: [Element] = []
        _ = skip(open)
        while !skip(close) {
            elements.append(read(&self))
            _ = skip(",")
        }
        return elements
    }

    private mutating func readTypes() -> [ValueType?] {
        list("(", ")") { notation in notation.skip("_") ? nil : notation.readType() }
    }

    private mutating func readType() -> ValueType {
        let word = word()
        let count = Int(word.dropFirst()) ?? 0
        if let primitive = Self.primitives[String(word)] { return primitive }
        func labels() -> [String] { (0..<count).map { "x\($0)" } }
        switch word.first {
        case "e": return ValueType(.enumeration(labels()))
        case "F": return ValueType(.flags(labels()))
        case "r":
            return ValueType(
                .record(readTypes().enumerated().map { ValueType.Field("x\($0.offset)", $0.element ?? .bool) }))
        case "t": return ValueType(.tuple(readTypes().map { $0 ?? .bool }))
        case "v":
            return ValueType(.variant(readTypes().enumerated().map { ValueType.Case("x\($0.offset)", $0.element) }))
        case "R":
            let types = readTypes()
            return ValueType(.result(ok: types[0], error: types[1]))
        case "o": return ValueType(.option(readTypes()[0] ?? .bool))
        case "l": return ValueType(.list(readTypes()[0] ?? .bool))
        case "L": return ValueType(.fixedLengthList(readTypes()[0] ?? .bool, length: UInt32(count)))
        default:
            let types = readTypes()
            return ValueType(.map(key: types[0] ?? .bool, value: types[1] ?? .bool))
        }
    }

    private static let primitives: [String: ValueType] = [
        "bool": .bool, "s8": .s8, "u8": .u8, "s16": .s16, "u16": .u16, "s32": .s32, "u32": .u32, "s64": .s64,
        "u64": .u64, "f32": .f32, "f64": .f64, "char": .char, "string": .string, "own0": .own(resources[0]),
        "own1": .own(resources[1]), "own2": .own(resources[2]), "borrow0": .borrow(resources[0]),
        "borrow1": .borrow(resources[1]), "borrow2": .borrow(resources[2]),
    ]

    private mutating func readValue(_ type: ValueType) -> Value {
        func number<Number: FixedWidthInteger>(_ radix: Int = 10) -> Number { Number(word(), radix: radix) ?? 0 }
        switch type.kind {
        case .bool: return .bool(word() == "t")
        case .s8: return .s8(number())
        case .u8: return .u8(number())
        case .s16: return .s16(number())
        case .u16: return .u16(number())
        case .s32: return .s32(number())
        case .u32: return .u32(number())
        case .s64: return .s64(number())
        case .u64: return .u64(number())
        case .f32: return .f32(Float(bitPattern: number(16)))
        case .f64: return .f64(Double(bitPattern: number(16)))
        case .char: return .char(Unicode.Scalar(number(16) as UInt32) ?? "?")
        case .string: return .string(String(decoding: Self.bytes(word().dropFirst()), as: UTF8.self))
        case .list(let element):
            let elements = list("[", "]") { $0.readValue(element) }
            guard case .u8 = element.kind else { return .list(elements) }
            return .bytes(elements.map { if case .u8(let byte) = $0 { byte } else { 0 } })
        case .fixedLengthList(let element, _): return .list(list("[", "]") { $0.readValue(element) })
        case .map(let key, let value):
            let pair = ValueType(.tuple([key, value]))
            return .list(list("[", "]") { $0.readValue(pair) })
        case .record(let fields): return readFields(fields.map(\.type))
        case .tuple(let types): return readFields(types)
        case .flags: return .flags(number(16))
        case .enumeration: return .variant(number(), nil)
        case .variant(let cases): return readCase(cases.map(\.type))
        case .option(let payload): return readCase([nil, payload])
        case .result(let ok, let error): return readCase([ok, error])
        case .own, .borrow, .stream, .future: return .resource(number())
        }
    }

    private mutating func readFields(_ types: [ValueType]) -> Value {
        var index = 0
        return .record(
            list("(", ")") { notation in
                index += 1
                return notation.readValue(types[index - 1])
            })
    }

    private mutating func readCase(_ types: [ValueType?]) -> Value {
        let index = Int(word()) ?? 0
        guard skip(":"), let type = types[index] else { return .variant(index, nil) }
        return .variant(index, readValue(type))
    }
}
