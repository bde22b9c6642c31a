import Foundation
import JSON
import TestSupport
import Testing

/// What a process does with the descriptors that it is started with.
@Suite(.timeLimit(.minutes(15)))
struct DescriptorTests {
    /// `hippo-dev up`, started by a shell with redirections of its own.
    private final class RedirectedSandbox {
        private let process = Process()
        private let registration: String

        init(_ app: SmallApp, redirections: String) throws {
            registration = app.path + "/.hippo/bindles.sqlite.up"
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = [
                "-c", "exec \"$0\" up \"$1\" --listen 127.0.0.1:0 --bindle-listen 127.0.0.1:0 \(redirections)",
                Program.path, app.path,
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit {
            process.terminate()
            process.waitUntilExit()
        }

        /// Waits for the address that the registration file tells.
        func address() async throws -> String {
            let deadline = ContinuousClock.now + SandboxProcess.patience
            while true {
                if let text = try? String(contentsOfFile: registration, encoding: .utf8), !text.isEmpty,
                    let app = try JSONValue(parsing: Array(text.utf8)).object?["app"]?.string
                {
                    return app
                }
                // It has been looked for after the time was up: on a busy machine, this test's turn may have come late.
                guard ContinuousClock.now < deadline else { throw CocoaError(.fileReadUnknown) }
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        /// What the processes that it has started have open.
        func filesOfDescendants() throws -> [String] {
            var files: [String] = []
            for child in try children(of: process.processIdentifier) {
                let directory = "/proc/\(child)/fd"
                for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
                    let file = try? FileManager.default.destinationOfSymbolicLink(atPath: directory + "/" + name)
                    files += [file].compactMap { $0 }
                }
            }
            return files
        }

        private func children(of id: pid_t) throws -> [pid_t] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task").flatMap { thread in
                (try? String(contentsOfFile: "/proc/\(id)/task/\(thread)/children", encoding: .utf8))?
                    .split(separator: " ").compactMap { pid_t($0) } ?? []
            }
        }
    }

    @Test(
        "A sandbox whose standard descriptors are closed writes nothing into its own files",
        arguments: [
            ">&-", "2>&-", "<&-", "<&- >&- 2>&-",
        ])
    func closed(redirections: String) async throws {
        let app = try SmallApp()
        let sandbox = try RedirectedSandbox(app, redirections: redirections)
        let address = try await sandbox.address()
        #expect(try get(address + "hello").body == "hello 1")
        // Lines are written for each save.
        try app.writeHandler("hello 2")
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try get(address + "hello").body != "hello 2", ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await sandbox.address() == address)
        for name in try FileManager.default.subpathsOfDirectory(atPath: app.path + "/.hippo") {
            let bytes = FileManager.default.contents(atPath: app.path + "/.hippo/" + name) ?? Data()
            // The log is the only file that such lines are for.
            guard !name.hasSuffix(".log") else { continue }
            #expect(bytes.range(of: Data("http://127.0.0.1".utf8)) == nil || name.hasSuffix(".up"), "\(name)")
        }
    }

    @Test(
        "A sandbox that has served a thousand large files holds fewer than 4,000 descriptors, all its processes together"
    )
    func heldDescriptors() async throws {
        let app = try SmallApp()
        // Larger than what is in rows of the store; the first are larger than what is kept in memory.
        for number in 0..<1_000 {
            let size = number < 400 ? 70_000 : 41_000
            try app.directory.write(
                "\(number) " + String(repeating: "x", count: size), to: "assets/\(number).txt")
        }
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        func ask() throws {
            for number in 0..<1_000 {
                #expect(try get(url + "assets/\(number).txt").body.hasPrefix("\(number) x"))
            }
        }
        try ask()
        // By the process of another revision, too, while the one before it is there.
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        try ask()
        let counts = ([sandbox.id] + sandbox.descendants()).map { id in
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count) ?? 0
        }
        #expect(counts.reduce(0, +) < 4_000, "\(counts)")
        // What is held for those that ask again is bounded in each: 512 by `StoreContent`, 256 by `RepresentationCache`.
        #expect(counts.allSatisfy { $0 < 512 + 256 + 100 }, "\(counts)")
    }

    @Test("What a sandbox has inherited, its processes do not inherit") func inherited() async throws {
        let app = try SmallApp()
        let lock = try TemporaryDirectory()
        let file = try lock.write("", to: "lock").path
        let sandbox = try RedirectedSandbox(app, redirections: "9< '\(file)'")
        let address = try await sandbox.address()
        #expect(try get(address + "hello").body == "hello 1")
        let files = try sandbox.filesOfDescendants()
        #expect(!files.isEmpty)
        #expect(!files.contains(file))
    }
}
