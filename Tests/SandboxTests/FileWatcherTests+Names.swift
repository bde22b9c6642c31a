import Bindle
import Content
import Foundation
import Hippofacts
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Sandbox

/// Names, depth, and what editors write.
extension FileWatcherTests {
    /// A watcher's reports, one after the other.
    private final class Reports: Sendable {
        private let all = Mutex<[Set<String>]>([])

        func note(_ changes: FileWatcher.Changes) {
            for case .paths(let paths) in changes.values { all.withLock { $0.append(Set(paths.map(\.description))) } }
        }

        var values: [Set<String>] { all.withLock { $0 } }
    }

    // MARK: Names

    @Test("Names with any characters are seen, and two Unicode spellings are two files", arguments: [false, true])
    func namesAreBytes(polls: Bool) throws {
        let directory = try TemporaryDirectory()
        let names = [
            "\u{E9}.html", "e\u{301}.html", "back\\slash.html", "new\nline.html", "\u{1}.html", "\u{301}.html",
        ]
        let seen = Mutex<Set<RelativePath>>([])
        let watcher = try FileWatcher(
            queue: polls ? nil : ChangeQueue(), onProblem: { Issue.record("\($0)") },
            onChange: { changes, _ in
                for case .paths(let paths) in changes.values { seen.withLock { $0.formUnion(paths.map(\.path)) } }
            })
        defer { watcher.stop() }
        watcher.watch(directory.path, WatchScope(patterns: [try GlobPattern("*.html")]))
        for name in names { try directory.write("x", to: name) }
        watcher.synchronize()
        #expect(seen.withLock { $0 } == Set(try names.map { try RelativePath($0) }))
        usleep(40_000)
        watcher.synchronize()
        seen.withLock { $0 = [] }
        #expect(rename(directory.path + "/\u{E9}.html", directory.path + "/e\u{301}.html") == 0)
        watcher.synchronize()
        #expect(seen.withLock { $0 } == Set(try names[..<2].map { try RelativePath($0) }))
    }

