import Content
import Foundation
import Hippofacts
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Sandbox

/// What the watcher sees, and what it does not.
@Suite(.timeLimit(.minutes(15)))
struct FileWatcherTests {
    /// A watched directory, and what was reported since the last look.
    final class Watched: Sendable {
        let directory: TemporaryDirectory
        let watcher: FileWatcher
        private let seen: Log

        final class Log: Sendable {
            let paths = Mutex<Set<String>>([])

            /// - Parameter root: only what has changed below it; all if it is `nil`.
            func note(_ changes: FileWatcher.Changes, below root: String? = nil) {
                for change in changes.filter({ root == nil || $0.key == root }).values {
                    paths.withLock { paths in
                        switch change {
                        case .paths(let changed): paths.formUnion(changed.map(\.description))
                        case .everything: paths.insert(Watched.everything)
                        }
                    }
                }
            }

            func take() -> Set<String> {
                paths.withLock { paths in
                    defer { paths = [] }
                    return paths
                }
            }
        }

        static let everything = "<everything>"

        init(
            _ directory: TemporaryDirectory, files: Set<RelativePath> = [], patterns: [String] = [], polls: Bool = false
        ) throws {
            self.directory = directory
            let log = Log()
            seen = log
            let scope = WatchScope(files: files, patterns: try patterns.map { try GlobPattern($0) })
            watcher = try FileWatcher(
                queue: polls ? nil : ChangeQueue(), pollInterval: .milliseconds(5),
                onProblem: { Issue.record("\($0)") }, onChange: { changes, _ in log.note(changes) })
            watcher.watch(directory.path, scope)
        }

        deinit { watcher.stop() }

