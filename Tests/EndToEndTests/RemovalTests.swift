import Foundation
import TestSupport
import Testing

/// What `hippo-dev up` does when the files that it keeps, or the project's, are removed or damaged under it.
@Suite("Removal under a running up", .timeLimit(.minutes(15)))
struct RemovalTests {
    /// An app with files of several sizes. None has been asked for.
    private struct Scene {
        let app: SmallApp
        let sandbox: SandboxProcess
        let url: String
        static let large = String(repeating: "0123456789abcdef", count: 20_000)

        init(_ options: [String] = []) async throws {
            app = try SmallApp()
            try app.save(Self.large, to: "assets/large.txt")
            for number in 0..<20 { try app.save("small \(number)", to: "assets/\(number).txt") }
            sandbox = try SandboxProcess(app.path, options)
            url = try await sandbox.next("ready")["app"]?.string ?? ""
        }

        /// Everything is answered as it is in the project.
        func expectAllAnswers() throws {
            #expect(try get(url + "hello").body == "hello 1")
            #expect(try get(url + "assets/large.txt").body == Self.large)
            for number in 0..<20 { #expect(try get(url + "assets/\(number).txt").body == "small \(number)") }
        }

        func logs(containing text: String) -> Int {
            sandbox.events("log").count { $0["text"]?.string?.contains(text) == true }
        }
    }

