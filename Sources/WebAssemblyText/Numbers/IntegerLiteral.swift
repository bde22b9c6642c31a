/// An integer literal: an optional sign, then decimal digits, or hexadecimal ones after `0x`, with single underscores
/// allowed between digits.
struct IntegerLiteral {
    let hasSign: Bool
    let isNegative: Bool
    /// The absolute value; meaningless if it has overflowed.
    let magnitude: UInt64
    let hasOverflowed: Bool

    /// Reads the literal that takes up all of `text[range]`, or returns `nil` if that is no literal.
    @inline(__always)
    init?(_ text: [UInt8], _ range: Range<Int>) {
        var index = range.lowerBound
        let end = range.upperBound
        let first = text[index]
        isNegative = first == UInt8(ascii: "-")
        hasSign = isNegative || first == UInt8(ascii: "+")
        if hasSign { index += 1 }

        var value: UInt64 = 0
        var overflow = false
        var mayEnd = false
        if index + 1 < end && text[index] == UInt8(ascii: "0") && text[index + 1] == UInt8(ascii: "x") {
            index += 2
            while index < end {
                if let digit = text[index].hexadecimalValue {
                    overflow = overflow || value >> 60 != 0
                    value = value << 4 | UInt64(digit)
                    mayEnd = true
                } else if text[index] == UInt8(ascii: "_") && mayEnd {
                    mayEnd = false
                } else {
                    return nil
                }
                index += 1
            }
        } else {
            while index < end {
                let digit = text[index] &- UInt8(ascii: "0")
                if digit < 10 {
                    if value < UInt64.max / 10 {
                        value = value &* 10 &+ UInt64(digit)
                    } else {
                        let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
                        let (sum, tooLargeSum) = product.addingReportingOverflow(UInt64(digit))
                        overflow = overflow || tooLarge || tooLargeSum
                        value = overflow ? .max : sum
                    }
                    mayEnd = true
                } else if text[index] == UInt8(ascii: "_") && mayEnd {
                    mayEnd = false
                } else {
                    return nil
                }
                index += 1
            }
        }
        guard mayEnd else { return nil }
        magnitude = value
        hasOverflowed = overflow
    }

    /// The value as an integer of `bitWidth` bits (at most 64), read as signed or unsigned, whichever fits, or `nil` if
    /// neither does.
    @inline(__always)
    func bits(_ bitWidth: Int) -> UInt64? {
        if hasOverflowed { return nil }
        if isNegative {
            guard magnitude <= 1 << UInt64(bitWidth - 1) else { return nil }
            return (0 &- magnitude) & (UInt64.max >> UInt64(64 - bitWidth))
        }
        return magnitude <= UInt64.max >> UInt64(64 - bitWidth) ? magnitude : nil
    }
}
