import ComponentModel
import Foundation
import Synchronization
import TestSupport
import Testing
import WASI
import WASIPreview2
import WebAssemblyRuntime

@Suite("Streams")
struct StreamTests {
    /// Standard input and output behind closures.
    private final class Console: Sendable {
        let input = Mutex<[UInt8]>([])
        let output = Mutex<[UInt8]>([])

        init(_ text: String = "") { input.withLock { $0 = Array(text.utf8) } }

        var configuration: WASIConfiguration {
            WASIConfiguration(
                standardInput: .input { buffer in
                    self.input.withLock { input in
                        let count = min(buffer.count, input.count)
                        buffer.copyBytes(from: input.prefix(count))
                        input.removeFirst(count)
                        return count
                    }
                },
                standardOutput: .output { bytes in self.output.withLock { $0 += bytes } })
        }

        var written: String { output.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private let read = "io/streams [method]input-stream.read"
    private let blockingRead = "io/streams [method]input-stream.blocking-read"
    private let checkWrite = "io/streams [method]output-stream.check-write"
    private let write = "io/streams [method]output-stream.write"
    private let blockingWrite = "io/streams [method]output-stream.blocking-write-and-flush"

    @Test("input is read, skipped, and closed at its end")
    func reading() throws {
        let component = Component(Console("hello world").configuration)
        let stream = try component.call("cli/stdin get-stdin")
        #expect(try component.ok(read, stream, .u64(0)) == .bytes([]))
        #expect(try component.ok(read, stream, .u64(5)) == .text("hello"))
        #expect(try component.ok("io/streams [method]input-stream.skip", stream, .u64(1)) == .u64(1))
        #expect(try component.ok("io/streams [method]input-stream.blocking-skip", stream, .u64(2)) == .u64(2))
        #expect(try component.ok(blockingRead, stream, .u64(.max)) == .text("rld"))
        #expect(try component.failure(read, stream, .u64(1)) == .variant(1, nil))
        #expect(try component.failure(read, stream, .u64(0)) == .variant(1, nil))
        #expect(try component.failure(blockingRead, stream, .u64(1)) == .variant(1, nil))
        #expect(
            try component.failure("io/streams [method]input-stream.skip", stream, .u64(1)) == .variant(1, nil))
        // A pollable of a closed stream is ready.
        let pollable = try component.call("io/streams [method]input-stream.subscribe", stream)
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(true))
    }

