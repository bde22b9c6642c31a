import Foundation
import SandboxProtocol
import TestSupport
import Testing

@testable import Sandbox

/// The log of a sandbox: what is written can be read, and it stays small.
struct LogTests {
    @Test(
        "Every event comes back",
        arguments: [
            Event.starting(app: "http://a/", bindle: "http://b/v1", command: "make"),
            .starting(app: "http://a/", bindle: "http://b/v1", command: nil),
            Event.ready(app: "http://a/", bindle: "http://b/v1", id: "x/1.0.0", revision: 1),
            .rebuilding(changed: ["a", "b"]),
            .serving(
                revision: 2, id: "x/1.0.0", isUnchanged: true, timings: [StageTiming(stage: "total", milliseconds: 1.5)]
            ),
            .failed(Failure(stage: .launch, message: "no\nno", file: "f", line: 1, column: 2)),
            .failed(Failure(stage: .build, message: "no")),
            .request(
                ServedRequest(method: "GET", target: "/", status: 200, byteCount: 3, milliseconds: 2.5, revision: 1)),
            .request(
                ServedRequest(
                    method: "GET", target: "/", status: 200, byteCount: 3, milliseconds: 2.5, revision: 1, number: 7,
                    isIncomplete: true)),
            .request(
                ServedRequest(
                    method: "GET", target: "/", status: 200, byteCount: 3, milliseconds: 2.5, revision: 0,
                    channel: ServedChannel(name: "app/stable", release: "app/1.0.0"))),
            .log(.guest(route: "/r", channel: ServedChannel(name: "app/stable")), text: "t"),
            .log(.guest(route: "/r"), text: "t"), .log(.build, text: "t"), .log(.sandbox, text: "t"),
            .stopped(reason: "quit"),
        ])
    func everyEventComesBack(_ event: Event) {
        let entry = LogEntry(time: 1_700_000_000.125, event: event)
        #expect(LogEntry(line: Array(entry.line.utf8)) == entry)
    }

    private func line(_ number: Int) -> String {
        LogEntry(time: Double(number), event: .log(.build, text: "line \(number)")).line
    }

    private func numbers(_ entries: [LogEntry]) -> [Int] { entries.map { Int($0.time) } }

