import ComponentModel

/// Reads values of given types from a text.
struct Parser {
    private var lexer: Lexer
    private(set) var next: Token

    init(_ text: String) throws(WAVEError) {
        lexer = Lexer(text)
        next = try lexer.next()
    }

    // MARK: Tokens

    func error(_ message: String) -> WAVEError { WAVEError(message: message, column: next.column) }

    @discardableResult
    mutating func advance() throws(WAVEError) -> Token {
        let token = next
        next = try lexer.next()
        return token
    }

    mutating func take(_ symbol: Character) throws(WAVEError) -> Bool {
        guard next.kind == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ symbol: Character, _ place: String) throws(WAVEError) {
        guard try take(symbol) else { throw error("'\(symbol)' is expected \(place), and \(next.name) is there") }
    }

    /// Reads elements with commas between them, up to the closing symbol; a comma may stand before it.
    mutating func elements(
        until end: Character, _ element: (inout Parser) throws(WAVEError) -> Void
    ) throws(WAVEError) {
        while try !take(end) {
            try element(&self)
            if try take(end) { return }
            try expect(",", "or '\(end)'")
        }
    }

    // MARK: Values

    mutating func value(of type: ValueType) throws(WAVEError) -> Value {
        switch type.kind {
        case .bool: return .bool(try boolean())
        case .s8: return .s8(try integer("s8"))
        case .u8: return .u8(try integer("u8"))
        case .s16: return .s16(try integer("s16"))
        case .u16: return .u16(try integer("u16"))
        case .s32: return .s32(try integer("s32"))
        case .u32: return .u32(try integer("u32"))
        case .s64: return .s64(try integer("s64"))
        case .u64: return .u64(try integer("u64"))
        case .f32: return .f32(try float(Float.self))
        case .f64: return .f64(try float(Double.self))
        case .char:
            guard case .char(let scalar) = next.kind else { throw unexpected("a character such as 'x'") }
            try advance()
            return .char(scalar)
        case .string:
            guard case .string(let text) = next.kind else { throw unexpected("a string such as \"text\"") }
            try advance()
            return .string(text)
        case .record(let fields): return try record(fields)
        case .variant(let cases): return try variant(cases)
        case .list(let element): return try list(of: element)
        case .fixedLengthList(let element, let length): return try list(of: element, length: length)
        case .map(let key, let value): return try list(of: .tuple(key, value))
        case .tuple(let types): return try tuple(types)
        case .flags(let labels): return try flags(labels)
        case .enumeration(let labels): return try variant(labels.map { ValueType.Case($0) })
        case .option(let payload):
            return try alternatives(
                (.none, nil), (.some, payload), flat: payload, flatNumber: 1, "'none' or 'some(…)'")
        case .result(let ok, let failure):
            return try alternatives((.ok, ok), (.err, failure), flat: ok, flatNumber: 0, "'ok…' or 'err…'")
        case .own, .borrow: throw error("a handle to a resource cannot be written down")
        case .stream: throw error("a stream cannot be written down")
        case .future: throw error("a future cannot be written down")
        }
    }

    private func unexpected(_ expectation: String) -> WAVEError {
        error("\(expectation) is expected, and \(next.name) is there")
    }

    private mutating func boolean() throws(WAVEError) -> Bool {
        let isTrue = next.isKeyword(.true)
        guard isTrue || next.isKeyword(.false) else { throw unexpected("'true' or 'false'") }
        try advance()
        return isTrue
    }

    private mutating func integer<Integer: FixedWidthInteger>(_ name: String) throws(WAVEError) -> Integer {
        guard next.kind == .number else { throw unexpected("a number") }
        guard let value = Integer(next.text) else {
            throw error("'\(next.text)' is no \(name): a whole number from \(Integer.min) to \(Integer.max)")
        }
        try advance()
        return value
    }

