import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Sandbox

/// Files that are being written, and the failures that are held back for them.
struct WritingDetectorTests {
    /// Files as a test says that they are.
    private final class Files: Sendable {
        private let samples = Mutex<[String: WritingDetector.Sample]>([:])

        func set(_ path: String, _ open: OpenForWriting, size: Int64 = 0) {
            samples.withLock { $0[path] = WritingDetector.Sample(openForWriting: open, size: size) }
        }

        func detector() -> WritingDetector {
            WritingDetector { [self] path in samples.withLock { $0[path] } ?? .init(openForWriting: .no) }
        }
    }

    private func time(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    @Test("A failure is told at once if nobody writes a file that it may come from")
    func nobodyWrites() {
        let files = Files()
        files.set("/other", .yes)
        var detector = files.detector()
        #expect(detector.unsettled(among: ["/a", "/b"], now: time(0)) == nil)
        #expect(detector.unsettled(among: [], now: time(0)) == nil)
    }

    @Test("A failure is held back while a file is open for writing, and told when it is closed")
    func openFiles() {
        let files = Files()
        files.set("/a", .yes)
        var detector = files.detector()
        #expect(detector.unsettled(among: ["/a", "/b"], now: time(0)) == time(20))
        #expect(detector.unsettled(among: ["/a", "/b"], now: time(20)) == time(40))
        files.set("/a", .no)
        #expect(detector.unsettled(among: ["/a", "/b"], now: time(40)) == nil)
    }

    @Test("Where the system does not tell, a file is written when it has looked the same for 300 ms")
    func stillness() {
        let files = Files()
        files.set("/a", .unknown, size: 1)
        var detector = files.detector()
        #expect(detector.unsettled(among: ["/a"], now: time(0)) == time(300))
        files.set("/a", .unknown, size: 2)
        #expect(detector.unsettled(among: ["/a"], now: time(290)) == time(590))
        #expect(detector.unsettled(among: ["/a"], now: time(589)) == time(590))
        #expect(detector.unsettled(among: ["/a"], now: time(590)) == nil)
    }

    @Test("A failure is held back for five seconds at most, and as long again after a change")
    func patience() {
        let files = Files()
        files.set("/a", .yes)
        var detector = files.detector()
        #expect(detector.unsettled(among: ["/a"], now: time(1000)) == time(1020))
        #expect(detector.unsettled(among: ["/a"], now: time(5990)) == time(6000))
        #expect(detector.unsettled(among: ["/a"], now: time(6000)) == nil)
        detector.reset()
        #expect(detector.unsettled(among: ["/a"], now: time(6000)) == time(6020))
    }

    @Test("The system tells whether somebody has a file open for writing, also through a mapping")
    func leases() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("content", to: "file").path
        let alone = OpenForWriting(fileAt: path)
        try #require(alone != .yes)
        // Where there are no leases, there is nothing to be told.
        guard alone == .no else { return }
        let reader = open(path, O_RDONLY)
        #expect(OpenForWriting(fileAt: path) == .no)
        let writer = open(path, O_RDWR)
        #expect(OpenForWriting(fileAt: path) == .yes)
        let mapping = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0)
        close(writer)
        #expect(OpenForWriting(fileAt: path) == .yes)
        munmap(mapping, 4096)
        #expect(OpenForWriting(fileAt: path) == .no)
        close(reader)
        #expect(OpenForWriting(fileAt: directory.path + "/absent") == .no)
        #expect(OpenForWriting(fileAt: directory.path) == .unknown)
    }

    @Test("A linker that writes for a while is noticed until it is done")
    func linker() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/app.wasm"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "exec 3>app.wasm; echo; for i in 1 2 3 4 5; do printf part >&3; sleep 0.05; done"]
        process.currentDirectoryURL = directory.url
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        _ = try output.fileHandleForReading.read(upToCount: 1)
        var detector = WritingDetector()
        let source: any TimeSource = .system
        var count = 0
        while let next = detector.unsettled(among: [path], now: source.now) {
            count += 1
            usleep(UInt32(max(1, (next - source.now).nanoseconds / 1000)))
        }
        #expect(count > 1)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 20)
        process.waitUntilExit()
    }
}