        /// What was reported up to now.
        func take() -> Set<String> {
            watcher.synchronize()
            return seen.take()
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

    @Test(
        "Where the system tells nothing changes are found by looking",
        arguments: [
            "echo new > page.html", "echo new > page.html~ && mv page.html~ page.html", "rm page.html",
            "touch page.html",
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

    @Test("A root that goes and comes is found by looking") func aRootThatGoesAndComesIsFoundByLooking() async throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/project"
        try parent.write("1", to: "project/page.html")
        let log = Mutex<[String]>([])
        let watcher = try FileWatcher(
            queue: nil, pollInterval: .milliseconds(2), onProblem: { _ in },
            onChange: { changes, _ in
                if case .everything = changes[path] { log.withLock { $0.append("everything") } }
            })
        watcher.watch(path, WatchScope(files: ["page.html"]))
        defer { watcher.stop() }
        try FileManager.default.removeItem(atPath: path)
        while log.withLock({ $0.count }) < 1 { try await Task.sleep(for: .milliseconds(2)) }
        try parent.write("2", to: "project/page.html")
        while log.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test(
        "Every way to change a file is seen",
        arguments: [
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

    @Test("What is outside the scope is not reported") func whatIsOutsideTheScopeIsNotReported() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "assets/a.css")
        try directory.write("", to: "target/debug/x")
        try directory.write("", to: ".hippo/wwwroot/a.css")
        let watched = try Watched(directory, patterns: ["assets/*.css", "**/*.html"])
        try shell(
            "echo > assets/a.js; echo > other; echo > target/debug/x; mkdir target/y; echo > .hippo/b.html",
            in: directory)
        #expect(watched.take() == [])
        try shell("echo > assets/a.css; echo > target/debug/i.html", in: directory)
        #expect(watched.take() == ["assets/a.css", "target/debug/i.html"])
    }

    @Test("Directories may appear and vanish") func directoriesMayAppearAndVanish() throws {
        let directory = try TemporaryDirectory()
        let watched = try Watched(directory, files: ["build/deep/app.wasm"], patterns: ["assets/**/*.css"])
        try shell(
            "mkdir -p build/deep assets/a/b && echo > build/deep/app.wasm && echo > assets/a/b/x.css", in: directory)
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

    @Test("A file that stays open is seen in the end") func aFileThatStaysOpenIsSeenInTheEnd() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("old", to: "a.txt")
        let watched = try Watched(directory, files: ["a.txt"])
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: Data("new".utf8))
        try await watched.wait(for: "a.txt")
        try handle.close()
    }

    @Test("The root may be deleted and made again", arguments: [false, true])
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
            queue: ChangeQueue(), onProblem: { _ in }, onChange: { changes, _ in log.note(changes) })
        watcher.watch(parent.path + "/project", WatchScope(files: ["a.txt"]))
        defer { watcher.stop() }
        for command in ["rm -r project", "mkdir project && echo 2 > project/a.txt", "mv project p", "mv p project"] {
            log.paths.withLock { $0 = [] }
            try shell(command, in: parent)
            while !log.paths.withLock({ $0.contains(Watched.everything) }) {
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        log.paths.withLock { $0 = [] }
        try shell("echo 3 > project/a.txt", in: parent)
        while !log.paths.withLock({ $0.contains("a.txt") }) { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test("A wider scope reaches further") func aWiderScopeReachesFurther() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "a/x.txt")
        try directory.write("", to: "b/x.txt")
        let watched = try Watched(directory, patterns: ["a/*"])
        watched.watcher.watch(directory.path, WatchScope(patterns: [try GlobPattern("b/*")]))
        try shell("echo > a/x.txt; echo > b/x.txt", in: directory)
        #expect(watched.take() == ["b/x.txt"])
    }

    @Test("Symbolic links to directories are followed but not in circles")
    func symbolicLinksToDirectoriesAreFollowedButNotInCircles() throws {
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

    /// What links lead to, wherever in the project it is, and the links that they lead over.
    @Test(
        "What links lead to is watched",
        arguments: [
            ("echo new > releases/1/page.html", "assets/release/page.html"),
            ("echo new > releases/1/new.html", "assets/release/new.html"),
            ("echo new > releases/1/page.html", "assets/current/page.html"),
            ("echo new > releases/file.html", "assets/file.html"),
            ("echo new > releases/file.new && mv releases/file.new releases/file.html", "assets/file.html"),
            ("rm releases/file.html", "assets/file.html"),
            ("ln -sfn releases/2 current", "assets/current/"),
            ("ln -sfn 2/page.html releases/over.html", "assets/over.html"),
            ("mv releases away", "assets/release/"),
            ("mv releases away", "assets/file.html"),
            ("mkdir later && echo new > later/page.html", "assets/later.html"),
            ("ln -s ../releases/2 assets/two && echo new > releases/2/page.html", "assets/two/page.html"),
            ("ln -s ../releases/2/page.html assets/one.html; echo new > releases/2/page.html", "assets/one.html"),
            ("ln -sfn ../releases/2 assets/release && echo new > releases/2/page.html", "assets/release/page.html"),
        ])
    func whatLinksLeadToIsWatched(command: String, path: String) throws {
        let directory = try TemporaryDirectory()
        for path in ["releases/1/page.html", "releases/2/page.html", "releases/file.html", "assets/own.html"] {
            try directory.write("old", to: path)
        }
        try shell(
            """
            ln -s releases/1 current && ln -s ../current assets/current && ln -s ../releases/1 assets/release
            ln -s ../releases/file.html assets/file.html && ln -s ../later/page.html assets/later.html
            ln -s 1/page.html releases/over.html && ln -s ../releases/over.html assets/over.html
            """, in: directory)
        let watched = try Watched(directory, patterns: ["assets/**/*"])
        try shell("echo > releases/other; echo > releases/2/other; mkdir releases/3", in: directory)
        #expect(watched.take() == [])
        try shell(command, in: directory)
        let changed = watched.take()
        #expect(changed.contains(path), "\(changed)")
        // What has come by the change is watched as well.
        try shell("echo new > assets/own.html", in: directory)
        #expect(watched.take() == ["assets/own.html"])
    }

    @Test("A directory that is opened again is seen", .enabled(if: geteuid() != 0, "root may look everywhere"))
    func aDirectoryThatIsOpenedAgainIsSeen() throws {
        let directory = try TemporaryDirectory()
        try directory.write("old", to: "closed/page.html")
        let watched = try Watched(directory, patterns: ["**/*.html"])
        try shell("chmod 000 closed", in: directory)
        #expect(watched.take() == ["closed/"])
        try shell("chmod 755 closed", in: directory)
        #expect(watched.take().contains("closed/"))
    }

    // MARK: Several trees

    @Test("Trees in one queue are told apart though one is in the other")
    func treesInOneQueueAreToldApartThoughOneIsInTheOther() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "page.html")
        try directory.write("", to: "inner/page.html")
        let (outer, inner) = (Watched.Log(), Watched.Log())
        let innerPath = directory.path + "/inner"
        let watcher = try FileWatcher(
            queue: ChangeQueue(), onProblem: { Issue.record("\($0)") },
            onChange: { changes, _ in
                outer.note(changes, below: directory.path)
                inner.note(changes, below: innerPath)
            })
        defer { watcher.stop() }
        let scope = WatchScope(patterns: [try GlobPattern("**/*.html")])
        watcher.watch(directory.path, scope)
        watcher.watch(innerPath, scope)
        func change(_ command: String) throws -> [Set<String>] {
            try shell(command, in: directory)
            watcher.synchronize()
            return [outer.take(), inner.take()]
        }
        let both: [Set<String>] = [["page.html", "inner/page.html"], ["page.html"]]
        #expect(try change("echo 1 > page.html; echo 1 > inner/page.html") == both)
        // What one of them has no use for any more, the other still needs.
        watcher.watch(directory.path, WatchScope(files: ["page.html"]))
        #expect(try change("echo 2 > page.html; echo 2 > inner/page.html") == [["page.html"], ["page.html"]])
        watcher.watch(directory.path, scope)
        watcher.unwatch(innerPath)
        #expect(try change("echo 3 > page.html; echo 3 > inner/page.html") == [["page.html", "inner/page.html"], []])
        watcher.unwatch(directory.path)
        #expect(try change("echo 4 > page.html; echo 4 > inner/page.html") == [[], []])
    }

    // MARK: What the system does not tell of

    @Test("Where others may change files they are looked for as well")
    func whereOthersMayChangeFilesTheyAreLookedForAsWell() async throws {
        let directory = try TemporaryDirectory()
        let elsewhere = try TemporaryDirectory()
        try elsewhere.write("old", to: "file")
        // The system tells of changes by the name that they are made by, which is like those of another machine.
        try FileManager.default.linkItem(atPath: elsewhere.path + "/file", toPath: directory.path + "/page.html")
        let problems = Mutex<[String]>([])
        let log = Watched.Log()
        let watcher = try FileWatcher(
            queue: ChangeQueue(), pollInterval: .milliseconds(2), fileSystem: { _ in FileSystem(type: 0x6969) },
            onProblem: { problem in problems.withLock { $0.append(problem) } },
            onChange: { changes, _ in log.note(changes) })
        defer { watcher.stop() }
        watcher.watch(directory.path, WatchScope(patterns: [try GlobPattern("**")]))
        #expect(problems.withLock { $0.count } == 1)
        #expect(problems.withLock { $0.first }?.contains("(NFS)") == true)
        for text in ["new", "newer and longer"] {
            try shell("echo '\(text)' > file", in: elsewhere)
            while !log.take().contains("page.html") { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test("A directory of others may come later") func aDirectoryOfOthersMayComeLater() async throws {
        let directory = try TemporaryDirectory()
        let elsewhere = try TemporaryDirectory()
        try elsewhere.write("old", to: "file")
        let log = Watched.Log()
        let watcher = try FileWatcher(
            queue: ChangeQueue(), pollInterval: .milliseconds(2),
            fileSystem: { $0.hasSuffix("/shared") ? .remote(name: "FUSE") : .local }, onProblem: { _ in },
            onChange: { changes, _ in log.note(changes) })
        defer { watcher.stop() }
        watcher.watch(directory.path, WatchScope(patterns: [try GlobPattern("**/page.html")]))
        try shell("mkdir shared && ln \(elsewhere.path)/file shared/page.html", in: directory)
        while !log.take().contains("shared/page.html") { try await Task.sleep(for: .milliseconds(2)) }
        try shell("echo 'new and longer' > file", in: elsewhere)
        while !log.take().contains("shared/page.html") { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test("Only the file systems of others are looked at") func onlyTheFileSystemsOfOthersAreLookedAt() {
        #expect(FileSystem(type: 0x0102_1997) == .remote(name: "9P"))
        #expect(FileSystem(type: 0x6573_5546) == .remote(name: "FUSE"))
        for local: UInt32 in [0xEF53, 0x0102_1994, 0x9123_683E, 0x5846_5342, 0x794C_7630, 0x4D44] {
            #expect(FileSystem(type: local) == .local)
        }
        #expect(FileSystem(ofItemAt: "/proc/self") == .local)
    }

    @Test("Links that lead in circles are looked at once") func linksThatLeadInCirclesAreLookedAtOnce() throws {
        let directory = try TemporaryDirectory()
        try directory.write("old", to: "deep/page.html")
        // Each of these alone would be followed for ever, and all together more than that.
        for name in ["a", "b", "deep/c"] {
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "/" + name, withDestinationPath: directory.path)
        }
        let scope = WatchScope(patterns: [try GlobPattern("**/page.html")])
        let before = FileScan(root: directory.path, scope: scope)
        try directory.write("other", to: "deep/page.html")
        #expect(FileScan(root: directory.path, scope: scope).changes(since: before) == ["deep/page.html"])
    }

    @Test("Times of whole seconds say little") func timesOfWholeSecondsSayLittle() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("1", to: "page.html").path
        // As file systems have it that know no fractions of a second.
        let second = time(nil) + 10
        var times = [timespec(tv_sec: second, tv_nsec: 0), timespec(tv_sec: second, tv_nsec: 0)]
        utimensat(AT_FDCWD, path, &times, 0)
        #expect(changes(afterLookingAt: Int64(second) * 1_000_000_000 + 2_400_000_000, in: directory) == ["page.html"])
        #expect(changes(afterLookingAt: Int64(second) * 1_000_000_000 + 2_600_000_000, in: directory).isEmpty)
    }

    @Test("A file that was written just before a look counts as changed at the next, since it may have been again")
    func racyTimes() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("1", to: "page.html").path
        let written = try #require(FileStatus(path: path)).identity.changeTime
        #expect(changes(afterLookingAt: written + 15_000_000, in: directory) == ["page.html"])
        #expect(changes(afterLookingAt: written + 25_000_000, in: directory).isEmpty)
    }

    /// What a second look finds of a tree in which nothing has changed since the first, which was at this time.
    private func changes(afterLookingAt time: Int64, in directory: TemporaryDirectory) -> Set<RelativePath> {
        let scope = WatchScope(files: ["page.html"])
        let first = FileScan(root: directory.path, scope: scope, time: FixedTime(nanosecondsSince1970: time))
        return FileScan(root: directory.path, scope: scope).changes(since: first)
    }

    private struct FixedTime: TimeSource {
        var now: MonotonicTime { .distantPast }
        let nanosecondsSince1970: Int64
    }

    @Test("What the sandbox writes itself is outside the scope") func whatTheSandboxWritesItselfIsOutsideTheScope()
        throws
    {
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
            #expect(try scope.contains(RelativePath(path)) == isInScope, "\(path)")
        }
    }

    @Test("Where case is ignored names may be written either way") func whereCaseIsIgnoredNamesMayBeWrittenEitherWay()
        throws
    {
        var scope = WatchScope(files: ["Hello.wat"], patterns: [try GlobPattern("Assets/**/*.html")])
        scope.buildInputs = .project(except: ["Products"])
        let other = scope.ignoringCase()
        for path in ["hello.WAT", "assets/Deep/PAGE.html", "Hello.wat"] {
            #expect(try other.contains(RelativePath(path)), "\(path)")
        }
        #expect(other.reaches(below: "ASSETS/x"))
        #expect(!other.contains(".GIT/x.html") && !other.reaches(below: ".Hippo"))
        #expect(other.isBuildInput("main.c", isDirectory: false))
        #expect(!other.isBuildInput("products/main.o", isDirectory: false))
        #expect(!scope.isBuildInput("target", isDirectory: true) && scope.isBuildInput("src", isDirectory: true))
        #expect(!scope.isOfSettings("Hippo-Dev.toml") && other.isOfSettings("Hippo-Dev.toml"))
        let directory = try TemporaryDirectory()
        #expect(!FileSystem.ignoresCase(inDirectory: directory.path))
        try directory.write("", to: "Name")
        #expect(!FileSystem.ignoresCase(inDirectory: directory.path))
    }

    @Test("The scope of a build leaves out its products") func theScopeOfABuildLeavesOutItsProducts() throws {
        let inputs = BuildInputs.project(except: ["bin", "HIPPOFACTS"])
        for (path, isInput) in [
            ("main.c", true), ("source/main.c", true), ("bin", false), ("bin/app.wasm", false), ("HIPPOFACTS", false),
            ("target/x", false), ("a/node_modules/b", false), (".cache/x", false), (".swp", false), ("build", true),
        ] {
            #expect(try inputs.contains(RelativePath(path)) == isInput, "\(path)")
        }
    }
}

extension RelativePath: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        self = try! RelativePath(text)
    }
}
