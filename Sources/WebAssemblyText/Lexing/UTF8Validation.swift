/// Strict UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF.
enum UTF8Validation {
    /// The length of the well-formed sequence at `index`, or 0 if there is none. `bytes` must end with a byte that is
    /// no continuation byte.
    @inline(__always)
    static func sequenceLength(in bytes: [UInt8], at index: Int) -> Int {
        let first = bytes[index]
        if first < 0x80 { return 1 }
        if first < 0xC2 || first > 0xF4 { return 0 }
        let second = bytes[index + 1]
        guard second & 0xC0 == 0x80 else { return 0 }
        if first < 0xE0 { return 2 }
        guard bytes[index + 2] & 0xC0 == 0x80 else { return 0 }
        if first < 0xF0 {
            if first == 0xE0 && second < 0xA0 || first == 0xED && second >= 0xA0 { return 0 }
            return 3
        }
        guard bytes[index + 3] & 0xC0 == 0x80 else { return 0 }
        if first == 0xF0 && second < 0x90 || first == 0xF4 && second >= 0x90 { return 0 }
        return 4
    }

    /// Whether `bytes[start...]` is well formed.
    static func isValid(_ bytes: [UInt8], from start: Int = 0) -> Bool {
        guard bytes[start...].contains(where: { $0 >= 0x80 }) else { return true }
        let terminated = Array(bytes[start...]) + [0]
        var index = 0
        while index < terminated.count {
            let length = sequenceLength(in: terminated, at: index)
            if length == 0 { return false }
            index += length
        }
        return true
    }
}
