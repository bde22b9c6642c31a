/// A binary floating-point format of IEEE 754.
struct FloatFormat: Sendable {
    /// The bits of the significand, the leading one included.
    let precision: Int
    /// The exponent of the smallest normal number.
    let minimumExponent: Int
    let maximumExponent: Int
    let signBit: UInt64

    static let binary32 = FloatFormat(
        precision: 24, minimumExponent: -126, maximumExponent: 127, signBit: 1 << 31)
    static let binary64 = FloatFormat(
        precision: 53, minimumExponent: -1022, maximumExponent: 1023, signBit: 1 << 63)

    /// The bits of the positive infinity.
    var infinity: UInt64 { UInt64(maximumExponent - minimumExponent + 2) << UInt64(precision - 1) }
    /// The payload of the canonical NaN: only the topmost bit.
    var quietBit: UInt64 { 1 << UInt64(precision - 2) }
}

/// A floating-point literal: decimal or hexadecimal, `inf`, `nan`, `nan:0x…`, or an integer.
enum FloatLiteral {
    enum Outcome {
        /// The bits of the number in its format.
        case bits(UInt64)
        case malformed
        case outOfRange
    }

    /// Reads the literal that takes up all of `text[range]`, rounded once, to the nearest, ties to even.
    static func read(_ text: [UInt8], _ range: Range<Int>, as format: FloatFormat) -> Outcome {
        var index = range.lowerBound
        var sign: UInt64 = 0
        if text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            if text[index] == UInt8(ascii: "-") { sign = format.signBit }
            index += 1
        }
        let rest = index..<range.upperBound
        guard !rest.isEmpty else { return .malformed }
        let outcome =
            switch text[index] {
            case UInt8(ascii: "0") where rest.count > 1 && text[index + 1] == UInt8(ascii: "x"):
                readHexadecimal(text, (index + 2)..<range.upperBound, as: format)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                readDecimal(text, rest, as: format)
            default:
                readSpecial(text, rest, as: format)
            }
        if case .bits(let bits) = outcome { return .bits(bits | sign) }
        return outcome
    }

    // MARK: Infinity and NaN

    private static func readSpecial(_ text: [UInt8], _ range: Range<Int>, as format: FloatFormat) -> Outcome {
        let word = text[range]
        if word.elementsEqual("inf".utf8) { return .bits(format.infinity) }
        if word.elementsEqual("nan".utf8) { return .bits(format.infinity | format.quietBit) }
        guard word.starts(with: "nan:0x".utf8),
            let payload = IntegerLiteral(text, (range.lowerBound + 4)..<range.upperBound)
        else { return .malformed }
        guard !payload.hasOverflowed, payload.magnitude > 0, payload.magnitude < format.quietBit << 1 else {
            return .outOfRange
        }
        return .bits(format.infinity | payload.magnitude)
    }

    // MARK: Hexadecimal

    private static func readHexadecimal(_ text: [UInt8], _ range: Range<Int>, as format: FloatFormat) -> Outcome {
        var scanner = Scanner(text, range)
        var significand: UInt64 = 0
        var exponent = 0
        // Whether anything but zeros has been cut off below the 64 bits kept.
        var isInexact = false
        func take(_ digit: UInt8, isFraction: Bool) {
            if significand >> 60 == 0 {
                significand = significand << 4 | UInt64(digit)
                if isFraction { exponent -= 4 }
            } else {
                isInexact = isInexact || digit != 0
                if !isFraction { exponent += 4 }
            }
        }
        guard scanner.digits({ $0.hexadecimalValue }, { take($0, isFraction: false) }) else { return .malformed }
        if scanner.accept(UInt8(ascii: ".")) && scanner.isAtHexadecimalDigit {
            guard scanner.digits({ $0.hexadecimalValue }, { take($0, isFraction: true) }) else { return .malformed }
        }
        if scanner.acceptLetter(UInt8(ascii: "p")) {
            guard let written = scanner.exponent() else { return .malformed }
            exponent += written
        }
        guard scanner.isAtEnd else { return .malformed }
        return round(significand, exponent: exponent, isInexact: isInexact, to: format)
    }

    /// The number nearest to `significand` × 2^`exponent`, plus a little if `isInexact`.
    private static func round(
        _ significand: UInt64, exponent: Int, isInexact: Bool, to format: FloatFormat
    ) -> Outcome {
        if significand == 0 { return .bits(0) }
        let shift = significand.leadingZeroBitCount
        let normalized = significand << UInt64(shift)
        // The number is 1.… × 2^leading.
        let leading = exponent - shift + 63
        if leading > format.maximumExponent { return .outOfRange }
        let kept = format.precision - max(0, format.minimumExponent - leading)
        if kept < 0 { return .bits(0) }

        var bits = kept == 0 ? 0 : normalized >> UInt64(64 - kept)
        let remainder = normalized << UInt64(kept)
        let half: UInt64 = 1 << 63
        if remainder > half || remainder == half && (isInexact || bits & 1 == 1) { bits += 1 }
        // A carry out of the significand goes into the exponent, as it should.
        bits += UInt64(max(0, leading - format.minimumExponent)) << UInt64(format.precision - 1)
        return bits >= format.infinity ? .outOfRange : .bits(bits)
    }

    // MARK: Decimal

    private static func readDecimal(_ text: [UInt8], _ range: Range<Int>, as format: FloatFormat) -> Outcome {
        var scanner = Scanner(text, range)
        var significand: UInt64 = 0
        var exponent = 0
        var isCut = false
        func take(_ digit: UInt8, isFraction: Bool) {
            if significand < UInt64.max / 10 - 1 {
                significand = significand * 10 + UInt64(digit)
                if isFraction { exponent -= 1 }
            } else {
                isCut = isCut || digit != 0
                if !isFraction { exponent += 1 }
            }
        }
        guard scanner.digits({ $0.decimalValue }, { take($0, isFraction: false) }) else { return .malformed }
        if scanner.accept(UInt8(ascii: ".")) && scanner.isAtDecimalDigit {
            guard scanner.digits({ $0.decimalValue }, { take($0, isFraction: true) }) else { return .malformed }
        }
        if scanner.acceptLetter(UInt8(ascii: "e")) {
            guard let written = scanner.exponent() else { return .malformed }
            exponent += written
        }
        guard scanner.isAtEnd else { return .malformed }

        if significand == 0 { return .bits(0) }
        if !isCut, let exact = exactQuotientOrProduct(significand, exponent, as: format) { return .bits(exact) }
        return readLongDecimal(text, range, as: format)
    }

    /// Where both the digits and the power of ten are exact in the format, one operation rounds correctly.
    private static func exactQuotientOrProduct(_ significand: UInt64, _ exponent: Int, as format: FloatFormat)
        -> UInt64?
    {
        guard significand <= 1 << UInt64(format.precision) else { return nil }
        let power = abs(exponent)
        if format.precision == FloatFormat.binary32.precision {
            guard power < Self.floatPowersOfTen.count else { return nil }
            let scale = Self.floatPowersOfTen[power]
            return UInt64((exponent < 0 ? Float(significand) / scale : Float(significand) * scale).bitPattern)
        }
        guard power < Self.doublePowersOfTen.count else { return nil }
        let scale = Self.doublePowersOfTen[power]
        return (exponent < 0 ? Double(significand) / scale : Double(significand) * scale).bitPattern
    }

    private static let floatPowersOfTen: [Float] = (0...10).map { (0..<$0).reduce(1) { product, _ in product * 10 } }
    private static let doublePowersOfTen: [Double] = (0...22).map { (0..<$0).reduce(1) { product, _ in product * 10 } }

    /// Any decimal literal, read by the standard library, which rounds correctly to either format.
    private static func readLongDecimal(_ text: [UInt8], _ range: Range<Int>, as format: FloatFormat) -> Outcome {
        var digits = String(decoding: text[range].lazy.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        // The standard library wants digits after the point.
        if let point = digits.firstIndex(of: "."), !(digits[point...].dropFirst().first?.isNumber ?? false) {
            digits.remove(at: point)
        }
        let bits: UInt64
        if format.precision == FloatFormat.binary32.precision {
            guard let value = Float(digits) else { return .malformed }
            bits = UInt64(value.bitPattern)
        } else {
            guard let value = Double(digits) else { return .malformed }
            bits = value.bitPattern
        }
        return bits == format.infinity ? .outOfRange : .bits(bits)
    }

    // MARK: Scanning

    private struct Scanner {
        private let text: [UInt8]
        private var index: Int
        private let end: Int

        init(_ text: [UInt8], _ range: Range<Int>) {
            self.text = text
            index = range.lowerBound
            end = range.upperBound
        }

        var isAtEnd: Bool { index == end }
        var isAtHexadecimalDigit: Bool { index < end && text[index].hexadecimalValue != nil }
        var isAtDecimalDigit: Bool { index < end && text[index].decimalValue != nil }

        mutating func accept(_ byte: UInt8) -> Bool {
            guard index < end, text[index] == byte else { return false }
            index += 1
            return true
        }

        /// Accepts the letter in either case.
        mutating func acceptLetter(_ lowercase: UInt8) -> Bool {
            accept(lowercase) || accept(lowercase & ~0x20)
        }

        /// Reads at least one digit, with single underscores between digits.
        mutating func digits(_ value: (UInt8) -> UInt8?, _ take: (UInt8) -> Void) -> Bool {
            var mayEnd = false
            while index < end {
                if let digit = value(text[index]) {
                    take(digit)
                    mayEnd = true
                } else if text[index] == UInt8(ascii: "_") && mayEnd {
                    mayEnd = false
                } else {
                    break
                }
                index += 1
            }
            return mayEnd
        }

        /// Reads an optional sign and decimal digits; values beyond all formats' ranges are cut to a large one.
        mutating func exponent() -> Int? {
            let isNegative = accept(UInt8(ascii: "-"))
            if !isNegative { _ = accept(UInt8(ascii: "+")) }
            var value = 0
            guard digits({ $0.decimalValue }, { value = min(value * 10 + Int($0), 1 << 40) }) else { return nil }
            return isNegative ? -value : value
        }
    }
}

extension UInt8 {
    fileprivate var decimalValue: UInt8? {
        let digit = self &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }
}
