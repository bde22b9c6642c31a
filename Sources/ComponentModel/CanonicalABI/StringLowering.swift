import WebAssemblyRuntime

// The sequence of allocations is what the specification says for each pair of encodings (Canonical ABI, "Storing"): guests
// see it. Memory may grow in each of them; it grows in place, so that a source in another memory stays where it is.

extension GuestSide {
    /// Writes a valid string in this side's encoding (`store_string_into_range`).
    func lower(_ source: StringSource) throws(Trap) -> (pointer: UInt32, taggedLength: UInt32) {
        let count = source.codeUnitCount
        switch (stringEncoding, source.encoding) {
        case (.utf8, .utf8):
            return (try copy(source, alignment: 1), count)
        case (.utf8, .utf16):
            return try lowerAsUTF8(source, worstCase: count * 3)
        case (.utf8, .latin1):
            return try lowerAsUTF8(source, worstCase: count * 2)
        case (.utf16, .utf8):
            return try lowerUTF8AsUTF16(source)
        case (.utf16, .utf16):
            return (try copy(source, alignment: 2), count)
        case (.utf16, .latin1):
            let pointer = try allocate(2 * count, alignment: 2, for: .string)
            _ = writeUTF16(source, to: try bytes(pointer, count: 2 * count))
            return (pointer, count)
        case (.latin1OrUTF16, .latin1):
            return (try copy(source, alignment: 2), count)
        case (.latin1OrUTF16, .utf16) where source.option == .latin1OrUTF16:
            return try lowerProbableUTF16(source)
        case (.latin1OrUTF16, _):
            return try lowerAsLatin1OrUTF16(source)
        }
    }

    /// Where no byte changes (`store_string_copy`).
    private func copy(_ source: StringSource, alignment: UInt32) throws(Trap) -> UInt32 {
        let byteCount = UInt32(source.bytes.count)
        let pointer = try allocate(byteCount, alignment: alignment, for: .string)
        try bytes(pointer, count: byteCount).copyMemory(from: source.bytes)
        return pointer
    }

    /// ASCII takes as many bytes as it has code units; the first other character makes it move (`store_string_to_utf8`).
    private func lowerAsUTF8(_ source: StringSource, worstCase: UInt32) throws(Trap) -> (UInt32, UInt32) {
        let count = source.codeUnitCount
        var pointer = try allocate(count, alignment: 1, for: .string)
        var target = try bytes(pointer, count: count)
        var written = 0
        source.forEachScalar { scalar in
            guard scalar < 0x80 else { return false }
            target[written] = UInt8(scalar)
            written += 1
            return true
        }
        if written == Int(count) { return (pointer, count) }
        pointer = try reallocate(pointer, count, alignment: 1, to: worstCase, for: .string)
        target = try bytes(pointer, count: worstCase)
        source.forEachScalar(from: written) { scalar in
            if scalar < 0x80 {
                target[written] = UInt8(scalar)
                written += 1
            } else if scalar < 0x800 {
                target[written] = UInt8(0xC0 | scalar >> 6)
                target[written + 1] = UInt8(0x80 | scalar & 0x3F)
                written += 2
            } else if scalar < 0x10000 {
                target[written] = UInt8(0xE0 | scalar >> 12)
                target[written + 1] = UInt8(0x80 | scalar >> 6 & 0x3F)
                target[written + 2] = UInt8(0x80 | scalar & 0x3F)
                written += 3
            } else {
                target[written] = UInt8(0xF0 | scalar >> 18)
                target[written + 1] = UInt8(0x80 | scalar >> 12 & 0x3F)
                target[written + 2] = UInt8(0x80 | scalar >> 6 & 0x3F)
                target[written + 3] = UInt8(0x80 | scalar & 0x3F)
                written += 4
            }
            return true
        }
        let byteCount = UInt32(written)
        if byteCount < worstCase {
            pointer = try reallocate(pointer, worstCase, alignment: 1, to: byteCount, for: .string)
        }
        return (pointer, byteCount)
    }

