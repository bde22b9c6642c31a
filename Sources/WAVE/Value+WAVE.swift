package import ComponentModel

extension Value {
    /// Reads a value of a type.
    package init(wave text: String, as type: ValueType) throws(WAVEError) {
        var parser = try Parser(text)
        self = try parser.value(of: type)
        guard parser.next.kind == .end else { throw parser.error("the value ends before \(parser.next.name)") }
    }

    /// The value as text, as other tools print it.
    ///
    /// - Precondition: the value is of the type. A handle, which has no text, is printed as the name of its resource type.
    package func wave(as type: ValueType) -> String {
        var text = ""
        write(as: type, to: &text)
        return text
    }

    private func write(as type: ValueType, to text: inout String) {
        switch (self, type.kind) {
        case (.bool(let value), _): text += value ? "true" : "false"
        case (.s8(let value), _): text += "\(value)"
        case (.u8(let value), _): text += "\(value)"
        case (.s16(let value), _): text += "\(value)"
        case (.u16(let value), _): text += "\(value)"
        case (.s32(let value), _): text += "\(value)"
        case (.u32(let value), _): text += "\(value)"
        case (.s64(let value), _): text += "\(value)"
        case (.u64(let value), _): text += "\(value)"
        case (.f32(let value), _): text += DecimalText.text(of: value)
        case (.f64(let value), _): text += DecimalText.text(of: value)
        case (.char(let scalar), _): text += "'\(scalar.wave)'"
        case (.string(let string), _):
            text += "\""
            for scalar in string.unicodeScalars { text += scalar.wave }
            text += "\""
        case (.bytes(let bytes), _): text += "[" + bytes.map { "\($0)" }.joined(separator: ", ") + "]"
        case (.list(let values), .list(let element)), (.list(let values), .fixedLengthList(let element, _)):
            text.appendList("[", values, "]") { (text, value) in value.write(as: element, to: &text) }
        case (.list(let values), .map(let key, let element)):
            let entry = ValueType.tuple(key, element)
            text.appendList("[", values, "]") { (text, value) in value.write(as: entry, to: &text) }
        case (.record(let values), .tuple(let types)):
            text.appendList("(", zip(values, types), ")") { (text, part) in part.0.write(as: part.1, to: &text) }
        case (.record(let values), .record(let fields)):
            let parts = zip(values, fields).filter { value, field in
                if case .option = field.type.kind { value != .none } else { true }
            }
            guard !parts.isEmpty else {
                text += "{:}"
                return
            }
            text.appendList("{", parts, "}") { (text, part) in
                text += "\(part.1.label): "
                part.0.write(as: part.1.type, to: &text)
            }
        case (.flags(let bits), .flags(let labels)):
            let set = labels.enumerated().filter { bits & (1 << UInt32($0.offset)) != 0 }.map(\.element)
            text += "{" + set.joined(separator: ", ") + "}"
        case (.variant(let number, let payload), .variant(let cases)):
            text.appendCase(cases[number].wave, payload, cases[number].type)
        case (.variant(let number, _), .enumeration(let labels)):
            text += ValueType.Case(labels[number]).wave
        case (.variant(let number, let payload), .option(let type)):
            text.appendCase(number == 0 ? "none" : "some", payload, type)
        case (.variant(let number, let payload), .result(let ok, let error)):
            text.appendCase(number == 0 ? "ok" : "err", payload, number == 0 ? ok : error)
        case (.resource, .own(let resource)), (.resource, .borrow(let resource)): text += "<\(resource.name)>"
        default: preconditionFailure("a value is not of its type")
        }
    }

    fileprivate static func write(_ value: Value, as type: ValueType, to text: inout String) {
        value.write(as: type, to: &text)
    }
}

extension ValueType.Case {
    /// The case's name, with a `%` where it would be taken for a keyword.
    var wave: String { Keyword(rawValue: label) == nil ? label : "%\(label)" }
}

extension String {
    fileprivate mutating func appendList<Elements: Sequence>(
        _ start: String, _ elements: Elements, _ end: String, _ write: (inout String, Elements.Element) -> Void
    ) {
        self += start
        var isFirst = true
        for element in elements {
            if !isFirst { self += ", " }
            isFirst = false
            write(&self, element)
        }
        self += end
    }

    fileprivate mutating func appendCase(_ name: String, _ payload: Value?, _ type: ValueType?) {
        self += name
        guard let payload, let type else { return }
        self += "("
        Value.write(payload, as: type, to: &self)
        self += ")"
    }
}

extension Unicode.Scalar {
    /// The character as it stands between quotes.
    fileprivate var wave: String {
        switch self {
        case "\\", "\"", "'": return "\\\(self)"
        case "\t": return "\\t"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case " ": return " "
        default: break
        }
        let isVisible =
            switch properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
                .spaceSeparator:
                false
            default: !properties.isGraphemeExtend
            }
        return isVisible ? String(Character(self)) : "\\u{\(String(value, radix: 16))}"
    }
}
