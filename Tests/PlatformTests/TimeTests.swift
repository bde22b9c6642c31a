import Platform
import TestSupport
import Testing

@Suite("Times and durations") struct TimeTests {
    @Test("Deadlines too far away are the distant future") func overflow() {
        let time = MonotonicTime(nanoseconds: .max - 5)
        #expect(time + .nanoseconds(5) == .distantFuture)
        #expect(time + .seconds(1) == .distantFuture)
        #expect(MonotonicTime(nanoseconds: .min + 5) - .seconds(1) == .distantPast)
        #expect(MonotonicTime.distantFuture - MonotonicTime(nanoseconds: -1) == .nanoseconds(Int64.max))
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    }

    @Test("`poll` gets milliseconds, rounded up, within its range") func milliseconds() {
        let start = MonotonicTime(nanoseconds: 1_000)
        #expect((start + .nanoseconds(1)).pollMilliseconds(since: start) == 1)
        #expect((start + .milliseconds(2)).pollMilliseconds(since: start) == 2)
        #expect(start.pollMilliseconds(since: start) == 0)
        #expect(MonotonicTime.distantFuture.pollMilliseconds(since: start) == -1)
        #expect(MonotonicTime(nanoseconds: .max - 1).pollMilliseconds(since: start) == .max)
        #expect(MonotonicTime(nanoseconds: .max - 1).pollMilliseconds(since: .distantPast) == .max)
    }

    @Test("Durations are told in units, fractions included") func units() {
        #expect(Duration.milliseconds(1500).seconds == 1.5)
        #expect(Duration.microseconds(250).milliseconds == 0.25)
        #expect(Duration.microseconds(250).nanoseconds == 250_000)
    }

    @Test("A test's clock moves only when it is told to") func testClock() {
        let clock = TestClock(now: 5, date: 7)
        clock.advance(by: .nanoseconds(3))
        #expect(clock.now == MonotonicTime(nanoseconds: 8))
        #expect(clock.nanosecondsSince1970 == 10)
    }

    @Test("The system's clocks go forward") func system() {
        let time = SystemTime()
        let (now, date) = (time.now, time.nanosecondsSince1970)
        #expect(time.now >= now)
        #expect(date > 1_700_000_000_000_000_000)
    }

    @Test(
        "A time is told as people and file names tell it, and is read back, leap days and years before 1970 included",
        arguments: [
            (0, "1970-01-01", "00:00:00"), (951_827_696, "2000-02-29", "12:34:56"), (-1, "1969-12-31", "23:59:59"),
            (4_107_542_399, "2100-02-28", "23:59:59"),
        ])
    func civilTime(seconds: Int64, date: String, time: String) {
        let civil = CivilTime(utcAt: seconds)
        #expect(civil.date == date && civil.time == time)
        #expect(CivilTime.secondsSince1970(utc: "\(date)T\(time)") == seconds)
        #expect(civil.basic == "\(date)T\(time)".filter { $0 != "-" && $0 != ":" })
    }

    @Test("What is no time is refused", arguments: ["", "2000-02-29", "2000-02-29 12:34:56", "2000-0x-29T12:34:56"])
    func noTime(text: String) {
        #expect(CivilTime.secondsSince1970(utc: text) == nil)
    }
}
