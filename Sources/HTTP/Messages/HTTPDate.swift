#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Dates as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
package enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static let present = PresentDate()

    /// Appends the present date, which is made anew once a second.
    static func appendNow(to output: inout [UInt8]) {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_REALTIME_COARSE, &time)
        #else
            clock_gettime(CLOCK_REALTIME, &time)
        #endif
        present.append(second: time.tv_sec, to: &output)
    }

    /// The date so many seconds after the beginning of 1970.
    package static func format(secondsSince1970 seconds: Int64) -> String {
        let (day, second) = seconds.flooredQuotientAndRemainder(by: 86400)
        let date = CivilDate(daysSince1970: day)
        let weekday = Int((day + 4).flooredQuotientAndRemainder(by: 7).remainder)
        return "\(days[weekday]), \(padded(date.day)) \(months[date.month - 1]) \(padded(date.year, to: 4)) "
            + "\(padded(Int(second / 3600))):\(padded(Int(second / 60 % 60))):\(padded(Int(second % 60))) GMT"
    }

    /// Seconds since 1970 for any of the three formats that a recipient must understand; `nil` for anything else.
    static func parse(_ text: String) -> Int64? {
        let words = text.split(whereSeparator: { " ,-".contains($0) }).map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT
        case 6 where words[5] == "GMT":
            guard var year = number(words[3], digits: [2, 4]) else { return nil }
            // Two digits stand for the year with these last digits that is at most 50 years ahead.
            if words[3].utf8.count == 2 {
                let present = CivilDate(daysSince1970: Int64(time(nil)) / 86400).year
                year += present / 100 * 100
                if year > present + 50 { year -= 100 }
            }
            return seconds(year: year, month: words[2], day: words[1], time: words[4])
        // Sun Nov  6 08:49:37 1994
        case 5:
            guard let year = number(words[4], digits: [4]) else { return nil }
            return seconds(year: year, month: words[1], day: words[2], time: words[3])
        default:
            return nil
        }
    }

    private static func seconds(year: Int, month: String, day: String, time: String) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard let month = months.firstIndex(of: month), let day = number(day, digits: [1, 2]), (1...31).contains(day),
            clock.count == 3, let hour = number(clock[0], digits: [2]), let minute = number(clock[1], digits: [2]),
            let second = number(clock[2], digits: [2]), hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = CivilDate(year: year, month: month + 1, day: day).daysSince1970
        return days * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func number(_ text: some StringProtocol, digits: [Int]) -> Int? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func padded(_ number: Int, to width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A date of the Gregorian calendar.
struct CivilDate: Equatable {
    var year: Int
    var month: Int
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counted in years that begin on the first of March, so that the leap day is the last, and in cycles of 400 years.
    init(daysSince1970 days: Int64) {
        let (cycle, dayOfCycle) = (days + 719_468).flooredQuotientAndRemainder(by: 146_097)
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = Int(yearOfCycle + cycle * 400) + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let (cycle, yearOfCycle) = Int64(month <= 2 ? year - 1 : year).flooredQuotientAndRemainder(by: 400)
        let monthFromMarch = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// Division that rounds down, so that the remainder is never negative (for a positive divisor).
    fileprivate func flooredQuotientAndRemainder(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
