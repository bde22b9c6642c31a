import Foundation
import Hippofacts
import Synchronization
import TestSupport
import Testing

@testable import Sandbox

/// What the watcher sees, and what it does not.
@Suite(.timeLimit(.minutes(1)))
struct FileWatcherTests {
    /// A watched directory, and what was reported since the last look.
    final class Watched: Sendable {
        let directory: TemporaryDirectory
        let watcher: FileWatcher
        private let seen: Log

        final class Log: Sendable {
            let paths = Mutex<Set<String>>([])
        }

        static let everything = "<everything>"

        init(
            _ directory: TemporaryDirectory, files: Set<String> = [], patterns: [String] = [], polls: Bool = false
        ) throws {
            self.directory = directory
            let log = Log()
            seen = log
            let scope = WatchScope(files: files, patterns: try patterns.map { try GlobPattern($0) })
            watcher = try FileWatcher(root: directory.path, scope: scope, queue: polls ? nil : ChangeQueue(),
                pollInterval: .milliseconds(5), onProblem: { Issue.record("\($0)") }
            ) { change, _ in
                log.paths.withLock { paths in
                    switch change {
                    case .paths(let changed): paths.formUnion(changed)
                    case .everything: paths.insert(Self.everything)
                    }
                }
            }
        }

        deinit { watcher.stop() }

        /// What was reported up to now.
        func take() -> Set<String> {
            watcher.synchronize()
            return seen.paths.withLock { paths in
                defer { paths = [] }
                return paths
            }
        }

        /// Waits until the path is reported.
        func wait(for path: String) async throws {
            while !seen.paths.withLock({ $0.contains(path) }) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    func shell(_ command: String, in directory: TemporaryDirectory) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = directory.url
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(arguments: [
        "echo new > page.html", "echo new > page.html~ && mv page.html~ page.html", "rm page.html", "touch page.html",
        "ln -sf other.html page.html", "mkdir -p new && echo x > new/page.html",
        "rm -r deep && mkdir deep && echo other > deep/page.html",
    ])
    func whereTheSystemTellsNothingChangesAreFoundByLooking(command: String) throws {
        let directory = try TemporaryDirectory()
        for path in ["page.html", "deep/page.html", "other.html", "away.txt"] { try directory.write("old", to: path) }
        // What has just been written may be written again without looking different: it counts as changed once more.
        usleep(40_000)
        let watched = try Watched(directory, patterns: ["**/page.html"], polls: true)
        try shell("echo x > other.html; mkdir -p .git/new && echo x > .git/page.html", in: directory)
        #expect(watched.take().isEmpty)
        try shell(command, in: directory)
        let changed = watched.take()
        #expect(changed.count == 1 && changed.allSatisfy { $0.hasSuffix("page.html") }, "\(changed)")
    }

    @Test func aRootThatGoesAndComesIsFoundByLooking() async throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/project"
        try parent.write("1", to: "project/page.html")
        let log = Mutex<[String]>([])
        let watcher = try FileWatcher(
            root: path, scope: WatchScope(files: ["page.html"]), queue: nil, pollInterval: .milliseconds(2),
            onProblem: { _ in },
            onChange: { change, _ in
                if case .everything = change { log.withLock { $0.append("everything") } }
            })
        defer { watcher.stop() }
        try FileManager.default.removeItem(atPath: path)
        while log.withLock({ $0.count }) < 1 { try await Task.sleep(for: .milliseconds(2)) }
        try parent.write("2", to: "project/page.html")
        while log.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test(arguments: [
        "echo new > page.html",
        "echo new > page.html~ && mv page.html~ page.html",
        "rm page.html",
        "ln -sf other.html page.html",
        "echo other > page.tmp && ln -f page.tmp page.html",
        "touch page.html",
        "chmod 600 page.html",
        "mv page.html away.txt",
    ])
    func everyWayToChangeAFileIsSeen(command: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write("old", to: "page.html")
        let watched = try Watched(directory, files: ["page.html"])
        try shell(command, in: directory)
        #expect(watched.take() == ["page.html"])
    }

    @Test func whatIsOutsideTheScopeIsNotReported() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "assets/a.css")
        try directory.write("", to: "target/debug/x")
        try directory.write("", to: ".hippo/wwwroot/a.css")
        let watched = try Watched(directory, patterns: ["assets/*.css", "**/*.html"])
        try shell("echo > assets/a.js; echo > other; echo > target/debug/x; mkdir target/y; echo > .hippo/b.html", in: directory)
        #expect(watched.take() == [])
        try shell("echo > assets/a.css; echo > target/debug/i.html", in: directory)
        #expect(watched.take() == ["assets/a.css", "target/debug/i.html"])
    }

