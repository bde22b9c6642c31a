import Foundation
import Glibc
import TestSupport
import Testing
import WebAssemblyRuntime

@testable import WASI

@Suite struct PollTests {
    private static let subscriptions = 10_000
    private static let events = 20_000

    private struct Told: Equatable {
        let userData: UInt64
        var error = ErrorNumber.success
        var type: UInt8
        var byteCount: UInt64 = 0
    }

    private func putClock(
        _ guest: Guest, _ index: Int, id: UInt32, timeout: UInt64, absolute: Bool = false, userData: UInt64
    ) {
        let size = guest.edition == .preview1 ? 48 : 56
        let start = Self.subscriptions + index * size
        let clock = guest.edition == .preview1 ? start + 16 : start + 24
        guest.memory.store(userData, at: start)
        guest.memory.store(UInt8(0), at: start + 8)
        guest.memory.store(id, at: clock)
        guest.memory.store(timeout, at: clock + 8)
        guest.memory.store(UInt16(absolute ? 1 : 0), at: clock + 24)
    }

    private func putDescriptor(_ guest: Guest, _ index: Int, type: UInt8, _ descriptor: UInt32, userData: UInt64) {
        let start = Self.subscriptions + index * (guest.edition == .preview1 ? 48 : 56)
        guest.memory.store(userData, at: start)
        guest.memory.store(type, at: start + 8)
        guest.memory.store(descriptor, at: start + 16)
    }

    private func poll(_ guest: Guest, _ count: Int) throws(ErrorNumber) -> [Told] {
        let result = guest.call("poll_oneoff", UInt64(Self.subscriptions), UInt64(Self.events), UInt64(count), 16)
        guard result == .success else { throw result }
        return (0..<Int(guest.u32(16))).map { index in
            let start = Self.events + index * 32
            return Told(
                userData: guest.u64(start), error: ErrorNumber(rawValue: guest.u16(start + 8)) ?? .inputOutput,
                type: guest.u8(start + 10), byteCount: guest.u64(start + 16))
        }
    }

    private func time(_ guest: Guest, _ clock: UInt64) -> UInt64 {
        #expect(guest.call("clock_time_get", clock, 0, 32) == .success)
        return guest.u64(32)
    }

    @Test(arguments: Edition.allCases, [0, 1] as [UInt32])
    fileprivate func aClockIsToldOfWhenItsTimeHasCome(_ edition: Edition, _ clock: UInt32) throws {
        let guest = Guest(edition: edition)
        let start = time(guest, UInt64(clock))
        putClock(guest, 0, id: clock, timeout: 12_000_000, userData: 7)
        #expect(try poll(guest, 1) == [Told(userData: 7, type: 0)])
        #expect(time(guest, UInt64(clock)) >= start + 12_000_000)

        let deadline = time(guest, UInt64(clock)) + 3_000_000
        putClock(guest, 0, id: clock, timeout: deadline, absolute: true, userData: 8)
        #expect(try poll(guest, 1) == [Told(userData: 8, type: 0)])
        #expect(time(guest, UInt64(clock)) >= deadline)

        putClock(guest, 0, id: clock, timeout: 1, absolute: true, userData: 9)
        #expect(try poll(guest, 1) == [Told(userData: 9, type: 0)])
    }

    @Test("The first of several clocks ends the wait") func theFirstOfSeveralClocksEndsTheWait() throws {
        let guest = Guest()
        putClock(guest, 0, id: 1, timeout: .max, userData: 1)
        putClock(guest, 1, id: 1, timeout: 2_000_000, userData: 2)
        putClock(guest, 2, id: 0, timeout: .max, absolute: true, userData: 3)
        #expect(try poll(guest, 3) == [Told(userData: 2, type: 0)])
    }

