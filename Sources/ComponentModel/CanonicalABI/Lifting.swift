import WebAssemblyRuntime

// Guest to host (Canonical ABI, "Loading" and "Flat Lifting").

extension GuestSide {
    /// Reads a value for the host.
    mutating func lift(_ index: Int, from location: Location) throws(Trap) -> Value {
        let layout = state.layouts.layouts[index]
        switch layout.kind {
        case .bool: return .bool(try loadBool(location))
        case .s8: return .s8(Int8(bitPattern: try load(location, as: UInt8.self)))
        case .u8: return .u8(try load(location, as: UInt8.self))
        case .s16: return .s16(Int16(bitPattern: try load(location, as: UInt16.self)))
        case .u16: return .u16(try load(location, as: UInt16.self))
        case .s32: return .s32(Int32(bitPattern: try load(location, as: UInt32.self)))
        case .u32: return .u32(try load(location, as: UInt32.self))
        case .s64: return .s64(Int64(bitPattern: try load(location, as: UInt64.self)))
        case .u64: return .u64(try load(location, as: UInt64.self))
        case .f32: return .f32(Float(bitPattern: canonicalNaN(try load(location, as: UInt32.self))))
        case .f64: return .f64(Double(bitPattern: canonicalNaN(try load(location, as: UInt64.self))))
        case .char: return .char(try loadCharacter(location))
        case .string:
            let (pointer, length) = try loadPair(location)
            let source = try string(pointer, taggedLength: length)
            // In UTF-8, it may be longer than it is in the guest.
            try spendObject(source.encoding == .utf8 ? source.bytes.count : 2 * source.bytes.count)
            return .string(try source.text())
        case .bytes:
            let (pointer, length) = try loadPair(location)
            let byteCount = try checkList(pointer, count: length, of: state.layouts.layouts[Int(layout.first)])
            try spendObject(Int(byteCount))
            return .bytes(Array(try bytes(pointer, count: byteCount)))
        case .list:
            let (pointer, length) = try loadPair(location)
            _ = try checkList(pointer, count: length, of: state.layouts.layouts[Int(layout.first)])
            return .list(try liftElements(Int(layout.first), count: length, from: .memory(pointer)))
        case .fixedLengthList:
            return .list(try liftElements(Int(layout.first), count: layout.count, from: location))
        case .record:
            return .record(try liftFields(layout, from: location))
        case .variant:
            let discriminant = try loadDiscriminant(layout, location)
            let part = state.layouts.parts[Int(layout.first + discriminant)]
            guard part.layout >= 0 else { return .variant(Int(discriminant), nil) }
            try spendObject(MemoryLayout<Value>.stride)
            return .variant(Int(discriminant), try lift(Int(part.layout), from: location.part(part)))
        case .flags: return .flags(try loadFlags(layout, location))
        case .own: return .resource(try liftOwn(try load(location, as: UInt32.self), layout))
        case .borrow: return .resource(try liftBorrow(try load(location, as: UInt32.self), layout))
        case .asynchronous: throw .asynchronous("a stream or a future cannot be passed")
        }
    }

    private mutating func liftFields(_ layout: Layout, from location: Location) throws(Trap) -> [Value] {
        try spendObject(Int(layout.count) * MemoryLayout<Value>.stride)
        var fields: [Value] = []
        fields.reserveCapacity(Int(layout.count))
        try lift(fieldsOf: layout, from: location, into: &fields)
        return fields
    }

    /// Reads the fields of a record: the arguments of a function, for instance.
    mutating func lift(
        fieldsOf layout: Layout, from location: Location, into fields: inout [Value]
    ) throws(Trap) {
        for index in Int(layout.first)..<Int(layout.first + layout.count) {
            let part = state.layouts.parts[index]
            fields.append(try lift(Int(part.layout), from: location.part(part)))
        }
    }

    private mutating func liftElements(
        _ element: Int, count: UInt32, from location: Location
    ) throws(Trap) -> [Value] {
        try spendObject(Int(count) * MemoryLayout<Value>.stride)
        let layout = state.layouts.layouts[element]
        var elements: [Value] = []
        elements.reserveCapacity(Int(count))
        for index in 0..<count { elements.append(try lift(element, from: location.element(index, of: layout))) }
        return elements
    }

    /// Any number but 0 is true.
    func loadBool(_ location: Location) throws(Trap) -> Bool {
        switch location {
        case .flat: try load(location, as: UInt32.self) != 0
        case .memory: try load(location, as: UInt8.self) != 0
        }
    }

    func loadCharacter(_ location: Location) throws(Trap) -> Unicode.Scalar {
        let value = try load(location, as: UInt32.self)
        guard let scalar = Unicode.Scalar(value) else { throw .invalidCharacter(value) }
        return scalar
    }
}

/// The bits of a number, those of the canonical NaN for all NaNs (`canonicalize_nan32`).
@inline(__always)
func canonicalNaN(_ bits: UInt32) -> UInt32 {
    bits & 0x7FFF_FFFF > 0x7F80_0000 ? 0x7FC0_0000 : bits
}

/// The bits of a number, those of the canonical NaN for all NaNs (`canonicalize_nan64`).
@inline(__always)
func canonicalNaN(_ bits: UInt64) -> UInt64 {
    bits & 0x7FFF_FFFF_FFFF_FFFF > 0x7FF0_0000_0000_0000 ? 0x7FF8_0000_0000_0000 : bits
}
