import Foundation
import Testing

@testable import WASI

@Suite struct ClockTests {
    @Test("Every clock has a resolution and a time that does not go back", arguments: 0...3 as ClosedRange<UInt64>)
    func everyClockHasAResolutionAndATimeThatDoesNotGoBack(_ clock: UInt64) {
        let guest = Guest()
        #expect(guest.call("clock_res_get", clock, 100) == .success)
        #expect(guest.u64(100) > 0)
        #expect(guest.call("clock_time_get", clock, 0, 200) == .success)
        #expect(guest.call("clock_time_get", clock, 1_000, 208) == .success)
        #expect(guest.u64(208) >= guest.u64(200))
    }

    @Test("Real time counts from 1970") func realTimeCountsFrom1970() {
        let guest = Guest()
        #expect(guest.call("clock_time_get", 0, 0, 200) == .success)
        #expect(abs(Double(guest.u64(200)) / 1e9 - Date().timeIntervalSince1970) < 60)
    }

    @Test("Other clocks do not exist") func otherClocksDoNotExist() {
        let guest = Guest()
        #expect(guest.call("clock_time_get", 4, 0, 200) == .invalidArgument)
        #expect(guest.call("clock_res_get", 0xFFFF_FFFF, 200) == .invalidArgument)
    }

    @Test("Random bytes fill exactly what was asked for") func randomBytesFillExactlyWhatWasAskedFor() {
        let guest = Guest()
        #expect(guest.call("random_get", 8_192, 10_000) == .success)
        #expect(Set(guest.bytes(8_192, 10_000)).count > 200)
        #expect(guest.bytes(18_192, 100).allSatisfy { $0 == 0 })
        #expect(guest.bytes(8_092, 100).allSatisfy { $0 == 0 })
        #expect(guest.call("random_get", 65_536, 0) == .success)
        #expect(guest.call("random_get", 65_535, 2) == .badAddress)
        #expect(guest.call("random_get", 16, 0xFFFF_FFFF) == .badAddress)
    }

    @Test("The guest ends itself with its code") func theGuestEndsItselfWithItsCode() {
        #expect(throws: ProcessExit(code: 42)) { try Guest().callThrowing("proc_exit", 42) }
        #expect(throws: ProcessExit(code: 0xFFFF_FFFF)) { try Guest().callThrowing("proc_exit", 0xFFFF_FFFF) }
    }

    @Test("Yielding works and signals are not supported") func yieldingWorksAndSignalsAreNotSupported() {
        let guest = Guest()
        #expect(guest.call("sched_yield") == .success)
        #expect(guest.call("proc_raise", 6) == .notSupported)
    }
}