    @Test func directoriesMayAppearAndVanish() throws {
        let directory = try TemporaryDirectory()
        let watched = try Watched(directory, files: ["build/deep/app.wasm"], patterns: ["assets/**/*.css"])
        try shell("mkdir -p build/deep assets/a/b && echo > build/deep/app.wasm && echo > assets/a/b/x.css", in: directory)
        #expect(watched.take().isSuperset(of: ["build/deep/app.wasm", "assets/a/b/x.css"]))
        try shell("echo >> build/deep/app.wasm; echo >> assets/a/b/x.css", in: directory)
        #expect(watched.take() == ["build/deep/app.wasm", "assets/a/b/x.css"])
        try shell("mv assets elsewhere", in: directory)
        #expect(watched.take() == ["assets/"])
        try shell("echo >> elsewhere/a/b/x.css", in: directory)
        #expect(watched.take() == [])
        try shell("mv elsewhere assets", in: directory)
        #expect(watched.take().isSuperset(of: ["assets/a/b/x.css"]))
        try shell("rm -r assets build", in: directory)
        #expect(watched.take().isSuperset(of: ["assets/a/b/x.css", "build/deep/app.wasm", "assets/", "build/"]))
        try shell("mkdir -p assets && echo > assets/y.css", in: directory)
        #expect(watched.take().contains("assets/y.css"))
    }

    @Test func aFileThatStaysOpenIsSeenInTheEnd() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("old", to: "a.txt")
        let watched = try Watched(directory, files: ["a.txt"])
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: Data("new".utf8))
        try await watched.wait(for: "a.txt")
        try handle.close()
    }

    @Test(arguments: [false, true])
    func theRootMayBeDeletedAndMadeAgain(whileAFileInItIsOpen: Bool) async throws {
        let parent = try TemporaryDirectory()
        try parent.write("1", to: "project/a.txt")
        try parent.write("", to: "project/held")
        // As long as there is one, the system does not tell that the directory has gone.
        let path = parent.path + "/project/held"
        let held = whileAFileInItIsOpen ? try FileHandle(forReadingFrom: URL(fileURLWithPath: path)) : nil
        defer { try? held?.close() }
        let log = Watched.Log()
        let watcher = try FileWatcher(
            root: parent.path + "/project", scope: WatchScope(files: ["a.txt"]), queue: ChangeQueue(),
            onProblem: { _ in },
            onChange: { change, _ in
                log.paths.withLock { paths in
                    switch change {
                    case .paths(let changed): paths.formUnion(changed)
                    case .everything: paths.insert(Watched.everything)
                    }
                }
            })
        defer { watcher.stop() }
        for command in ["rm -r project", "mkdir project && echo 2 > project/a.txt", "mv project p", "mv p project"] {
            log.paths.withLock { $0 = [] }
            try shell(command, in: parent)
            while !log.paths.withLock({ $0.contains(Watched.everything) }) { try await Task.sleep(for: .milliseconds(2)) }
        }
        log.paths.withLock { $0 = [] }
        try shell("echo 3 > project/a.txt", in: parent)
        while !log.paths.withLock({ $0.contains("a.txt") }) { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test func aWiderScopeReachesFurther() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "a/x.txt")
        try directory.write("", to: "b/x.txt")
        let watched = try Watched(directory, patterns: ["a/*"])
        watched.watcher.update(scope: WatchScope(patterns: [try GlobPattern("b/*")]))
        try shell("echo > a/x.txt; echo > b/x.txt", in: directory)
        #expect(watched.take() == ["b/x.txt"])
    }

    @Test func symbolicLinksToDirectoriesAreFollowedButNotInCircles() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "real/x.txt")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/assets", withDestinationPath: "real")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/real/again", withDestinationPath: "../real")
        let watched = try Watched(directory, patterns: ["assets/**"])
        try shell("echo > real/x.txt", in: directory)
        #expect(watched.take().contains("assets/x.txt"))
    }

    @Test func whatTheSandboxWritesItselfIsOutsideTheScope() throws {
        var settings = SandboxSettings()
        let directory = try TemporaryDirectory()
        try directory.write("[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n", to: "HIPPOFACTS")
        settings.storage = .file(directory.path + "/store.sqlite")
        settings.logDirectory = directory.path + "/logs"
        var scope = try Project(at: directory.path).scope(of: nil, settings: settings)
        scope.patterns = [try GlobPattern("**")]
        for (path, isInScope) in [
            ("store.sqlite", false), ("store.sqlite-wal", false), ("logs/x/module.stderr", false), ("logs.txt", true),
            (".hippo/bindles.sqlite", false), (".git/index", false), ("page.html", true), ("HIPPOFACTS", true),
        ] {
            #expect(scope.contains(path.split(separator: "/")) == isInScope, "\(path)")
        }
    }

    @Test func theScopeOfABuildLeavesOutItsProducts() {
        let inputs = BuildInputs.project(except: ["bin", "HIPPOFACTS"])
        for (path, isInput) in [
            ("main.c", true), ("source/main.c", true), ("bin", false), ("bin/app.wasm", false), ("HIPPOFACTS", false),
            ("target/x", false), ("a/node_modules/b", false), (".cache/x", false), (".swp", false), ("build", true),
        ] {
            #expect(inputs.contains(path.split(separator: "/")) == isInput, "\(path)")
        }
    }
}
