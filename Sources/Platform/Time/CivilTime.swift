/// A time of day in a time zone, in parts, as people read it.
package struct CivilTime: Hashable, Sendable {
    package let year: Int
    /// 1…12.
    package let month: Int
    /// 1…31.
    package let day: Int
    package let hour: Int
    package let minute: Int
    /// 0…60.
    package let second: Int

    /// The time in this machine's time zone.
    ///
    /// - Parameter seconds: since 1970.
    package init(localAt seconds: Int64) {
        var (time, parts) = (time_t(seconds), tm())
        tzset()
        localtime_r(&time, &parts)
        self.init(parts)
    }

    /// The time in UTC.
    ///
    /// - Parameter seconds: since 1970.
    package init(utcAt seconds: Int64) {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        self.init(parts)
    }

    private init(_ parts: tm) {
        (year, month, day) = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
        (hour, minute, second) = (Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
    }

    /// "2026-11-28".
    package var date: String { "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))" }
    /// "21:05:09".
    package var time: String { "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))" }
    /// "20261128T210509", to which UTC adds a "Z" (ISO 8601, basic format).
    package var basic: String {
        "\(Self.padded(year, 4))\(Self.padded(month))\(Self.padded(day))"
            + "T\(Self.padded(hour))\(Self.padded(minute))\(Self.padded(second))"
    }

    /// A number with zeros in front, up to `width` digits.
    package static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The seconds since 1970 of a time in UTC that is written as "2026-11-28T21:05:09"; `nil` for anything else.
    package static func secondsSince1970(utc text: some StringProtocol) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
        else { return nil }
        func number(_ range: Range<Int>) -> Int32? {
            bytes[range].reduce(0 as Int32?) { sum, byte in
                guard let sum, (0x30...0x39).contains(byte) else { return nil }
                return sum * 10 + Int32(byte - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), (1...12).contains(month), let day = number(8..<10),
            (1...31).contains(day), let hour = number(11..<13), hour < 24, let minute = number(14..<16), minute < 60,
            let second = number(17..<19), second <= 60
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        let seconds = timegm(&parts)
        // A day that its month does not have has become one of the next.
        return parts.tm_mday == day ? Int64(seconds) : nil
    }
}