    @Test("output needs a permit, which is used up, and one beyond it is a trap")
    func permits() throws {
        let console = Console()
        let component = Component(console.configuration)
        let stream = try component.call("cli/stdout get-stdout")
        #expect(try component.trap(write, stream, .text("a")).contains("permitted 0"))
        let permit = try component.ok(checkWrite, stream).u64
        #expect(permit >= 4096)
        try component.ok(write, stream, .text("ab"))
        #expect(
            try component.trap(write, stream, .bytes([UInt8](repeating: 0, count: Int(permit)))).contains("permitted"))
        try component.ok(checkWrite, stream)
        try component.ok("io/streams [method]output-stream.write-zeroes", stream, .u64(2))
        #expect(
            try component.trap("io/streams [method]output-stream.write-zeroes", stream, .u64(.max)).contains(
                "permitted"))
        try component.ok("io/streams [method]output-stream.flush", stream)
        #expect(try component.trap(write, stream, .text("a")).contains("permitted 0"))
        try component.ok("io/streams [method]output-stream.blocking-flush", stream)
        #expect(console.written == "ab\0\0")
        // Nothing needs no permit.
        let other = try component.call("cli/stdout get-stdout")
        try component.ok(write, other, .bytes([]))
    }

    @Test("one call that waits writes at most 4,096 bytes")
    func blockingWrites() throws {
        let console = Console()
        let component = Component(console.configuration)
        let stream = try component.call("cli/stdout get-stdout")
        try component.ok(blockingWrite, stream, .bytes([UInt8](repeating: 65, count: 4096)))
        #expect(
            try component.trap(blockingWrite, stream, .bytes([UInt8](repeating: 65, count: 4097))).contains("4096"))
        try component.ok("io/streams [method]output-stream.blocking-write-zeroes-and-flush", stream, .u64(4096))
        #expect(
            try component.trap(
                "io/streams [method]output-stream.blocking-write-zeroes-and-flush", stream, .u64(4097)
            ).contains("4096"))
        #expect(console.written.utf8.count == 8192)
    }

    @Test("splicing moves what there is, and tells when either side is closed")
    func splicing() throws {
        let console = Console("some text")
        let component = Component(console.configuration)
        let input = try component.call("cli/stdin get-stdin")
        let output = try component.call("cli/stdout get-stdout")
        let splice = "io/streams [method]output-stream.splice"
        #expect(try component.ok(splice, output, input, .u64(4)) == .u64(4))
        #expect(try component.ok(splice, output, input, .u64(0)) == .u64(0))
        #expect(
            try component.ok("io/streams [method]output-stream.blocking-splice", output, input, .u64(100)) == .u64(5))
        #expect(console.written == "some text")
        #expect(try component.failure(splice, output, input, .u64(1)) == .variant(1, nil))
        // The output goes on.
        try component.write("!", to: output)
        #expect(console.written == "some text!")
    }

    @Test("an error of the host's closure is told once, with the error, and closes the stream")
    func failures() throws {
        let component = Component(
            WASIConfiguration(
                standardInput: .input { _ in throw ErrorNumber.inputOutput },
                standardOutput: .output { _ in throw ErrorNumber.noSpace }))
        let input = try component.call("cli/stdin get-stdin")
        let error = try component.error(of: component.failure(read, input, .u64(1)))
        #expect(try component.call("io/error [method]error.to-debug-string", error) == .string("io"))
        #expect(
            try component.call("filesystem/types filesystem-error-code", error)
                == .some(.enumeration(FileErrorCode.io.rawValue)))
        #expect(try component.call("sockets/network network-error-code", error) == Value.none)
        #expect(try component.call("http/types http-error-code", error) == Value.none)
        #expect(try component.failure(read, input, .u64(1)) == .variant(1, nil))
        let output = try component.call("cli/stdout get-stdout")
        _ = try component.error(of: component.failure(blockingWrite, output, .text("a")))
        for name in [checkWrite, "io/streams [method]output-stream.flush"] {
            #expect(try component.failure(name, output) == .variant(1, nil))
        }
        #expect(try component.failure(write, output, .text("a")) == .variant(1, nil))
        #expect(try component.failure(blockingWrite, output, .text("a")) == .variant(1, nil))
        let pollable = try component.call("io/streams [method]output-stream.subscribe", output)
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(true))
    }

    @Test("another error of the host's closure ends the component")
    func hostErrors() throws {
        struct Failure: Error {}
        let component = Component(WASIConfiguration(standardOutput: .output { _ in throw Failure() }))
        let output = try component.call("cli/stdout get-stdout")
        #expect(throws: Failure.self) { try component.write("a", to: output) }
    }

    @Test("pipes of the host make who reads and writes wait, and nobody else")
    func pipes() throws {
        var (input, output): ([Int32], [Int32]) = ([0, 0], [0, 0])
        #expect(pipe(&input) == 0 && pipe(&output) == 0)
        defer { for number in [input[0], output[1]] { close(number) } }
        let component = Component(
            WASIConfiguration(
                standardInput: .fileDescriptor(input[0]), standardOutput: .fileDescriptor(output[1])))
        let stdin = try component.call("cli/stdin get-stdin")
        let stdout = try component.call("cli/stdout get-stdout")
        let pollable = try component.call("io/streams [method]input-stream.subscribe", stdin)
        #expect(try component.ok(read, stdin, .u64(10)) == .bytes([]))
        #expect(try component.call("io/poll [method]pollable.ready", pollable) == .bool(false))
        // Fill the pipe.
        var written = 0
        while case let permit = try component.ok(checkWrite, stdout).u64, permit > 0 {
            try component.ok(write, stdout, .bytes([UInt8](repeating: 0, count: Int(permit))))
            written += Int(permit)
        }
        #expect(written >= 4096)
        let writable = try component.call("io/streams [method]output-stream.subscribe", stdout)
        #expect(try component.call("io/poll [method]pollable.ready", writable) == .bool(false))
        #expect(Foundation.write(input[1], "x", 1) == 1)
        #expect(try component.call("io/poll poll", .list([writable, pollable])) == .list([.u32(1)]))
        #expect(try component.ok(blockingRead, stdin, .u64(10)) == .text("x"))
        close(input[1])
        #expect(try component.failure(blockingRead, stdin, .u64(10)) == .variant(1, nil))
        close(output[0])
        #expect(try component.call("io/poll [method]pollable.ready", writable) == .bool(true))
        // Nobody reads any more.
        signal(SIGPIPE, SIG_IGN)
        #expect(try component.failure(blockingWrite, stdout, .text("a")) == .variant(1, nil))
    }
}