    @Test("Clocks that cannot be waited for are errors of their events")
    func clocksThatCannotBeWaitedForAreErrorsOfTheirEvents() throws {
        let guest = Guest()
        putClock(guest, 0, id: 2, timeout: 1, userData: 1)
        putClock(guest, 1, id: 9, timeout: 1, userData: 2)
        #expect(
            try poll(guest, 2) == [
                Told(userData: 1, error: .notSupported, type: 0), Told(userData: 2, error: .invalidArgument, type: 0),
            ])
    }

    @Test(arguments: Edition.allCases)
    fileprivate func aPipeIsReadyWhenItHasBytes(_ edition: Edition) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let guest = Guest(
            WASIConfiguration(standardInput: .fileDescriptor(ends[0]), standardOutput: .fileDescriptor(ends[1])),
            edition: edition)
        putDescriptor(guest, 0, type: 1, 0, userData: 1)
        putClock(guest, 1, id: 1, timeout: 1_000_000, userData: 2)
        #expect(try poll(guest, 2) == [Told(userData: 2, type: 0)])
        #expect(try guest.write("abc", to: 1) == 3)
        #expect(try poll(guest, 2).first == Told(userData: 1, type: 1, byteCount: 3))
        putDescriptor(guest, 0, type: 2, 1, userData: 4)
        #expect(try poll(guest, 1) == [Told(userData: 4, type: 2, byteCount: 1)])
    }

    @Test("Files and closures are always ready") func filesAndClosuresAreAlwaysReady() throws {
        let directory = try TemporaryDirectory()
        try directory.write("0123456789", to: "file")
        let guest = Guest(at: directory.path)
        let file = try guest.open("file", rights: .read)
        putDescriptor(guest, 0, type: 1, UInt32(file), userData: 1)
        putDescriptor(guest, 1, type: 1, 0, userData: 2)
        putDescriptor(guest, 2, type: 2, 1, userData: 3)
        putClock(guest, 3, id: 1, timeout: .max, userData: 4)
        let events = try poll(guest, 4)
        #expect(Set(events.map(\.userData)) == [1, 2, 3])
        #expect(events.first { $0.userData == 1 }?.byteCount == 10)
    }

    @Test("Descriptors that cannot be polled are errors of their events")
    func descriptorsThatCannotBePolledAreErrorsOfTheirEvents() throws {
        let directory = try TemporaryDirectory()
        let guest = Guest(at: directory.path)
        putDescriptor(guest, 0, type: 1, 99, userData: 1)
        putDescriptor(guest, 1, type: 1, 3, userData: 2)
        putDescriptor(guest, 2, type: 1, 1, userData: 3)
        putDescriptor(guest, 3, type: 2, 0, userData: 4)
        #expect(
            try poll(guest, 4).map(\.error) == [.badDescriptor, .badDescriptor, .badDescriptor, .badDescriptor])
    }

    @Test("Hostile subscriptions are refused") func hostileSubscriptionsAreRefused() {
        let guest = Guest()
        #expect(throws: ErrorNumber.invalidArgument) { try poll(guest, 0) }
        putClock(guest, 0, id: 1, timeout: 1, userData: 1)
        guest.memory.store(UInt8(3), at: Self.subscriptions + 8)
        #expect(throws: ErrorNumber.invalidArgument) { try poll(guest, 1) }
        guest.memory.store(UInt8(0), at: Self.subscriptions + 8)
        guest.memory.store(UInt16(2), at: Self.subscriptions + 40)
        #expect(throws: ErrorNumber.invalidArgument) { try poll(guest, 1) }
        #expect(guest.call("poll_oneoff", 0, 0, 0xFFFF_FFFF, 16) == .invalidArgument)
        #expect(guest.call("poll_oneoff", 0, 0, 2_000, 16) == .badAddress)
        #expect(guest.call("poll_oneoff", 65_500, 0, 1, 16) == .badAddress)
        #expect(guest.call("poll_oneoff", 0, 65_520, 1, 16) == .badAddress)
    }

    @Test("A wait is ended by an interruption") func aWaitIsEndedByAnInterruption() {
        let guest = Guest()
        guest.store = Store()
        guest.store?.interrupt()
        putClock(guest, 0, id: 1, timeout: .max, userData: 1)
        #expect(throws: ErrorNumber.interrupted) { try poll(guest, 1) }
    }
}