    @Test("A name that is not UTF-8 has its directory looked at")
    func namesThatAreNotUTF8() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "sub/a.html")
        let watched = try Watched(directory, patterns: ["sub/*.html"])
        try shell("printf x > sub/$(printf '\\377').html; printf x > sub/$(printf '\\377').css", in: directory)
        #expect(watched.take() == ["sub/"])
        try shell("rm sub/$(printf '\\377').html", in: directory)
        #expect(watched.take() == ["sub/"])
    }

    // MARK: Depth

    @Test("What lies as deep as it likes is seen, also beyond what a path may be long", arguments: [false, true])
    func depth(polls: Bool) throws {
        let directory = try TemporaryDirectory()
        for (levels, name) in [(100, "d"), (30, String(repeating: "x", count: 200))] {
            let path = Array(repeating: name, count: levels).joined(separator: "/") + "/page.html"
            let script = """
                for i in $(seq \(levels)); do mkdir \(name) && cd -P ./\(name) || exit 1; done; printf old > page.html
                """
            try shell(script, in: directory)
            usleep(40_000)
            let watched = try Watched(directory, patterns: ["**/page.html"], polls: polls)
            let change = "for i in $(seq \(levels)); do cd -P ./\(name); done; printf newer > page.html"
            for _ in 0..<2 {
                try shell(change, in: directory)
                #expect(watched.take() == [path])
                usleep(40_000)
                _ = watched.take()
            }
            try shell("rm -rf \(name)", in: directory)
        }
    }

    @Test("Links that lead to each other's directories are watched only so often, and it is said")
    func multiplyingLinks() throws {
        let directory = try TemporaryDirectory()
        for from in 0..<8 {
            try directory.write("x", to: "\(from)/x.txt")
            for to in 0..<8 where to != from {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(directory.path)/\(from)/to-\(to)", withDestinationPath: "../\(to)")
            }
        }
        let problems = Mutex<[String]>([])
        let watcher = try FileWatcher(
            queue: ChangeQueue(), onProblem: { problem in problems.withLock { $0.append(problem) } },
            onChange: { _, _ in })
        defer { watcher.stop() }
        watcher.watch(directory.path, WatchScope(patterns: [try GlobPattern("**")]))
        #expect(problems.withLock { $0.count } == 1)
        #expect(problems.withLock { $0.first }?.contains("symbolic links") == true)
    }

    // MARK: Editors

    /// Time that passes when it is told to.
    private final class SteppedTime: TimeSource {
        private let passed = Mutex<Duration>(.zero)

        func advance(by duration: Duration) { passed.withLock { $0 += duration } }

        var now: MonotonicTime { MonotonicTime(nanoseconds: 0) + passed.withLock { $0 } }
        var nanosecondsSince1970: Int64 { SystemTime().nanosecondsSince1970 }
    }

    @Test(
        "What editors write beside a file is no change, and a file that is written anew is one",
        arguments: [false, true])
    func editorFiles(isBuildInput: Bool) throws {
        let directory = try TemporaryDirectory()
        try directory.write("old", to: "page.html")
        let reports = Reports()
        let time = SteppedTime()
        let watcher = try FileWatcher(
            queue: ChangeQueue(), renamePatience: .seconds(60), time: time, onProblem: { Issue.record("\($0)") },
            onChange: { changes, _ in reports.note(changes) })
        defer { watcher.stop() }
        var scope = WatchScope()
        let all = [try GlobPattern("**")]
        if isBuildInput { scope.buildInputs = .patterns(all) } else { scope.patterns = all }
        watcher.watch(directory.path, scope)
        let steps = [
            // As vim writes, but slower.
            "echo > .page.html.swp; : > 4913; chmod 644 4913; rm 4913; mv page.html page.html~", "printf n > page.html",
            "rm page.html~ .page.html.swp",
            // As IntelliJ does, and Emacs.
            "printf a > page.html___jb_tmp___; mv page.html page.html___jb_old___",
            "mv page.html___jb_tmp___ page.html",
            "rm page.html___jb_old___; ln -s me@here .#page.html; printf b > '#page.html#'; rm '#page.html#' .#page.html",
        ]
        // A program that is stopped between the making of a file and what it writes to it has it told twice.
        var told = 0
        func news() -> Set<Set<String>> {
            defer { told = reports.values.count }
            return Set(reports.values.dropFirst(told))
        }
        var found: [Set<Set<String>>] = []
        for step in steps {
            try shell(step, in: directory)
            watcher.synchronize()
            found.append(news())
            time.advance(by: .milliseconds(20))
        }
        #expect(found == [[], [["page.html"]], [], [], [["page.html"]], []])
        // What is put aside, and is not written again, has gone.
        try shell("mv page.html page.html~", in: directory)
        watcher.synchronize()
        time.advance(by: .seconds(1))
        watcher.synchronize()
        #expect(news() == [["page.html"]])
        // A file with one of vim's numbers is a file like any other, if there is something in it.
        try shell("printf content > 4913", in: directory)
        watcher.synchronize()
        #expect(news() == [["4913"]])
        try shell("rm 4913", in: directory)
        watcher.synchronize()
        #expect(news() == [["4913"]])
    }

    @Test(
        "A file that vim writes is changed once",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/vim"), "vim is not installed"),
        arguments: ["", "set backupcopy=yes", "set nobackup nowritebackup", "set backup"])
    func vim(settings: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write("old\n", to: "page.html")
        let reports = Reports()
        // However slow this machine is, vim is not.
        let time = SteppedTime()
        let watcher = try FileWatcher(
            queue: ChangeQueue(), renamePatience: .seconds(60), time: time, onProblem: { Issue.record("\($0)") },
            onChange: { changes, _ in reports.note(changes) })
        defer { watcher.stop() }
        watcher.watch(directory.path, WatchScope(patterns: [try GlobPattern("**")]))
        let command = settings.isEmpty ? "" : "--cmd '\(settings)'"
        try shell(
            "vim -u NONE -i NONE -T dumb \(command) -c 'normal Anew' -c 'wq' page.html </dev/null >/dev/null 2>&1",
            in: directory)
        #expect(try String(contentsOfFile: directory.path + "/page.html", encoding: .utf8) == "oldnew\n")
        watcher.synchronize()
        time.advance(by: .seconds(1))
        watcher.synchronize()
        #expect(reports.values == [["page.html"]])
    }

    @Test("A file that is given other permissions by who has written it is changed once; what others do to it counts")
    func permissions() throws {
        let directory = try TemporaryDirectory()
        try directory.write("old", to: "page.html")
        let watched = try Watched(directory, files: ["page.html"])
        try shell("printf new > page.html", in: directory)
        #expect(watched.take() == ["page.html"])
        try shell("chmod 600 page.html", in: directory)
        #expect(watched.take() == [])
        try shell("touch -d '2001-01-01 00:00:00' page.html", in: directory)
        #expect(watched.take() == ["page.html"])
    }
}
