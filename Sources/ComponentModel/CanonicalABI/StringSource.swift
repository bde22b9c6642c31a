import WebAssemblyRuntime

/// A string where it stands, in the encoding in which it stands there.
struct StringSource {
    enum Encoding {
        case utf8, utf16, latin1
    }

    let bytes: UnsafeRawBufferPointer
    let encoding: Encoding
    /// The encoding in the options of whoever gives the string: what stands in Latin-1 or UTF-16 by choice is
    /// transcoded in another way than what had to be UTF-16.
    let option: CanonicalOptions.StringEncoding

    init(
        bytes: UnsafeRawBufferPointer, encoding: Encoding, option: CanonicalOptions.StringEncoding = .utf8
    ) {
        self.bytes = bytes
        self.encoding = encoding
        self.option = option
    }

    /// The number of code units, as the length of a string counts them.
    var codeUnitCount: UInt32 { UInt32(encoding == .utf16 ? bytes.count / 2 : bytes.count) }

    var utf16: UnsafeBufferPointer<UInt16> { bytes.assumingMemoryBound(to: UInt16.self) }

    // MARK: Validation

    /// - Throws: ``Trap`` if the bytes are no string.
    func validate() throws(Trap) {
        switch encoding {
        case .latin1: return
        case .utf8:
            guard let fault = UTF8Check.fault(in: bytes) else { return }
            throw Self.trap(for: fault)
        case .utf16:
            let units = utf16
            var index = 0
            while index < units.count {
                let unit = units[index]
                index += 1
                guard UTF16.isSurrogate(unit) else { continue }
                guard UTF16.isLeadSurrogate(unit), index < units.count, UTF16.isTrailSurrogate(units[index]) else {
                    throw Trap(
                        kind: .component(
                            "invalid utf-16: unpaired surrogate 0x\(String(unit, radix: 16)) at unit \(index - 1)"))
                }
                index += 1
            }
        }
    }

    private static func trap(for fault: UTF8Check.Fault) -> Trap {
        switch fault {
        case .invalid(let offset): Trap(kind: .component("invalid utf-8 in a string, at byte \(offset)"))
        case .incomplete: Trap(kind: .component("incomplete utf-8 byte sequence at the end of a string"))
        }
    }

    /// The text, if it is valid.
    ///
    /// - Throws: ``Trap`` if the bytes are no string.
    func text() throws(Trap) -> String {
        switch encoding {
        case .utf8:
            if let text = String(validating: bytes, as: UTF8.self) { return text }
            guard let fault = UTF8Check.fault(in: bytes) else { preconditionFailure("the standard library refused it") }
            throw Self.trap(for: fault)
        case .utf16:
            try validate()
            return String(decoding: utf16, as: UTF16.self)
        case .latin1:
            return String(unsafeUninitializedCapacity: bytes.count * 2) { target in
                var count = 0
                for byte in bytes {
                    if byte < 0x80 {
                        target[count] = byte
                        count += 1
                    } else {
                        target[count] = 0xC0 | byte >> 6
                        target[count + 1] = 0x80 | byte & 0x3F
                        count += 2
                    }
                }
                return count
            }
        }
    }

    // MARK: Reading

    /// Calls `body` with the scalars from a code unit on, until it returns false. The string has to be valid.
    @inline(__always)
    func forEachScalar(from start: Int = 0, _ body: (UInt32) -> Bool) {
        switch encoding {
        case .latin1:
            for index in start..<bytes.count where !body(UInt32(bytes[index])) { return }
        case .utf16:
            let units = utf16
            var index = start
            while index < units.count {
                let unit = UInt32(units[index])
                index += 1
                if unit & 0xFC00 == 0xD800 {
                    let low = UInt32(units[index])
                    index += 1
                    if !body(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF) { return }
                } else if !body(unit) {
                    return
                }
            }
        case .utf8:
            var index = start
            while index < bytes.count {
                let first = UInt32(bytes[index])
                func next(_ distance: Int) -> UInt32 { UInt32(bytes[index + distance]) & 0x3F }
                let scalar: UInt32
                if first < 0x80 {
                    scalar = first
                    index += 1
                } else if first < 0xE0 {
                    scalar = (first & 0x1F) << 6 | next(1)
                    index += 2
                } else if first < 0xF0 {
                    scalar = (first & 0xF) << 12 | next(1) << 6 | next(2)
                    index += 3
                } else {
                    scalar = (first & 0x7) << 18 | next(1) << 12 | next(2) << 6 | next(3)
                    index += 4
                }
                if !body(scalar) { return }
            }
        }
    }
}

extension GuestSide {
    /// The string at a pointer, of a length in this side's encoding (`load_string_from_range`), not validated.
    func string(_ pointer: UInt32, taggedLength: UInt32) throws(Trap) -> StringSource {
        let encoding: StringSource.Encoding
        let byteCount: UInt64
        let alignment: UInt32
        switch stringEncoding {
        case .utf8:
            (encoding, byteCount, alignment) = (.utf8, UInt64(taggedLength), 1)
        case .utf16:
            (encoding, byteCount, alignment) = (.utf16, 2 * UInt64(taggedLength), 2)
        case .latin1OrUTF16 where taggedLength & Self.utf16Tag != 0:
            (encoding, byteCount, alignment) = (.utf16, 2 * UInt64(taggedLength ^ Self.utf16Tag), 2)
        case .latin1OrUTF16:
            (encoding, byteCount, alignment) = (.latin1, UInt64(taggedLength), 2)
        }
        guard byteCount <= UInt64(Self.maximumByteLength) else {
            throw .stringOutOfBounds(pointer, byteCount: byteCount, memory: memory.byteCount)
        }
        guard pointer & (alignment - 1) == 0 else { throw .unalignedPointer(pointer, alignment: alignment) }
        guard UInt64(pointer) + byteCount <= UInt64(memory.byteCount) else {
            throw .stringOutOfBounds(pointer, byteCount: byteCount, memory: memory.byteCount)
        }
        return StringSource(
            bytes: UnsafeRawBufferPointer(try bytes(pointer, count: UInt32(byteCount))), encoding: encoding,
            option: stringEncoding)
    }

    /// Says of a length, where strings may be in Latin-1, that this one is in UTF-16 (`utf16_tag`).
    static let utf16Tag: UInt32 = 1 << 31
}
