extension ValueType {
    /// Whether another type has the same structure, labels included, and refers to the same resource types.
    ///
    /// What one type costs here is bounded by the smaller one written out as a tree, so one of the two has to come from
    /// the host.
    package func isEqual(to other: ValueType) -> Bool {
        if self === other { return true }
        switch (kind, other.kind) {
        case (.bool, .bool), (.s8, .s8), (.u8, .u8), (.s16, .s16), (.u16, .u16), (.s32, .s32), (.u32, .u32),
            (.s64, .s64), (.u64, .u64), (.f32, .f32), (.f64, .f64), (.char, .char), (.string, .string):
            return true
        case (.record(let fields), .record(let others)):
            return fields.count == others.count
                && zip(fields, others).allSatisfy { $0.label == $1.label && $0.type.isEqual(to: $1.type) }
        case (.variant(let cases), .variant(let others)):
            return cases.count == others.count
                && zip(cases, others).allSatisfy { $0.label == $1.label && Self.areEqual($0.type, $1.type) }
        case (.list(let element), .list(let other)):
            return element.isEqual(to: other)
        case (.fixedLengthList(let element, let length), .fixedLengthList(let other, let otherLength)):
            return length == otherLength && element.isEqual(to: other)
        case (.tuple(let types), .tuple(let others)):
            return types.count == others.count && zip(types, others).allSatisfy { $0.isEqual(to: $1) }
        case (.flags(let labels), .flags(let others)), (.enumeration(let labels), .enumeration(let others)):
            return labels == others
        case (.option(let type), .option(let other)):
            return type.isEqual(to: other)
        case (.result(let ok, let error), .result(let otherOK, let otherError)):
            return Self.areEqual(ok, otherOK) && Self.areEqual(error, otherError)
        case (.own(let resource), .own(let other)), (.borrow(let resource), .borrow(let other)):
            return resource == other
        case (.stream(let element), .stream(let other)), (.future(let element), .future(let other)):
            return Self.areEqual(element, other)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            return key.isEqual(to: otherKey) && value.isEqual(to: otherValue)
        default:
            return false
        }
    }

    static func areEqual(_ type: ValueType?, _ other: ValueType?) -> Bool {
        guard let type, let other else { return type == nil && other == nil }
        return type.isEqual(to: other)
    }
}

extension FunctionType {
    /// Whether another type has the same parameters, with their labels, and the same result.
    package func isEqual(to other: FunctionType) -> Bool {
        isAsync == other.isAsync && parameters.count == other.parameters.count
            && zip(parameters, other.parameters).allSatisfy { $0.label == $1.label && $0.type.isEqual(to: $1.type) }
            && ValueType.areEqual(result, other.result)
    }
}