    /// `store_utf8_to_utf16`.
    private func lowerUTF8AsUTF16(_ source: StringSource) throws(Trap) -> (UInt32, UInt32) {
        let worstCase = 2 * source.codeUnitCount
        var pointer = try allocate(worstCase, alignment: 2, for: .string)
        let byteCount = writeUTF16(source, to: try bytes(pointer, count: worstCase))
        if byteCount < worstCase {
            pointer = try reallocate(pointer, worstCase, alignment: 2, to: byteCount, for: .string)
        }
        return (pointer, byteCount / 2)
    }

    /// Latin-1 as long as it goes; the first character beyond makes it UTF-16 (`store_string_to_latin1_or_utf16`).
    private func lowerAsLatin1OrUTF16(_ source: StringSource) throws(Trap) -> (UInt32, UInt32) {
        let count = source.codeUnitCount
        var pointer = try allocate(count, alignment: 2, for: .string)
        var target = try bytes(pointer, count: count)
        var written = 0
        var consumed = 0
        var isLatin1 = true
        source.forEachScalar { scalar in
            guard scalar < 0x100 else {
                isLatin1 = false
                return false
            }
            target[written] = UInt8(scalar)
            written += 1
            consumed += source.encoding == .utf8 && scalar >= 0x80 ? 2 : 1
            return true
        }
        if isLatin1 {
            let byteCount = UInt32(written)
            if byteCount < count {
                pointer = try reallocate(pointer, count, alignment: 2, to: byteCount, for: .string)
            }
            return (pointer, byteCount)
        }
        let worstCase = 2 * count
        pointer = try reallocate(pointer, count, alignment: 2, to: worstCase, for: .string)
        target = try bytes(pointer, count: worstCase)
        // From the end on, since each byte makes room for itself twice.
        for index in stride(from: written - 1, through: 0, by: -1) {
            target[2 * index] = target[index]
            target[2 * index + 1] = 0
        }
        let byteCount = writeUTF16(source, from: consumed, to: target, at: 2 * written)
        if byteCount < worstCase {
            pointer = try reallocate(pointer, worstCase, alignment: 2, to: byteCount, for: .string)
        }
        return (pointer, byteCount / 2 | Self.utf16Tag)
    }

    /// What stood in UTF-16 by choice will most often have to (`store_probably_utf16_to_latin1_or_utf16`).
    private func lowerProbableUTF16(_ source: StringSource) throws(Trap) -> (UInt32, UInt32) {
        let count = source.codeUnitCount
        let byteCount = 2 * count
        let pointer = try allocate(byteCount, alignment: 2, for: .string)
        let target = try bytes(pointer, count: byteCount)
        target.copyMemory(from: source.bytes)
        if source.utf16.contains(where: { $0 >= 0x100 }) { return (pointer, count | Self.utf16Tag) }
        for index in 0..<Int(count) { target[index] = target[2 * index] }
        return (try reallocate(pointer, byteCount, alignment: 1, to: count, for: .string), count)
    }

    /// Writes the scalars from a code unit on to a range that is large enough for the worst case.
    ///
    /// - Returns: where they end in the range.
    private func writeUTF16(
        _ source: StringSource, from start: Int = 0, to target: UnsafeMutableRawBufferPointer, at offset: Int = 0
    ) -> UInt32 {
        var written = offset
        source.forEachScalar(from: start) { scalar in
            if scalar < 0x10000 {
                target.storeBytes(of: UInt16(scalar), toByteOffset: written, as: UInt16.self)
                written += 2
            } else {
                let offset = scalar - 0x10000
                target.storeBytes(of: UInt16(0xD800 + offset >> 10), toByteOffset: written, as: UInt16.self)
                target.storeBytes(of: UInt16(0xDC00 + offset & 0x3FF), toByteOffset: written + 2, as: UInt16.self)
                written += 4
            }
            return true
        }
        return UInt32(written)
    }
}
