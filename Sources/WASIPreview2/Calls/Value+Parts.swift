package import ComponentModel

/// The parts of values whose type is known. Whoever calls a host function has seen to it that the arguments conform to its
/// type, so that a value of another type is a mistake of this program.
extension Value {
    package var bool: Bool {
        guard case .bool(let value) = self else { mismatch() }
        return value
    }

    package var u8: UInt8 {
        guard case .u8(let value) = self else { mismatch() }
        return value
    }

    package var u16: UInt16 {
        guard case .u16(let value) = self else { mismatch() }
        return value
    }

    package var u32: UInt32 {
        guard case .u32(let value) = self else { mismatch() }
        return value
    }

    package var u64: UInt64 {
        guard case .u64(let value) = self else { mismatch() }
        return value
    }

    package var string: String {
        guard case .string(let value) = self else { mismatch() }
        return value
    }

    package var bytes: [UInt8] {
        guard case .bytes(let value) = self else { mismatch() }
        return value
    }

    package var list: [Value] {
        guard case .list(let value) = self else { mismatch() }
        return value
    }

    /// The fields of a record or a tuple.
    package var fields: [Value] {
        guard case .record(let value) = self else { mismatch() }
        return value
    }

    package var flags: UInt32 {
        guard case .flags(let value) = self else { mismatch() }
        return value
    }

    /// The number of a variant's or an enum's case.
    package var caseNumber: Int {
        guard case .variant(let number, _) = self else { mismatch() }
        return number
    }

    /// What a variant's case has with it.
    package var payload: Value? {
        guard case .variant(_, let value) = self else { mismatch() }
        return value
    }

    /// What is in an option; `nil` for none.
    package var optional: Value? {
        guard case .variant(let number, let value) = self else { mismatch() }
        return number == 0 ? nil : value
    }

    /// The number by which the host knows a resource.
    package var resource: UInt32 {
        guard case .resource(let value) = self else { mismatch() }
        return value
    }

    /// An option.
    package static func option(_ value: Value?) -> Value { value.map { .some($0) } ?? .none }

    /// A value of an enum.
    package static func enumeration(_ number: Int) -> Value { .variant(number, nil) }

    private func mismatch() -> Never {
        preconditionFailure("a host function was called with a value of another type: \(self)")
    }
}

extension ValueType {
    /// An enum.
    package static func enumeration(_ labels: [String]) -> ValueType { ValueType(.enumeration(labels)) }
}