    private static func wait(_ what: Comment, until isDone: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try !isDone() {
            guard ContinuousClock.now < deadline else {
                Issue.record(what)
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("Without .hippo all is answered; the store is made again without a save, which is said once")
    func ownDirectory() async throws {
        let scene = try await Scene()
        try scene.app.remove(".hippo")
        try scene.expectAllAnswers()
        let store = scene.app.path + "/.hippo/bindles.sqlite"
        try await Self.wait("the store is not made again") { FileManager.default.fileExists(atPath: store) }
        _ = try await scene.sandbox.next("serving")
        try scene.expectAllAnswers()
        #expect(scene.logs(containing: "a new one is made") == 1)
        // Commands find the sandbox by the new store.
        let status = try Program.run(["status", scene.app.path])
        #expect(status.status == 0 && status.output.contains(scene.url), "\(status)")
        #expect(try Program.run(["revisions", scene.app.path]).status == 0)
        #expect(try Program.run(["up", scene.app.path]).errors.contains("already runs here"))
        try scene.app.save("changed", to: "assets/0.txt")
        _ = try await scene.sandbox.next("serving")
        #expect(try get(scene.url + "assets/0.txt").body == "changed")
        #expect(scene.sandbox.events("failed").isEmpty)
    }

    @Test(
        "Whatever part of .hippo is removed, all is answered, and saves go on",
        arguments: [
            "bindles.sqlite", "bindles.sqlite-wal", "bindles.sqlite-shm", "bindles.sqlite.parcels", "digests", "up.log",
            ".gitignore",
        ])
    func part(name: String) async throws {
        let scene = try await Scene()
        try? FileManager.default.removeItem(atPath: "\(scene.app.path)/.hippo/\(name)")
        try scene.expectAllAnswers()
        for round in 1...2 {
            try scene.app.save("changed \(round)", to: "assets/0.txt")
            try await Self.wait("the change is not served") {
                try get(scene.url + "assets/0.txt").body == "changed \(round)"
            }
        }
        #expect(try get(scene.url + "assets/large.txt").body == Scene.large)
        #expect(try get(scene.url + "assets/1.txt").body == "small 1")
    }

    @Test("Where another program has made the store's log anew, all is answered and saves go on")
    func replacedLog() async throws {
        let scene = try await Scene()
        let store = scene.app.path + "/.hippo/bindles.sqlite"
        // As long as one of its connections is open, SQLite goes by the log's index, which tells of what has gone.
        let script = """
            import os, sqlite3, sys
            def read():
                connection = sqlite3.connect(sys.argv[1])
                connection.execute("SELECT count(*) FROM content").fetchone()
                return connection
            first = read()
            os.unlink(sys.argv[1] + "-wal")
            try: read()
            except sqlite3.OperationalError as error: print("read:", error, flush=True)
            sys.stdin.read()
            """
        let reader = try TextProcess("/usr/bin/env", ["python3", "-c", script, store])
        _ = try await reader.next(containing: "read: disk I/O error")
        try await Self.wait("the store is not made again") { scene.logs(containing: "a new one is made") == 1 }
        try scene.expectAllAnswers()
        for round in 1...2 {
            try scene.app.save("changed \(round)", to: "assets/0.txt")
            try await Self.wait("the change is not served") {
                try get(scene.url + "assets/0.txt").body == "changed \(round)"
            }
        }
        #expect(scene.logs(containing: "The damaged store is kept") == 1)
        #expect(scene.sandbox.events("failed").isEmpty)
        reader.closeInput()
        _ = try await reader.waitForEnd()
    }

    @Test("Where a part of the store is emptied in place, saves go on", arguments: ["", "-wal"])
    func emptied(suffix: String) async throws {
        let scene = try await Scene()
        try scene.expectAllAnswers()
        #expect(truncate(scene.app.path + "/.hippo/bindles.sqlite" + suffix, 0) == 0)
        for round in 1...4 {
            try scene.app.save("changed \(round)", to: "assets/0.txt")
            try await Self.wait("the change is not served") {
                try get(scene.url + "assets/0.txt").body == "changed \(round)"
            }
        }
        #expect(try get(scene.url + "hello").body == "hello 1")
    }

    @Test("Garbage of the same size in the contents' files is not served")
    func garbage() async throws {
        let scene = try await Scene()
        let directory = scene.app.path + "/.hippo/bindles.sqlite.parcels"
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            let path = "\(directory)/\(name)"
            guard let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else { continue }
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.write(contentsOf: Data(repeating: 0x58, count: size))
            try file.close()
        }
        try scene.expectAllAnswers()
    }

    @Test("Garbage in the store's file is told once, a new store takes its place, and what serves goes on")
    func garbageInTheStore() async throws {
        let scene = try await Scene()
        let path = scene.app.path + "/.hippo/bindles.sqlite"
        // So much that the log is copied into the file and emptied: what is still in that hides the garbage.
        for number in 100..<140 {
            try scene.app.save(String(repeating: "\(number) ", count: 5_000), to: "assets/\(number).txt")
        }
        try await Self.wait("the log is not emptied") {
            try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int == 0
        }
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(repeating: 0x58, count: size))
        try file.close()
        try scene.expectAllAnswers()
        for round in 1...3 {
            try scene.app.save("changed \(round)", to: "assets/0.txt")
            try await Self.wait("the change is not served") {
                try get(scene.url + "assets/0.txt").body == "changed \(round)"
            }
        }
        #expect(try get(scene.url + "assets/large.txt").body == Scene.large)
        #expect(try get(scene.url + "hello").body == "hello 1")
        #expect(scene.logs(containing: "The store is damaged") == 1)
        #expect(scene.logs(containing: "is kept as \(path).aside-") == 1)
        #expect(scene.sandbox.events("failed").isEmpty)
        // What was made in its place is whole.
        kill(scene.sandbox.id, SIGINT)
        _ = try await scene.sandbox.waitForEnd()
        #expect(try Program.run(["bindle", "check", "--store", path]).status == 0)
    }

    @Test("A store that is garbage when the sandbox starts is told with the remedy, which helps")
    func garbageAtStart() async throws {
        let app = try SmallApp()
        let path = app.path + "/.hippo/bindles.sqlite"
        try app.save(String(repeating: "garbage ", count: 1000), to: ".hippo/bindles.sqlite")
        chmod(app.path + "/.hippo", 0o700)
        chmod(path, 0o600)
        let result = try Program.run(["up", app.path, "--listen", "127.0.0.1:0", "--bindle-listen", "127.0.0.1:0"])
        #expect(result.status == 1)
        #expect(result.errors.contains("hippo-dev bindle reset --store FILE"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(try Program.run(["bindle", "reset", "--store", path]).status == 0)
        let sandbox = try SandboxProcess(app.path)
        let url = try await sandbox.next("ready")["app"]?.string ?? ""
        #expect(try get(url + "hello").body == "hello 1")
    }

    @Test(
        "Garbage in the files of large contents is mended from the project at the next start, and what is lost is told")
    func garbageInContents() async throws {
        let scene = try await Scene()
        let id = scene.sandbox.id
        try scene.app.save(Scene.large + "!", to: "assets/large.txt")
        _ = try await scene.sandbox.next("serving")
        kill(id, SIGINT)
        _ = try await scene.sandbox.waitForEnd()
        let directory = scene.app.path + "/.hippo/bindles.sqlite.parcels"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(names.count == 2)
        for name in names { try Data("garbage".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)")) }
        let sandbox = try SandboxProcess(scene.app.path)
        let url = try await sandbox.next("ready")["app"]?.string ?? ""
        #expect(try get(url + "assets/large.txt").body == Scene.large + "!")
        #expect(
            sandbox.events("log").count { $0["text"]?.string?.contains("of earlier revisions is damaged") == true } == 1
        )
    }

    @Test("The directory of --ephemeral may be removed: it is made again")
    func ephemeral() async throws {
        let temporary = try TemporaryDirectory()
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--ephemeral"], environment: ["TMPDIR": temporary.path])
        let url = try await sandbox.next("ready")["app"]?.string ?? ""
        for name in try FileManager.default.contentsOfDirectory(atPath: temporary.path) {
            try FileManager.default.removeItem(atPath: "\(temporary.path)/\(name)")
        }
        #expect(try get(url + "hello").body == "hello 1")
        #expect(try get(url + "assets/index.html").body == "<h1>page 1</h1>")
        _ = try await sandbox.next("serving")
        try app.save("<h1>page 2</h1>", to: "assets/index.html")
        _ = try await sandbox.next("serving")
        #expect(try get(url + "assets/index.html").body == "<h1>page 2</h1>")
    }

    @Test("A project can be removed as a whole directly after a start")
    func projectDirectlyAfterStart() async throws {
        for _ in 0..<5 {
            let scene = try await Scene()
            // Where rm is stopped for longer than a sandbox takes for patience, the store is made again under it: that is
            // removed by a second call.
            var isRemoved = false
            for _ in 1...2 where !isRemoved {
                isRemoved = try Program.run(["-rf", scene.app.path], executable: "/bin/rm").status == 0
            }
            #expect(isRemoved)
            #expect(!FileManager.default.fileExists(atPath: scene.app.path))
            #expect(try get(scene.url + "hello").body == "hello 1")
        }
    }

    @Test("A sandbox is found again after its claim alone was removed")
    func claim() async throws {
        let scene = try await Scene()
        try scene.app.remove(".hippo/bindles.sqlite.up")
        try await Self.wait("the sandbox is not found") {
            try Program.run(["status", scene.app.path]).output.contains(scene.url)
        }
        #expect(scene.logs(containing: "a new one is made") == 0)
    }

    @Test("Content that is nowhere any more answers 500 with its name")
    func nowhere() async throws {
        let scene = try await Scene()
        // What was not asked for before is in the store's open file at most: large contents are files of their own.
        try scene.app.remove("assets/large.txt")
        try? FileManager.default.removeItem(atPath: "\(scene.app.path)/.hippo")
        let answer = try get(scene.url + "assets/large.txt")
        #expect(answer.status == 500 || answer.status == 404, "\(answer)")
        if answer.status == 500 { #expect(answer.body.contains("large.txt")) }
    }
}
