import WebAssemblyRuntime

// Host to guest (Canonical ABI, "Storing" and "Flat Lowering").

extension GuestSide {
    /// Writes a value of the host. One that is not of the type ends the guest.
    mutating func lower(_ value: Value, _ index: Int, to location: Location) throws(Trap) {
        let layout = state.layouts.layouts[index]
        switch (layout.kind, value) {
        case (.bool, .bool(let value)): try store(UInt8(value ? 1 : 0), to: location)
        case (.s8, .s8(let value)): try storeSigned(Int32(value), size: 1, to: location)
        case (.u8, .u8(let value)): try store(value, to: location)
        case (.s16, .s16(let value)): try storeSigned(Int32(value), size: 2, to: location)
        case (.u16, .u16(let value)): try store(value, to: location)
        case (.s32, .s32(let value)): try storeSigned(value, size: 4, to: location)
        case (.u32, .u32(let value)): try store(value, to: location)
        case (.s64, .s64(let value)): try store(UInt64(bitPattern: value), to: location)
        case (.u64, .u64(let value)): try store(value, to: location)
        case (.f32, .f32(let value)): try store(canonicalNaN(value.bitPattern), to: location)
        case (.f64, .f64(let value)): try store(canonicalNaN(value.bitPattern), to: location)
        case (.char, .char(let value)): try store(value.value, to: location)
        case (.string, .string(let text)): try lower(text, to: location)
        case (.bytes, .bytes(let source)):
            let byteCount = try Self.byteCount(of: source.count, size: 1)
            let pointer = try allocate(byteCount, alignment: 1, for: .list)
            let target = try bytes(pointer, count: byteCount)
            source.withUnsafeBytes { target.copyMemory(from: $0) }
            try storePair(pointer, byteCount, to: location)
        case (.bytes, .list(let elements)), (.list, .list(let elements)):
            let element = state.layouts.layouts[Int(layout.first)]
            let byteCount = try Self.byteCount(of: elements.count, size: element.size)
            let pointer = try allocate(byteCount, alignment: element.alignment, for: .list)
            try lower(elements: elements, Int(layout.first), to: .memory(pointer))
            try storePair(pointer, UInt32(elements.count), to: location)
        case (.fixedLengthList, .list(let elements)):
            guard elements.count == Int(layout.count) else { throw .nonconforming(layout) }
            try lower(elements: elements, Int(layout.first), to: location)
        case (.record, .record(let fields)):
            try lower(fields: fields, of: layout, to: location)
        case (.variant, .variant(let discriminant, let payload)):
            guard discriminant >= 0, discriminant < Int(layout.count) else { throw .nonconforming(layout) }
            let part = state.layouts.parts[Int(layout.first) + discriminant]
            guard (part.layout >= 0) == (payload != nil) else { throw .nonconforming(layout) }
            try storeDiscriminant(UInt32(discriminant), layout, to: location)
            var used: UInt32 = 1
            if let payload {
                try lower(payload, Int(part.layout), to: location.part(part))
                used += state.layouts.layouts[Int(part.layout)].flatCount
            }
            clearSlots(of: layout, from: used, at: location)
        case (.flags, .flags(let flags)): try storeFlags(flags, layout, to: location)
        case (.own, .resource(let representation)): try store(try lowerOwn(representation, layout), to: location)
        case (.borrow, .resource(let representation)): try store(try lowerBorrow(representation, layout), to: location)
        case (.asynchronous, _): throw .asynchronous("a stream or a future cannot be passed")
        default: throw .nonconforming(layout)
        }
    }

    /// Writes the fields of a record: the arguments of a function, for instance.
    mutating func lower(fields: [Value], of layout: Layout, to location: Location) throws(Trap) {
        guard fields.count == Int(layout.count) else { throw .nonconforming(layout) }
        for (index, field) in fields.enumerated() {
            let part = state.layouts.parts[Int(layout.first) + index]
            try lower(field, Int(part.layout), to: location.part(part))
        }
    }

    private mutating func lower(elements: [Value], _ element: Int, to location: Location) throws(Trap) {
        let layout = state.layouts.layouts[element]
        for (index, value) in elements.enumerated() {
            try lower(value, element, to: location.element(UInt32(index), of: layout))
        }
    }

    private mutating func lower(_ text: String, to location: Location) throws(Trap) {
        var text = text
        text.makeContiguousUTF8()
        let outcome: Result<(pointer: UInt32, taggedLength: UInt32), Trap>? =
            text.utf8.withContiguousStorageIfAvailable { bytes in
                Result { () throws(Trap) in
                    _ = try Self.byteCount(of: bytes.count, size: 3)
                    return try lower(StringSource(bytes: UnsafeRawBufferPointer(bytes), encoding: .utf8))
                }
            }
        guard let outcome else { preconditionFailure("the text was made contiguous") }
        let (pointer, taggedLength) = try outcome.get()
        try storePair(pointer, taggedLength, to: location)
    }

    /// Signed integers are extended to 32 bits in slots.
    @inline(__always)
    private func storeSigned(_ value: Int32, size: Int, to location: Location) throws(Trap) {
        let bits = UInt32(bitPattern: value)
        switch (location, size) {
        case (.memory, 1): try store(UInt8(truncatingIfNeeded: bits), to: location)
        case (.memory, 2): try store(UInt16(truncatingIfNeeded: bits), to: location)
        default: try store(bits, to: location)
        }
    }

    /// The bytes of a list of the host, which has to fit into 32-bit addresses.
    static func byteCount(of count: Int, size: UInt32) throws(Trap) -> UInt32 {
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: Int(size))
        guard !overflow, byteCount <= Int(UInt32.max) else {
            throw Trap(
                kind: .component(
                    "the host gave a list or string of \(count) elements, which fits into no 32-bit memory"))
        }
        return UInt32(byteCount)
    }
}
