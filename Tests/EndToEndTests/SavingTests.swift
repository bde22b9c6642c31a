import Foundation
import TestSupport
import Testing

/// How many builds follow what real programs do to files: an editor that saves one, and version control that exchanges
/// thousands.
@Suite(.timeLimit(.minutes(2)))
struct SavingTests {
    private static func exists(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    private let app: SmallApp
    /// Outside the project, so that it is no input: a line for each build.
    private let record: TemporaryDirectory

    init() throws {
        app = try SmallApp()
        record = try TemporaryDirectory()
        try app.save("builds\n", to: "assets/built.txt")
    }

    private var buildCount: Int {
        let text = (try? String(contentsOfFile: record.path + "/builds", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count
    }

    /// A command that notes that it runs, and makes an asset of the sources.
    private var command: String {
        "echo >> '\(record.path)/builds'; cat src/* | cksum > assets/built.txt"
    }

    /// Waits until a number of builds have run, and none runs or is about to.
    private func settled(_ sandbox: SandboxProcess) async throws -> Int {
        var count = -1
        // What a save leads to begins within milliseconds.
        while count != buildCount {
            count = buildCount
            try await Task.sleep(for: .milliseconds(700))
        }
        return count
    }

    @Test(
        "A :wq of vim in a terminal is one build",
        .enabled(if: exists("vim") && exists("script"), "no vim or script here"))
    func vim() async throws {
        try app.save("int one;\n", to: "src/main.c")
        // Vim tries out the directory, writes a swap file beside the source, and keeps the old version for a moment; a pattern
        // that takes all of them makes it harder.
        for watch in [[], ["--watch", "**/*", "--watch", "src/*", "--watch", "src/.*"]] {
            try? FileManager.default.removeItem(atPath: record.path + "/builds")
            let sandbox = try SandboxProcess(app.path, ["--build", command, "--ephemeral"] + watch)
            try await sandbox.next("ready")
            let before = try await settled(sandbox)
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
            #expect(try await settled(sandbox) - before == 1, "\(watch)")
        }
    }

    private func git(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "gc.auto=0"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: app.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "git \(arguments)")
    }

    @Test(
        "A checkout of 2,000 files is few builds, the last of which has seen all of them",
        .enabled(if: exists("git"), "no git here"))
    func checkout() async throws {
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
        try git("checkout", "-q", "first")
        let sandbox = try SandboxProcess(app.path, ["--build", command, "--watch", "src/*", "--ephemeral"])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let before = try await settled(sandbox)
        let first = try get(url + "assets/built.txt").body
        try git("checkout", "-q", "second")
        let builds = try await settled(sandbox) - before
        print("a checkout of 2,000 files: \(builds) builds")
        #expect((1...5).contains(builds))
        let second = try get(url + "assets/built.txt").body
        #expect(second != first)
        // What a build of everything makes, made anew.
        try git("checkout", "-q", "first")
        _ = try await settled(sandbox)
        #expect(try get(url + "assets/built.txt").body == first)
    }
}
