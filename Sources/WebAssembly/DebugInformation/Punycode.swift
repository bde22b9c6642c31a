/// Punycode (RFC 3492) as Rust's symbols have it: with `_` for the delimiter.
enum Punycode {
    /// The text that `bytes` encode; `nil` if they encode none.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        var scalars: [Unicode.Scalar] = []
        var rest = bytes
        if let delimiter = bytes.lastIndex(of: UInt8(ascii: "_")) {
            scalars = bytes[..<delimiter].map { Unicode.Scalar($0) }
            rest = bytes[(delimiter + 1)...]
        }
        var codePoint: UInt32 = 128
        var index = 0
        var bias = 72
        var isFirst = true
        while !rest.isEmpty {
            let previousIndex = index
            var weight = 1
            var base = 36
            while true {
                guard let digit = rest.popFirst(), let value = Punycode.digit(digit) else { return nil }
                let (product, overflow) = value.multipliedReportingOverflow(by: weight)
                let (sum, carry) = index.addingReportingOverflow(product)
                guard !overflow, !carry else { return nil }
                index = sum
                let threshold = min(max(base - bias, 1), 26)
                if value < threshold { break }
                let (next, weightOverflow) = weight.multipliedReportingOverflow(by: 36 - threshold)
                guard !weightOverflow else { return nil }
                weight = next
                base += 36
            }
            let count = scalars.count + 1
            guard let step = UInt32(exactly: index / count) else { return nil }
            let (next, overflow) = codePoint.addingReportingOverflow(step)
            guard !overflow, let scalar = Unicode.Scalar(next) else { return nil }
            codePoint = next
            bias = Punycode.bias(delta: index - previousIndex, count: count, isFirst: isFirst)
            isFirst = false
            index %= count
            scalars.insert(scalar, at: index)
            index += 1
        }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) + 26
        default: nil
        }
    }

    private static func bias(delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var steps = 0
        while delta > 35 * 26 / 2 {
            delta /= 35
            steps += 36
        }
        return steps + 36 * delta / (delta + 38)
    }
}