    private mutating func float<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ type: Number.Type
    ) throws(WAVEError) -> Number {
        let isWord = next.isKeyword(.inf) || next.isKeyword(.nan)
        guard next.kind == .number || isWord, let value = Number(String(next.text)) else {
            throw unexpected("a number, 'inf', '-inf' or 'nan'")
        }
        try advance()
        return value
    }

    // MARK: Lists, tuples and records

    private mutating func list(of element: ValueType, length: UInt32? = nil) throws(WAVEError) -> Value {
        let start = next
        try expect("[", "at the beginning of a list")
        var values: [Value] = []
        try elements(until: "]") { (parser) throws(WAVEError) in values.append(try parser.value(of: element)) }
        if let length, values.count != Int(length) {
            throw WAVEError(
                message: "the list has \(values.count) elements, and its type wants \(length)", column: start.column)
        }
        if length == nil, case .u8 = element.kind {
            return .bytes(values.map { if case .u8(let byte) = $0 { byte } else { 0 } })
        }
        return .list(values)
    }

    private mutating func tuple(_ types: [ValueType]) throws(WAVEError) -> Value {
        try expect("(", "at the beginning of a tuple")
        var values: [Value] = []
        try elements(until: ")") { (parser) throws(WAVEError) in
            guard values.count < types.count else { throw parser.error("the tuple has only \(types.count) values") }
            values.append(try parser.value(of: types[values.count]))
        }
        guard values.count == types.count else {
            throw error("the tuple has \(types.count) values, and \(values.count) are given")
        }
        return .record(values)
    }

    private mutating func record(_ fields: [ValueType.Field]) throws(WAVEError) -> Value {
        let start = next
        try expect("{", "at the beginning of a record")
        var values = [Value?](repeating: nil, count: fields.count)
        // A record of which all is left out is `{:}`, so that it is not taken for flags.
        if try take(":") {
            try expect("}", "after '{:'")
        } else {
            try elements(until: "}") { (parser) throws(WAVEError) in
                let label = try parser.label()
                guard let index = fields.firstIndex(where: { $0.label == label.text }) else {
                    throw WAVEError(
                        message: "the record has no field '\(label.text)'; it has "
                            + fields.map(\.label).joined(separator: ", "), column: label.column)
                }
                guard values[index] == nil else {
                    throw WAVEError(message: "the field '\(label.text)' is given twice", column: label.column)
                }
                try parser.expect(":", "after the name of a field")
                values[index] = try parser.value(of: fields[index].type)
            }
        }
        var result: [Value] = []
        for (field, value) in zip(fields, values) {
            if let value {
                result.append(value)
            } else if case .option = field.type.kind {
                result.append(.none)
            } else {
                throw WAVEError(message: "the record's field '\(field.label)' is missing", column: start.column)
            }
        }
        return .record(result)
    }

    private mutating func label() throws(WAVEError) -> Token {
        guard case .label = next.kind else { throw unexpected("a name") }
        return try advance()
    }

    private mutating func flags(_ labels: [String]) throws(WAVEError) -> Value {
        try expect("{", "at the beginning of flags")
        var bits: UInt32 = 0
        try elements(until: "}") { (parser) throws(WAVEError) in
            let label = try parser.label()
            guard let index = labels.firstIndex(of: String(label.text)) else {
                throw WAVEError(
                    message: "there is no flag '\(label.text)'; there are \(labels.joined(separator: ", "))",
                    column: label.column)
            }
            bits |= 1 << UInt32(index)
        }
        return .flags(bits)
    }

    // MARK: Variants

    private mutating func variant(_ cases: [ValueType.Case]) throws(WAVEError) -> Value {
        guard case .label(let isEscaped) = next.kind,
            isEscaped || Keyword(rawValue: String(next.text)) == nil,
            let number = cases.firstIndex(where: { $0.label == next.text })
        else {
            throw unexpected("one of \(cases.map(\.wave).joined(separator: ", "))")
        }
        try advance()
        return .variant(number, try payload(of: cases[number].type))
    }

    private mutating func payload(of type: ValueType?) throws(WAVEError) -> Value? {
        guard let type else { return nil }
        try expect("(", "before the value of a case")
        let value = try value(of: type)
        try expect(")", "after the value of a case")
        return value
    }

    /// An option or a result, which may also be written as the value alone that is in it.
    private mutating func alternatives(
        _ first: (keyword: Keyword, type: ValueType?), _ second: (keyword: Keyword, type: ValueType?),
        flat: ValueType?, flatNumber: Int, _ expectation: String
    ) throws(WAVEError) -> Value {
        for (number, alternative) in [first, second].enumerated() where next.isKeyword(alternative.keyword) {
            try advance()
            return .variant(number, try payload(of: alternative.type))
        }
        switch flat?.kind {
        case nil, .option, .result: throw unexpected(expectation)
        default: return .variant(flatNumber, try value(of: flat!))
        }
    }
}
