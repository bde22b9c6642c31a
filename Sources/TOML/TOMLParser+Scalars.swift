/// "Integer", "Float", "Boolean" and the date and time forms: values that are one word.
extension TOMLParser {
    mutating func parseScalar() throws(TOMLError) -> TOMLValue.Kind {
        let start = offset
        if isDigit(start), isDigit(start + 1) {
            if bytes[start + 2] == UInt8(ascii: ":") { return .localTime(try parseTime()) }
            if isDigit(start + 2), isDigit(start + 3), bytes[start + 4] == UInt8(ascii: "-") {
                return try parseDateTime()
            }
        }
        while Self.isWordByte(bytes[offset]) { offset += 1 }
        let word = bytes[start..<offset]
        guard !word.isEmpty else {
            throw error("a value is expected here, found \(found)")
        }
        if word.elementsEqual("true".utf8) { return .boolean(true) }
        if word.elementsEqual("false".utf8) { return .boolean(false) }
        return try parseNumber(word)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isBareKeyByte(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
            || byte >= 0x80
    }

    // MARK: Numbers

    private func parseNumber(_ word: ArraySlice<UInt8>) throws(TOMLError) -> TOMLValue.Kind {
        let sign = word.first.flatMap { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") ? $0 : nil }
        let isNegative = sign == UInt8(ascii: "-")
        let magnitude = sign == nil ? word : word.dropFirst()
        if magnitude.elementsEqual("inf".utf8) { return .float(isNegative ? -.infinity : .infinity) }
        if magnitude.elementsEqual("nan".utf8) { return .float(.nan) }
        guard let first = magnitude.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else {
            throw notAValue(word)
        }
        if first == UInt8(ascii: "0"), magnitude.count > 1 {
            switch magnitude[magnitude.startIndex + 1] {
            case UInt8(ascii: "x"): return .integer(try prefixedInteger(word, radix: 16))
            case UInt8(ascii: "o"): return .integer(try prefixedInteger(word, radix: 8))
            case UInt8(ascii: "b"): return .integer(try prefixedInteger(word, radix: 2))
            default: break
            }
        }
        return try decimalNumber(word, magnitude, isNegative: isNegative)
    }

    private func decimalNumber(
        _ word: ArraySlice<UInt8>, _ magnitude: ArraySlice<UInt8>, isNegative: Bool
    ) throws(TOMLError) -> TOMLValue.Kind {
        var index = magnitude.startIndex
        guard skipDigits(&index, in: magnitude) else { throw notAValue(word) }
        if magnitude.first == UInt8(ascii: "0"), index - magnitude.startIndex > 1 {
            throw error("a number cannot begin with a needless 0", at: word.startIndex)
        }
        if index == magnitude.endIndex { return .integer(try integer(word, magnitude, isNegative: isNegative)) }
        if magnitude[index] == UInt8(ascii: ".") {
            index += 1
            guard skipDigits(&index, in: magnitude) else {
                throw error("digits are expected on both sides of a number's point", at: word.startIndex)
            }
        }
        if index < magnitude.endIndex, magnitude[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < magnitude.endIndex,
                magnitude[index] == UInt8(ascii: "+") || magnitude[index] == UInt8(ascii: "-")
            {
                index += 1
            }
            guard skipDigits(&index, in: magnitude) else {
                throw error("digits are expected in a number's exponent", at: word.startIndex)
            }
        }
        guard index == magnitude.endIndex else { throw notAValue(word) }
        let digits = String(decoding: word.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        guard let float = Double(digits), float.isFinite else {
            throw error("this number is too large for a 64-bit float", at: word.startIndex)
        }
        return .float(float)
    }

    private func integer(
        _ word: ArraySlice<UInt8>, _ magnitude: ArraySlice<UInt8>, isNegative: Bool
    ) throws(TOMLError) -> Int64 {
        var value: Int64 = 0
        for byte in magnitude where byte != UInt8(ascii: "_") {
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflow || isTooLarge { throw tooLarge(word) }
            value = sum
        }
        return value
    }

    private func prefixedInteger(_ word: ArraySlice<UInt8>, radix: Int64) throws(TOMLError) -> Int64 {
        guard word.first == UInt8(ascii: "0") else {
            throw error("a hexadecimal, octal or binary integer has no sign", at: word.startIndex)
        }
        var value: Int64 = 0
        var followsDigit = false
        for byte in word.dropFirst(2) {
            if byte == UInt8(ascii: "_"), followsDigit {
                followsDigit = false
                continue
            }
            guard let digit = Self.hexadecimalDigit(byte), digit < radix else { throw notAValue(word) }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, isTooLarge) = product.addingReportingOverflow(Int64(digit))
            if overflow || isTooLarge { throw tooLarge(word) }
            value = sum
            followsDigit = true
        }
        guard followsDigit else { throw notAValue(word) }
        return value
    }

    /// Skips one or more digits, single underscores between them. False when there are none or an underscore is
    /// elsewhere.
    private func skipDigits(_ index: inout Int, in word: ArraySlice<UInt8>) -> Bool {
        var followsDigit = false
        while index < word.endIndex {
            if isDigit(index) {
                followsDigit = true
            } else if bytes[index] == UInt8(ascii: "_"), followsDigit {
                followsDigit = false
            } else {
                break
            }
            index += 1
        }
        return followsDigit
    }

    private func tooLarge(_ word: ArraySlice<UInt8>) -> TOMLError {
        error("this number does not fit into a 64-bit integer", at: word.startIndex)
    }

    private func notAValue(_ word: ArraySlice<UInt8>) -> TOMLError {
        let text = String(decoding: word.prefix(64), as: UTF8.self)
        if text.utf8.first.map({ $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }) == true {
            return error("'\(text)' is not a value: a string needs quotes", at: word.startIndex)
        }
        return error("'\(text)' is not a number, a date or a time", at: word.startIndex)
    }

    // MARK: Dates and times

    private mutating func parseDateTime() throws(TOMLError) -> TOMLValue.Kind {
        let start = offset
        let year = try digits(4)
        try take("-")
        let month = try digits(2)
        try take("-")
        let day = try digits(2)
        guard let date = LocalDate(year: year, month: month, day: day) else {
            throw error("there is no such date", at: start)
        }
        switch bytes[offset] {
        case UInt8(ascii: "T"), UInt8(ascii: "t"): offset += 1
        case UInt8(ascii: " ") where isDigit(offset + 1): offset += 1
        default:
            try checkWordEnds()
            return .localDate(date)
        }
        let time = try parseTimeOfDay()
        guard let minutes = try parseOffset() else {
            try checkWordEnds()
            return .localDateTime(LocalDateTime(date: date, time: time))
        }
        try checkWordEnds()
        guard let dateTime = OffsetDateTime(date: date, time: time, offset: minutes) else {
            throw error("the offset from UTC has to be less than a day", at: start)
        }
        return .offsetDateTime(dateTime)
    }

    private mutating func parseTime() throws(TOMLError) -> LocalTime {
        let time = try parseTimeOfDay()
        try checkWordEnds()
        return time
    }

    private mutating func parseTimeOfDay() throws(TOMLError) -> LocalTime {
        let start = offset
        let hour = try digits(2)
        try take(":")
        let minute = try digits(2)
        try take(":")
        let second = try digits(2)
        var nanosecond = 0
        if bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            guard isDigit(offset) else { throw error("digits are expected after the point, found \(found)") }
            var unit = 100_000_000
            while isDigit(offset) {
                nanosecond += Int(bytes[offset] - UInt8(ascii: "0")) * unit
                unit /= 10
                offset += 1
            }
        }
        guard let time = LocalTime(hour: hour, minute: minute, second: second, nanosecond: nanosecond) else {
            throw error("there is no such time", at: start)
        }
        return time
    }

    /// Minutes east of UTC, or nil when no offset follows.
    private mutating func parseOffset() throws(TOMLError) -> Int? {
        let sign: Int
        switch bytes[offset] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            offset += 1
            return 0
        case UInt8(ascii: "+"): sign = 1
        case UInt8(ascii: "-"): sign = -1
        default: return nil
        }
        let start = offset
        offset += 1
        let hours = try digits(2)
        try take(":")
        let minutes = try digits(2)
        guard hours <= 23, minutes <= 59 else { throw error("there is no such offset", at: start) }
        return sign * (hours * 60 + minutes)
    }

    private mutating func digits(_ count: Int) throws(TOMLError) -> Int {
        var value = 0
        for _ in 0..<count {
            guard isDigit(offset) else { throw error("a digit is expected in this date or time, found \(found)") }
            value = value * 10 + Int(bytes[offset] - UInt8(ascii: "0"))
            offset += 1
        }
        return value
    }

    private mutating func take(_ separator: Unicode.Scalar) throws(TOMLError) {
        guard bytes[offset] == UInt8(ascii: separator) else {
            throw error("'\(separator)' is expected in this date or time, found \(found)")
        }
        offset += 1
    }

    private func checkWordEnds() throws(TOMLError) {
        if Self.isWordByte(bytes[offset]) { throw error("a date or time is expected to end here, found \(found)") }
    }

    /// Whether there is a digit at an offset, which may lie behind the end.
    private func isDigit(_ offset: Int) -> Bool {
        guard offset < end else { return false }
        return bytes[offset] >= UInt8(ascii: "0") && bytes[offset] <= UInt8(ascii: "9")
    }
}