    @Test("A removed log goes on in the file that is made in its place")
    func aRemovedLogGoesOnInTheFileThatIsMadeInItsPlace() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        let log = try #require(LogFile(path: path))
        log.append(Array(line(1).utf8))
        try FileManager.default.removeItem(atPath: path)
        // Whoever removes the directory must not find it filled again.
        log.append(Array(line(2).utf8))
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        log.append(Array(line(3).utf8))
        var reader = LogReader(path: path)
        #expect(numbers(reader.next()) == [3])
    }

    @Test("A reader follows the log from file to file") func aReaderFollowsTheLogFromFileToFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        var reader = LogReader(path: path)
        #expect(reader.next().isEmpty)
        let log = try #require(LogFile(path: path, limit: 400))
        log.append(Array(line(1).utf8))
        #expect(numbers(reader.next()) == [1])
        // Half a line does not count yet.
        log.append(Array(String(line(2).prefix(10)).utf8))
        #expect(reader.next().isEmpty)
        log.append(Array(String(line(2).dropFirst(10)).utf8))
        for number in 3...6 { log.append(Array(line(number).utf8)) }
        #expect(numbers(reader.next()) == [2, 3, 4, 5, 6])
        #expect(FileManager.default.fileExists(atPath: LogFile.older(path)) == false)
        for number in 7...9 { log.append(Array(line(number).utf8)) }
        #expect(FileManager.default.fileExists(atPath: LogFile.older(path)))
        #expect(numbers(reader.next()) == [7, 8, 9])
        // Who comes later reads both files.
        var late = LogReader(path: path)
        #expect(numbers(late.next()) == Array(1...9))
    }

    @Test("A reader misses nothing of a log that is turned over twice between two looks, and reads nothing twice")
    func turnedOverTwice() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        let log = try #require(LogFile(path: path, limit: 400))
        let count = try #require((1...).first { line($0).utf8.count * $0 > 400 }) - 1
        log.append(Array(line(1).utf8))
        var reader = LogReader(path: path)
        #expect(numbers(reader.next()) == [1])
        let last = 1 + 2 * count
        for number in 2...last { log.append(Array(line(number).utf8)) }
        #expect(numbers(reader.next()) == Array(2...last))
        // One that is removed, and made again, has the older half beside it that has been read.
        try FileManager.default.removeItem(atPath: path)
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        log.append(Array(line(last + 1).utf8))
        #expect(numbers(reader.next()) == [last + 1])
    }

    @Test("What is no file at the place of the log, or of its older half, says nothing", arguments: [false, true])
    func noFile(isDirectory: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        for place in [path, LogFile.older(path)] {
            #expect((isDirectory ? mkdir(place, 0o700) : mkfifo(place, 0o600)) == 0)
        }
        var reader = LogReader(path: path)
        #expect(reader.next().isEmpty)
        for place in [path, LogFile.older(path)] { try FileManager.default.removeItem(atPath: place) }
        try #require(LogFile(path: path)).append(Array(line(1).utf8))
        #expect(numbers(reader.next()) == [1])
    }

    @Test("More lines at once than a file may have go into several files")
    func manyLinesAtOnce() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        let log = try #require(LogFile(path: path, limit: 1000))
        log.append((1...100).flatMap { Array(line($0).utf8) })
        for file in [path, LogFile.older(path)] {
            #expect(try #require(FileManager.default.contents(atPath: file)).count <= 1000)
        }
        var reader = LogReader(path: path)
        #expect(numbers(reader.next()).last == 100)
    }

    @Test("What was written before the log was removed is still read")
    func whatWasWrittenBeforeTheLogWasRemovedIsStillRead() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        let log = try #require(LogFile(path: path))
        log.append(Array(line(1).utf8))
        var reader = LogReader(path: path)
        #expect(reader.isThere)
        #expect(numbers(reader.next()) == [1])
        log.append(Array(line(2).utf8))
        try FileManager.default.removeItem(atPath: path)
        #expect(numbers(reader.next()) == [2])
        #expect(!reader.isThere)
    }

    @Test("A follower goes on with what another sandbox has left where the log goes before it is read")
    func aFollowerGoesOnWhereTheLogGoesBeforeItIsRead() throws {
        let directory = try TemporaryDirectory()
        let (gone, left) = (directory.path + "/gone.log", directory.path + "/left.log")
        try #require(LogFile(path: left)).append(Array(line(1).utf8))
        var paths = [gone, left]
        var follower = try #require(
            try LogFollower(latest: { paths.count > 1 ? paths.removeFirst() : paths[0] }, running: { [] }))
        #expect(numbers(try follower.next()) == [1])
        #expect(try follower.next().isEmpty)
    }

    @Test("A follower goes on with the next sandbox that runs, and not with what an earlier one has left")
    func aFollowerGoesOnWithTheNextSandboxThatRuns() throws {
        let directory = try TemporaryDirectory()
        let first = directory.path + "/first.log"
        let left = directory.path + "/left.log"
        let second = directory.path + "/second.log"
        let log = try #require(LogFile(path: first))
        log.append(Array(line(1).utf8))
        try #require(LogFile(path: left)).append(Array(line(2).utf8))
        try #require(LogFile(path: second)).append(Array(line(4).utf8))
        var latest = first
        var running = [first]
        var follower = try #require(try LogFollower(latest: { latest }, running: { running }))
        #expect(numbers(try follower.next()) == [1])
        log.append(Array(line(3).utf8))
        try FileManager.default.removeItem(atPath: first)
        (latest, running) = (left, [])
        #expect(numbers(try follower.next()) == [3])
        #expect(try follower.next().isEmpty)
        running = [second]
        #expect(numbers(try follower.next()) == [4])
    }

    @Test(
        "A follower stays with its sandbox as long as that runs, and leaves one that has ended for another, though its log stays"
    )
    func aFollowerLeavesASandboxThatHasEnded() throws {
        let directory = try TemporaryDirectory()
        let kept = directory.path + "/up.log"
        let other = directory.path + "/other.log"
        try #require(LogFile(path: kept)).append(Array(line(1).utf8))
        try #require(LogFile(path: other)).append(Array(line(2).utf8))
        var running = [other, kept]
        var follower = try #require(try LogFollower(latest: { kept }, running: { running }))
        #expect(numbers(try follower.next()) == [1])
        for _ in 1...100 { #expect(try follower.next().isEmpty) }
        running = [other]
        #expect(numbers(try (1...100).flatMap { _ in try follower.next() }) == [2])
    }

    @Test("A follower waits for the log of a sandbox that starts") func aFollowerWaitsForTheLogOfASandboxThatStarts()
        throws
    {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        var follower = try #require(try LogFollower(latest: { path }, running: { [path] }))
        #expect(try follower.next().isEmpty)
        try #require(LogFile(path: path)).append(Array(line(1).utf8))
        #expect(numbers(try follower.next()) == [1])
    }

    @Test("The log never grows beyond its limit") func theLogNeverGrowsBeyondItsLimit() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/up.log"
        let log = try #require(LogFile(path: path, limit: 1000))
        for number in 1...200 { log.append(Array(line(number).utf8)) }
        for file in [path, LogFile.older(path)] {
            #expect(try #require(FileManager.default.contents(atPath: file)).count <= 1000)
        }
        // A sandbox that is started anew goes on with it.
        try #require(LogFile(path: path, limit: 1000)).append(Array(line(201).utf8))
        var reader = LogReader(path: path)
        #expect(numbers(reader.next()).suffix(2) == [200, 201])
    }
}
