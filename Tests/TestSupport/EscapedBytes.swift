/// Bytes as files of tests write them: \r, \n, \t, \\ and \xNN as in C, and \{NN*COUNT} for a byte so many times.
enum EscapedBytes {
    static func bytes(of text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch kind {
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "x"):
                bytes.append(number(rest.prefix(2), radix: 16))
                rest = rest.dropFirst(2)
            case UInt8(ascii: "{"):
                let run = rest.prefix { $0 != UInt8(ascii: "}") }
                rest = rest.dropFirst(run.count + 1)
                let count = Int(String(decoding: run.dropFirst(3), as: UTF8.self))!
                bytes += [UInt8](repeating: number(run.prefix(2), radix: 16), count: count)
            default: bytes.append(kind)
            }
        }
        return bytes
    }

    private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> UInt8 {
        UInt8(String(decoding: digits, as: UTF8.self), radix: radix)!
    }
}
