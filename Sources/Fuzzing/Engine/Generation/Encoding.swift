/// Numbers and vectors as the binary format has them.
enum Encoding {
    static func unsigned(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        repeat {
            let low = UInt8(truncatingIfNeeded: rest & 0x7F)
            rest >>= 7
            bytes.append(rest == 0 ? low : low | 0x80)
        } while rest != 0
        return bytes
    }

    static func unsigned(_ value: Int) -> [UInt8] { unsigned(UInt64(value)) }

    static func signed(_ value: Int64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while true {
            let low = UInt8(truncatingIfNeeded: rest & 0x7F)
            rest >>= 7
            if rest == 0 && low & 0x40 == 0 || rest == -1 && low & 0x40 != 0 {
                bytes.append(low)
                return bytes
            }
            bytes.append(low | 0x80)
        }
    }

    static func fixed(_ value: UInt64, byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }

    static func vector(_ items: [[UInt8]]) -> [UInt8] { unsigned(items.count) + items.flatMap { $0 } }

    static func name(_ text: String) -> [UInt8] { unsigned(text.utf8.count) + Array(text.utf8) }

    static func section(_ id: UInt8, _ content: [UInt8]) -> [UInt8] { [id] + unsigned(content.count) + content }
}
