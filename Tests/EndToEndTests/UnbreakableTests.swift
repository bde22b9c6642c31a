import Foundation
import SandboxProtocol
import TestSupport
import Testing

/// Whatever goes wrong, the last good version serves on, and everything recovers when it is mended.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct UnbreakableTests {
    private func start(_ app: SmallApp, _ arguments: [String] = []) async throws -> (SandboxProcess, url: String) {
        let sandbox = try SandboxProcess(app.path, arguments)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        return (sandbox, url)
    }

    /// Asks until the answer is as expected.
    private func wait(for body: String, at url: String) async throws {
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try get(url) != Answer(status: 200, body: body) {
            guard ContinuousClock.now < deadline else {
                Issue.record("\(url) does not answer \(body)")
                return
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test("A module whose routes trap leaves what serves") func aModuleWhoseRoutesTrapLeavesWhatServes() async throws {
        let app = try SmallApp()
        let (sandbox, url) = try await start(app)
        try app.save(
            "(module (memory (export \"memory\") 1) (func (export \"_routes\") unreachable) (func (export \"_start\")))",
            to: "hello.wat")
        let failed = try await sandbox.next("failed")
        #expect(failed["stage"]?.string == "launch")
        #expect(failed["message"]?.string?.contains("unreachable") == true)
        #expect(try get(url + "hello").body == "hello 1")
        try app.writeHandler("mended")
        try await wait(for: "mended", at: url + "hello")
    }

    @Test("A restart after a failed launch serves the last good revision")
    func aRestartAfterAFailedLaunchServesTheLastGoodRevision() async throws {
        let app = try SmallApp()
        let (sandbox, url) = try await start(app)
        try app.save("page 2", to: "assets/index.html")
        try await wait(for: "page 2", at: url + "assets/index.html")
        // One revision that is assembled and stored, but cannot be launched, and that has another page too.
        try app.save(
            "(module (func (export \"_routes\") unreachable) (func (export \"_start\")))", to: "hello.wat")
        _ = try await sandbox.next("failed")
        try app.save("page 3", to: "assets/index.html")
        _ = try await sandbox.next("failed")
        for round in 1...2 {
            for id in sandbox.descendants() { kill(id, SIGKILL) }
            try await sandbox.next("log") { $0["text"]?.string?.contains("serves again") == true }
            #expect(try get(url + "hello").body == "hello 1", "round \(round)")
            #expect(try get(url + "assets/index.html").body == "page 2", "round \(round)")
        }
        try app.writeHandler("mended")
        try await wait(for: "mended", at: url + "hello")
        #expect(try get(url + "assets/index.html").body == "page 3")
    }

    @Test(
        "A full disk leaves what serves",
        .enabled(if: geteuid() == 0, "a file system of a certain size can be made by root only"))
    func aFullDiskLeavesWhatServes() async throws {
        let app = try SmallApp()
        let disk = try TemporaryDirectory()
        guard mount("tmpfs", disk.path, "tmpfs", 0, "size=6m") == 0 else { return }
        defer { umount2(disk.path, Int32(MNT_DETACH)) }
        let (sandbox, url) = try await start(app, ["--store", disk.path + "/store.sqlite"])
        try app.save(String(repeating: "much ", count: 2 << 20), to: "assets/large.txt")
        let failed = try await sandbox.next("failed")
        #expect(["store", "launch"].contains(failed["stage"]?.string))
        #expect(try get(url + "hello").body == "hello 1")
        try app.save("little", to: "assets/large.txt")
        try await wait(for: "little", at: url + "assets/large.txt")
        try app.writeHandler("hello 2")
        try await wait(for: "hello 2", at: url + "hello")
    }

    @Test(
        "Old revisions are given up before a full disk refuses a save",
        .enabled(if: geteuid() == 0, "a file system of a certain size can be made by root only"))
    func oldRevisionsAreGivenUpBeforeAFullDiskRefusesASave() async throws {
        let app = try SmallApp()
        let disk = try TemporaryDirectory()
        guard mount("tmpfs", disk.path, "tmpfs", 0, "size=10m") == 0 else { return }
        defer { umount2(disk.path, Int32(MNT_DETACH)) }
        let (sandbox, url) = try await start(app, ["--store", disk.path + "/store.sqlite"])
        for round in 0..<12 {
            let text = String(repeating: "\(round) much ", count: 150_000)
            try app.save(text, to: "assets/large.txt")
            try await sandbox.next("serving")
            try app.save("\(round)", to: "assets/small.txt")
            try await wait(for: "\(round)", at: url + "assets/small.txt")
        }
        // Those in rows of the store's file make way for one another, too.
        for round in 0..<30 {
            for file in 0..<10 {
                try app.save(String(repeating: "\(round) \(file) ", count: 6_000), to: "assets/row\(file).txt")
            }
            try app.save("row \(round)", to: "assets/small.txt")
            try await wait(for: "row \(round)", at: url + "assets/small.txt")
        }
        #expect(sandbox.events("failed").isEmpty)
    }

    @Test("Many changes at once end with what is on the disk") func manyChangesAtOnceEndWithWhatIsOnTheDisk()
        async throws
    {
        let app = try SmallApp()
        let (sandbox, url) = try await start(app)
        for generation in ["first", "second"] {
            for number in 0..<1500 {
                let directory = app.path + "/assets"
                try Data("\(generation) \(number)".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(number).txt"))
            }
            // The pattern takes them all.
            try await wait(for: "\(generation) 1499", at: url + "assets/1499.txt")
            for number in [0, 1, 700, 1498] {
                #expect(try get(url + "assets/\(number).txt").body == "\(generation) \(number)")
            }
        }
        for number in 1..<1500 { try app.remove("assets/\(number).txt") }
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try get(url + "assets/1499.txt").status != 404, .now < deadline {}
        #expect(try get(url + "assets/1.txt").status == 404)
        #expect(try get(url + "assets/0.txt").body == "second 0")
        #expect(sandbox.events("failed").isEmpty)
    }

    @Test("Guests have the limits that are asked for") func guestsHaveTheLimitsThatAreAskedFor() async throws {
        let app = try SmallApp()
        try app.save("[up]\nmax-memory = \"128KiB\"\n", to: "hippo-dev.toml")
        try app.save("(module (func (export \"_start\") (loop (br 0))))", to: "loop.wat")
        try app.save(
            """
            (module (memory (export "memory") 1)
              (func (export "_start") (if (i32.eq (memory.grow (i32.const 4)) (i32.const -1)) (then unreachable))))
            """, to: "grow.wat")
        try app.writeHippofacts(
            extra:
                "[[handler]]\nname = \"loop.wat\"\nroute = \"/loop\"\n[[handler]]\nname = \"grow.wat\"\nroute = \"/grow\""
        )
        let (sandbox, url) = try await start(app, ["--timeout", "100ms"])
        defer { withExtendedLifetime(sandbox) {} }
        let looping = try get(url + "loop")
        #expect(looping.status == 500 && looping.body.contains("--timeout"))
        #expect(try get(url + "grow").status == 500)
        #expect(try get(url + "hello").body == "hello 1")
    }

    @Test("Without events changes are found all the same") func withoutEventsChangesAreFoundAllTheSame() async throws {
        let app = try SmallApp()
        try app.save("[up]\npoll = \"20ms\"\n", to: "hippo-dev.toml")
        let (sandbox, url) = try await start(app)
        defer { withExtendedLifetime(sandbox) {} }
        try app.writeHandler("hello 2")
        try await wait(for: "hello 2", at: url + "hello")
        try app.save("found", to: "assets/new.txt")
        try await wait(for: "found", at: url + "assets/new.txt")
    }

    @Test("What a build has started does not outlive the sandbox") func whatABuildHasStartedDoesNotOutliveTheSandbox()
        async throws
    {
        let app = try SmallApp()
        let command = "setsid sleep 1000 & echo $! > .c && mv .c .child; wait"
        let sandbox = try SandboxProcess(app.path, ["--build", command])
        while !FileManager.default.fileExists(atPath: app.path + "/.child") {
            try await Task.sleep(for: .milliseconds(2))
        }
        let text = try String(contentsOfFile: app.path + "/.child", encoding: .utf8)
        let child = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(sandbox.id, SIGKILL)
        try await SandboxProcess.waitForDeath(of: [child])
    }
}
