import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Bindle

@Suite("The lock of a store")
struct StoreLockTests {
    /// A process that holds the lock for a while, with a note of who has it.
    private final class Holder {
        let process = Process()

        init(_ path: String, note: String, seconds: Double) throws {
            try note.write(toFile: path, atomically: false, encoding: .utf8)
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "exec 9<>\"$0\"; flock 9; echo; exec sleep \(seconds)", path]
            process.standardOutput = output
            try process.run()
            _ = output.fileHandleForReading.readData(ofLength: 1)
        }

        deinit {
            process.terminate()
            process.waitUntilExit()
        }
    }

    @Test("A child of a killed process that has it for a moment is waited for, and a process that runs is not")
    func holders() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bindles.sqlite"
        let gone = Process()
        gone.executableURL = URL(fileURLWithPath: "/bin/true")
        try gone.run()
        gone.waitUntilExit()
        let child = try Holder(path + ".lock", note: "\(gone.processIdentifier) hippo-dev\n", seconds: 0.2)
        _ = try BindleStore(path: path)
        withExtendedLifetime(child) {}
        let running = try Holder(path + ".lock", note: "\(getpid()) tests\n", seconds: 60)
        #expect(throws: StoreError.inUse(path: path, holder: "process \(getpid()) (tests)")) {
            try BindleStore(path: path)
        }
        withExtendedLifetime(running) {}
    }

    @Test("A store that is refused closes no descriptor twice: what has its number by then is somebody else's")
    func refusal() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bindles.sqlite"
        let store = try BindleStore(path: path)
        let isOver = Atomic(false)
        let threads = DispatchGroup()
        for _ in 0..<2 {
            threads.enter()
            Thread {
                while !isOver.load(ordering: .relaxed) { _ = try? BindleStore(path: path) }
                threads.leave()
            }.start()
        }
        var lost = 0
        for number in 0..<2000 {
            let descriptor = open("\(directory.path)/\(number % 8)", O_RDWR | O_CREAT, 0o600)
            _ = write(descriptor, "kept", 4)
            sched_yield()
            var status = stat()
            if fstat(descriptor, &status) != 0 || status.st_size < 4 { lost += 1 }
            if close(descriptor) != 0 { lost += 1 }
        }
        isOver.store(true, ordering: .relaxed)
        threads.wait()
        #expect(lost == 0)
        withExtendedLifetime(store) {}
    }
}
