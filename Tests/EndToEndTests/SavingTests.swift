import Foundation
import TestSupport
import Testing

/// How many builds follow what real programs do to files: an editor that saves one, and version control that exchanges
/// thousands.
@Suite(.timeLimit(.minutes(15)))
struct SavingTests {
    private static func exists(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    private let app: SmallApp
    /// Outside the project, so that it is no input: lines for builds.
    private let record: TemporaryDirectory

    init() throws {
        app = try SmallApp()
        record = try TemporaryDirectory()
        try app.save("nothing\n", to: "assets/built.txt")
    }

    private func count(_ name: String) -> Int {
        let text = (try? String(contentsOfFile: "\(record.path)/\(name)", encoding: .utf8)) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    }

    /// A command that notes its beginning and its end.
    private func command(_ work: String) -> String {
        "echo >> '\(record.path)/begun'; \(work); echo >> '\(record.path)/ended'"
    }

    /// Waits until none runs or is about to, and says how many have begun and ended.
    private func settled() async throws -> (begun: Int, ended: Int) {
        var counts = (begun: -1, ended: -1)
        // What a save leads to begins within milliseconds.
        while counts != (count("begun"), count("ended")) || counts.begun == 0 {
            counts = (count("begun"), count("ended"))
            try await Task.sleep(for: .seconds(1))
        }
        return counts
    }

    @Test(
        "A :wq of vim in a terminal is one build",
        .enabled(if: exists("vim") && exists("script"), "no vim or script here"))
    func vim() async throws {
        try app.save("int one;\n", to: "src/main.c")
        // Vim tries out the directory, writes a swap file beside the source, and keeps the old version for a moment; a pattern
        // that takes all of them makes it harder.
        for watch in [[], ["--watch", "**/*", "--watch", "src/*", "--watch", "src/.*"]] {
            let sandbox = try SandboxProcess(app.path, ["--build", command("true"), "--ephemeral"] + watch)
            try await sandbox.next("ready")
            let before = try await settled()
            let editor = Process()
            editor.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            editor.arguments = [
                "script", "-qec", "vim -N -u NONE -i NONE --cmd 'set backup writebackup' src/main.c", "/dev/null",
            ]
            editor.currentDirectoryURL = URL(fileURLWithPath: app.path)
            editor.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
            let keys = Pipe()
            editor.standardInput = keys
            editor.standardOutput = FileHandle.nullDevice
            editor.standardError = FileHandle.nullDevice
            try editor.run()
            try await Task.sleep(for: .milliseconds(500))
            keys.fileHandleForWriting.write(Data("Oint two;\u{1B}:wq\r".utf8))
            let end = ContinuousClock.now + .seconds(20)
            while editor.isRunning, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
            if editor.isRunning { editor.terminate() }
            #expect(try String(contentsOfFile: app.path + "/src/main.c", encoding: .utf8).hasPrefix("int two;\n"))
            let after = try await settled()
            #expect(after.begun - before.begun == 1 && after.ended - before.ended == 1, "\(watch)")
            #expect(sandbox.isRunning)
        }
    }

    private func git(_ arguments: String..., in directory: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "gc.auto=0"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory ?? app.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "git \(arguments)")
    }

    /// Where a checkout is done.
    enum Tree: CaseIterable {
        /// Where the repository is.
        case main
        /// A further one of `git worktree`, whose lock is elsewhere.
        case further
    }

    @Test(
        "A checkout of 2,000 files is one build, which has seen all of them",
        .enabled(if: exists("git"), "no git here"), arguments: Tree.allCases)
    func checkout(_ tree: Tree) async throws {
        try app.save(".hippo\nassets/built.txt\n", to: ".gitignore")
        func write(_ text: String) throws {
            for number in 0..<2000 { try app.directory.write("\(text) \(number)\n", to: "src/file\(number).c") }
        }
        try write("first")
        try git("init", "-q", "-b", "first")
        try git("add", "-A")
        try git("commit", "-qm", "first")
        try git("checkout", "-qb", "second")
        try write("second")
        try git("commit", "-qam", "second")
        let directory: String
        switch tree {
        case .main:
            try git("checkout", "-q", "first")
            directory = app.path
        case .further:
            directory = record.path + "/further"
            try git("checkout", "-q", "--detach")
            try git("worktree", "add", "-q", directory, "first")
        }
        let sum = "cat src/* | cksum"
        let sandbox = try SandboxProcess(
            directory, ["--build", command("\(sum) > assets/built.txt"), "--watch", "src/*", "--ephemeral"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let before = try await settled()
        let first = try get(url + "assets/built.txt").body
        try git("checkout", "-q", "--detach", "second", in: directory)
        let after = try await settled()
        print(
            "a checkout of 2,000 files: \(after.begun - before.begun) builds begun, \(after.ended - before.ended) ended"
        )
        // While git has its lock none begins.
        #expect(after.begun - before.begun == 1 && after.ended - before.ended == 1)
        let second = try get(url + "assets/built.txt").body
        #expect(second != first)
        // It has seen what is there now.
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "cd '\(directory)' && \(sum)"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        #expect(second == String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
        process.waitUntilExit()
    }

    @Test("A lock of git's holds builds back as long as it is there, and not for ever") func lock() async throws {
        try app.save("int one;\n", to: "src/main.c")
        try app.save("ref: refs/heads/main\n", to: ".git/HEAD")
        let sandbox = try SandboxProcess(app.path, ["--build", command("true"), "--watch", "src/*", "--ephemeral"])
        try await sandbox.next("ready")
        let before = try await settled()
        try app.save("", to: ".git/index.lock")
        for number in 0..<10 {
            try app.save("int two\(number);\n", to: "src/main.c")
            // Not as a task, which may wait for its turn until builds no longer wait for the lock.
            usleep(50_000)
        }
        #expect(count("begun") == before.begun)
        try FileManager.default.removeItem(atPath: app.path + "/.git/index.lock")
        let after = try await settled()
        #expect(after.begun - before.begun == 1 && after.ended - before.ended == 1)
        // One that was left behind is told, and holds nothing back for long.
        try app.save("", to: ".git/index.lock")
        try app.save("int three;\n", to: "src/main.c")
        try await sandbox.next("log") { $0["text"]?.string?.contains("Builds do not wait for git") == true }
        #expect(try await settled().ended == after.ended + 1)
    }
}
