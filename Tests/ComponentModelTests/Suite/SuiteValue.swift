import ComponentModel
import JSON

/// A value as scripts have it: `{"type": "u32", "value": "42"}`.
enum SuiteValue {
    /// The value as one of a type.
    static func value(_ json: JSONValue, as type: ValueType) throws -> Value {
        guard let object = json.object else {
            throw SuiteError(description: "not a value: \(json.serialized)")
        }
        let content = object["value"] ?? .null
        func number<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
            guard let number = content.string.flatMap({ Number($0) }) else { throw mismatch() }
            return number
        }
        func mismatch() -> SuiteError { SuiteError(description: "\(json.serialized) is no \(type)") }
        func payload(_ json: JSONValue?, _ type: ValueType?) throws -> Value? {
            guard let type else { return nil }
            guard let json else { throw mismatch() }
            return try value(json, as: type)
        }
        switch type.kind {
        case .bool:
            guard let flag = content.boolean else { throw mismatch() }
            return .bool(flag)
        case .s8: return .s8(try number(Int8.self))
        case .u8: return .u8(try number(UInt8.self))
        case .s16: return .s16(try number(Int16.self))
        case .u16: return .u16(try number(UInt16.self))
        case .s32: return .s32(try number(Int32.self))
        case .u32: return .u32(try number(UInt32.self))
        case .s64: return .s64(try number(Int64.self))
        case .u64: return .u64(try number(UInt64.self))
        case .f32: return .f32(Float(bitPattern: try number(UInt32.self)))
        case .f64: return .f64(Double(bitPattern: try number(UInt64.self)))
        case .char:
            guard let scalar = content.string?.unicodeScalars.first else { throw mismatch() }
            return .char(scalar)
        case .string:
            guard let text = content.string else { throw mismatch() }
            return .string(text)
        case .list(let element), .fixedLengthList(let element, _):
            guard let elements = content.array else { throw mismatch() }
            if case .list = type.kind, case .u8 = element.kind {
                return .bytes(
                    try elements.map { json in
                        guard case .u8(let byte) = try value(json, as: .u8) else { throw mismatch() }
                        return byte
                    })
            }
            return .list(try elements.map { try value($0, as: element) })
        case .tuple(let types):
            guard let elements = content.array, elements.count == types.count else { throw mismatch() }
            return .record(try zip(elements, types).map { try value($0, as: $1) })
        case .record(let fields):
            guard let elements = content.array, elements.count == fields.count else { throw mismatch() }
            return .record(
                try zip(elements, fields).map { json, field in
                    guard let pair = json.array, pair.count == 2 else { throw mismatch() }
                    return try value(pair[1], as: field.type)
                })
        case .variant(let cases):
            let name = content.object?["case"]?.string
            guard let index = cases.firstIndex(where: { $0.label == name }) else { throw mismatch() }
            return .variant(index, try payload(content.object?["payload"], cases[index].type))
        case .enumeration(let labels):
            guard let index = labels.firstIndex(where: { $0 == content.string }) else { throw mismatch() }
            return .variant(index, nil)
        case .option(let some):
            if content.object == nil { return .none }
            return .some(try value(content, as: some))
        case .result(let ok, let error):
            if let json = content.object?["Ok"] { return .ok(try payload(json, ok)) }
            return .error(try payload(content.object?["Err"], error))
        case .flags(let labels):
            guard let set = content.array else { throw mismatch() }
            var flags: UInt32 = 0
            for label in set {
                guard let bit = labels.firstIndex(where: { $0 == label.string }) else { throw mismatch() }
                flags |= 1 << UInt32(bit)
            }
            return .flags(flags)
        case .own, .borrow, .stream, .future, .map: throw mismatch()
        }
    }
}
