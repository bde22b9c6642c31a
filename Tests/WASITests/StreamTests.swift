import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import WASI

@Suite struct StreamTests {
    /// What was written to an output.
    private final class Sink: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
        var stream: WASIStream { .output { bytes in self.bytes.withLock { $0 += bytes } } }
    }

    private struct Failure: Error, Equatable {}

    /// A pipe of the host whose ends are closed at the end of the test.
    private final class Pipe {
        let (reading, writing): (Int32, Int32)

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(Glibc.pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
        }

        deinit {
            close(reading)
            close(writing)
        }
    }

    @Test("Output is handed over with each write") func outputIsHandedOverWithEachWrite() throws {
        let (out, err) = (Sink(), Sink())
        let guest = Guest(WASIConfiguration(standardOutput: out.stream, standardError: err.stream))
        guest.put("hello, world", at: 5_000)
        guest.putBuffers([(5_000, 7), (0, 0), (5_007, 5)], at: 512)
        #expect(guest.call("fd_write", 1, 512, 3, 16) == .success)
        #expect(guest.u32(16) == 12)
        #expect(out.text == "hello, world")
        #expect(try guest.write("!", to: 2) == 1)
        #expect(err.text == "!")
    }

    @Test("Input is asked for when the guest reads") func inputIsAskedForWhenTheGuestReads() throws {
        let rest = Mutex("abcdef"[...])
        let guest = Guest(
            WASIConfiguration(
                standardInput: .input { buffer in
                    rest.withLock { rest in
                        let part = rest.prefix(min(4, buffer.count))
                        buffer.copyBytes(from: part.utf8)
                        rest = rest.dropFirst(part.count)
                        return part.count
                    }
                }))
        #expect(try guest.read(0) == "abcd")
        #expect(try guest.read(0, upTo: 1) == "e")
        #expect(try guest.read(0) == "f")
        #expect(try guest.read(0) == "")
    }

    @Test("Streams go one way") func streamsGoOneWay() throws {
        let guest = Guest()
        #expect(try guest.read(0) == "")
        #expect(try guest.write("lost", to: 1) == 4)
        #expect(throws: ErrorNumber.badDescriptor) { try guest.write("x", to: 0) }
        #expect(throws: ErrorNumber.badDescriptor) { try guest.read(1) }
    }

    @Test("An error number of a closure is the guests") func anErrorNumberOfAClosureIsTheGuests() throws {
        let guest = Guest(
            WASIConfiguration(
                standardInput: .input { _ in throw ErrorNumber.inputOutput },
                standardOutput: .output { _ in throw ErrorNumber.brokenPipe }))
        #expect(throws: ErrorNumber.inputOutput) { try guest.read(0) }
        #expect(throws: ErrorNumber.brokenPipe) { try guest.write("x", to: 1) }
    }

    @Test("Any other error of a closure ends the guest") func anyOtherErrorOfAClosureEndsTheGuest() throws {
        let guest = Guest(
            WASIConfiguration(
                standardInput: .input { _ in throw Failure() }, standardOutput: .output { _ in throw Failure() }))
        guest.putBuffers([(5_000, 4)], at: 512)
        #expect(throws: Failure()) { try guest.callThrowing("fd_read", 0, 512, 1, 16) }
        #expect(throws: Failure()) { try guest.callThrowing("fd_write", 1, 512, 1, 16) }
    }

    @Test("What was written before a failure is told") func whatWasWrittenBeforeAFailureIsTold() throws {
        let calls = Mutex(0)
        let guest = Guest(
            WASIConfiguration(
                standardOutput: .output { _ in
                    let call = calls.withLock { calls -> Int in
                        calls += 1
                        return calls
                    }
                    if call > 1 { throw ErrorNumber.noSpace }
                }))
        guest.putBuffers([(5_000, 3), (5_003, 4)], at: 512)
        #expect(guest.call("fd_write", 1, 512, 2, 16) == .success)
        #expect(guest.u32(16) == 3)
        #expect(guest.call("fd_write", 1, 512, 2, 16) == .noSpace)
    }

    @Test("A stream has no position and is not a terminal") func aStreamHasNoPositionAndIsNotATerminal() {
        let guest = Guest(WASIConfiguration(standardOutput: Sink().stream))
        #expect(guest.call("fd_seek", 1, 0, 0, 100) == .illegalSeek)
        #expect(guest.call("fd_tell", 0, 100) == .illegalSeek)
        guest.putBuffers([(5_000, 1)], at: 512)
        #expect(guest.call("fd_pread", 0, 512, 1, 0, 16) == .illegalSeek)
        #expect(guest.call("fd_pwrite", 1, 512, 1, 0, 16) == .illegalSeek)
        #expect(guest.call("fd_fdstat_get", 1, 100) == .success)
        #expect(guest.u8(100) == FileType.unknown.rawValue)
        #expect(guest.call("fd_filestat_get", 1, 100) == .success)
        #expect(guest.u8(116) == FileType.unknown.rawValue)
    }

    @Test("Descriptors of the host stay open when the guest closes its own")
    func descriptorsOfTheHostStayOpenWhenTheGuestClosesItsOwn() throws {
        let pipe = try Pipe()
        let guest = Guest(
            WASIConfiguration(
                standardInput: .fileDescriptor(pipe.reading), standardOutput: .fileDescriptor(pipe.writing)))
        #expect(try guest.write("through", to: 1) == 7)
        #expect(try guest.read(0) == "through")
        #expect(guest.call("fd_close", 1) == .success)
        #expect(throws: ErrorNumber.badDescriptor) { try guest.write("x", to: 1) }
        #expect(Glibc.write(pipe.writing, "y", 1) == 1)
        #expect(try guest.read(0) == "y")
    }

    @Test("Reading without waiting") func readingWithoutWaiting() throws {
        let pipe = try Pipe()
        let guest = Guest(WASIConfiguration(standardInput: .fileDescriptor(pipe.reading)))
        #expect(guest.call("fd_fdstat_set_flags", 0, UInt64(DescriptorFlags.nonblocking.rawValue)) == .success)
        #expect(throws: ErrorNumber.tryAgain) { try guest.read(0) }
        #expect(fcntl(pipe.reading, F_GETFL) & O_NONBLOCK == 0, "the host's descriptor is shared with others")
        #expect(Glibc.write(pipe.writing, "z", 1) == 1)
        #expect(try guest.read(0) == "z")
    }

    @Test("A redirected file can seek") func aRedirectedFileCanSeek() throws {
        let directory = try TemporaryDirectory()
        let file = open(try directory.write("0123456789", to: "file").path, O_RDONLY)
        defer { close(file) }
        let guest = Guest(WASIConfiguration(standardInput: .fileDescriptor(file)))
        #expect(guest.call("fd_seek", 0, 5, 0, 100) == .success)
        #expect(try guest.read(0) == "56789")
        #expect(guest.call("fd_filestat_get", 0, 100) == .success)
        #expect(guest.u64(132) == 10)
    }

    @Test("Standard streams can be renumbered") func standardStreamsCanBeRenumbered() throws {
        let sink = Sink()
        let guest = Guest(WASIConfiguration(standardError: sink.stream))
        #expect(guest.call("fd_renumber", 2, 1) == .success)
        #expect(try guest.write("out", to: 1) == 3)
        #expect(sink.text == "out")
    }
}
