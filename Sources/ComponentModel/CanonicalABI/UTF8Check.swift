/// Tells where bytes are not UTF-8 (Unicode, table 3-7, "Well-Formed UTF-8 Byte Sequences").
enum UTF8Check {
    enum Fault: Equatable {
        /// A byte that cannot stand where it does.
        case invalid(offset: Int)
        /// The bytes end within a character that begins at this offset.
        case incomplete(offset: Int)
    }

    /// The first fault; nil if there is none.
    static func fault(in bytes: UnsafeRawBufferPointer) -> Fault? {
        var index = 0
        let count = bytes.count
        while index < count {
            // Most text is ASCII, eight bytes of which are seen at once.
            if index + 8 <= count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
                continue
            }
            let first = bytes[index]
            if first < 0x80 {
                index += 1
                continue
            }
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch first {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: length = 4
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return .invalid(offset: index)
            }
            for distance in 1..<length {
                guard index + distance < count else { return .incomplete(offset: index) }
                let allowed = distance == 1 ? second : 0x80...0xBF
                guard allowed.contains(bytes[index + distance]) else { return .invalid(offset: index) }
            }
            index += length
        }
        return nil
    }
}
