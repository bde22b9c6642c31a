import Foundation
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
}
