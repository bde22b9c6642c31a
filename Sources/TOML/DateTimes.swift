/// A calendar date without a time or an offset (TOML 1.0, "Local Date"), checked for its month's length.
package struct LocalDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0…9999
    package let year: Int
    /// 1…12
    package let month: Int
    /// 1…31
    package let day: Int

    /// Nil for a day that the Gregorian calendar does not have.
    package init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.dayCount(ofMonth: month, year: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    package static func < (left: LocalDate, right: LocalDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// `1979-05-27`
    package var description: String { "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))" }

    private static func dayCount(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// A time of day without a date or an offset (TOML 1.0, "Local Time"). 60 is a second, as leap seconds are.
package struct LocalTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0…23
    package let hour: Int
    /// 0…59
    package let minute: Int
    /// 0…60
    package let second: Int
    /// 0…999,999,999; finer fractions are truncated, as the specification asks.
    package let nanosecond: Int

    /// Nil when a part is out of its range.
    package init?(hour: Int, minute: Int, second: Int, nanosecond: Int = 0) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second),
            (0...999_999_999).contains(nanosecond)
        else { return nil }
        self.hour = hour
        self.minute = minute
        self.second = second
        self.nanosecond = nanosecond
    }

    package static func < (left: LocalTime, right: LocalTime) -> Bool {
        (left.hour, left.minute, left.second, left.nanosecond)
            < (right.hour, right.minute, right.second, right.nanosecond)
    }

    /// `07:32:00`, and the fraction where there is one, in thousandths, millionths or billionths.
    package var description: String {
        let seconds = "\(padded(hour, to: 2)):\(padded(minute, to: 2)):\(padded(second, to: 2))"
        if nanosecond == 0 { return seconds }
        if nanosecond % 1_000_000 == 0 { return "\(seconds).\(padded(nanosecond / 1_000_000, to: 3))" }
        if nanosecond % 1000 == 0 { return "\(seconds).\(padded(nanosecond / 1000, to: 6))" }
        return "\(seconds).\(padded(nanosecond, to: 9))"
    }
}

/// A date and a time without an offset (TOML 1.0, "Local Date-Time"): no instant is meant.
package struct LocalDateTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let date: LocalDate
    package let time: LocalTime

    package init(date: LocalDate, time: LocalTime) {
        self.date = date
        self.time = time
    }

    package static func < (left: LocalDateTime, right: LocalDateTime) -> Bool {
        left.date == right.date ? left.time < right.time : left.date < right.date
    }

    /// `1979-05-27T07:32:00`
    package var description: String { "\(date)T\(time)" }
}

/// An instant, as its date, time and offset from UTC (TOML 1.0, "Offset Date-Time"; RFC 3339).
package struct OffsetDateTime: Hashable, Sendable, CustomStringConvertible {
    package let date: LocalDate
    package let time: LocalTime
    /// Minutes east of UTC, -1439…1439.
    package let offset: Int

    /// Nil when the offset is a day or more.
    package init?(date: LocalDate, time: LocalTime, offset: Int) {
        guard (-1439...1439).contains(offset) else { return nil }
        self.date = date
        self.time = time
        self.offset = offset
    }

    /// `1979-05-27T07:32:00Z`, `1979-05-27T00:32:00-07:00`
    package var description: String {
        guard offset != 0 else { return "\(date)T\(time)Z" }
        let magnitude = abs(offset)
        return
            "\(date)T\(time)\(offset < 0 ? "-" : "+")\(padded(magnitude / 60, to: 2)):\(padded(magnitude % 60, to: 2))"
    }
}

private func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
