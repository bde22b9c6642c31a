import CommandLineInterface
import Foundation
import HTTP
import Synchronization

/// Whether requests are lost, or answered with something old, while the app is rebuilt under load.
enum RebuildBenchmark {
    private static let rebuilds = Option(
        name: "rebuilds", valueName: "N", summary: "How many saves. Each makes a revision.",
        defaultValue: "1000")
    private static let clients = Option(
        name: "clients", valueName: "N",
        summary: "How many clients ask without a pause; every other one makes a new connection for each request.",
        defaultValue: "4")
    private static let files = Option(
        name: "files", valueName: "N", summary: "How many asset files the project has.", defaultValue: "10")

    static let command = Command(
        name: "rebuilds",
        summary: "Requests lost, and answers older than the save before them, over many rebuilds.",
        discussion: """
            Runs `hippo-dev up` on a project, saves a number into one of its files, waits until it is served, saves the \
            next one, and so on, while clients ask for that file. An answer is old if its number is smaller than the one \
            whose save had returned when the request was sent, even where X-Hippo-Stale says so.
            """,
        options: [rebuilds, clients, files, SaveBenchmark.program],
        action: run
    )

    private struct Tally {
        var requests = 0
        var lost: [String] = []
        var old = 0
        var marked = 0
        var longest = Duration.zero
        var running = 0
    }

    /// What the clients and the one who saves share.
    private final class Course: Sendable {
        let saved = Atomic<Int>(0)
        let served = Atomic<Int>(-1)
        let isOver = Atomic<Bool>(false)
        let tally = Mutex(Tally())
    }

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let count = try SaveBenchmark.number(rebuilds, arguments[rebuilds]) ?? 1000
        let clientCount = try SaveBenchmark.number(clients, arguments[clients]) ?? 4
        let fileCount = try SaveBenchmark.number(files, arguments[files]) ?? 10
        let program = arguments[SaveBenchmark.program] ?? Programs.besideThisProgram("hippo-dev")
        let project = try GeneratedProject(fileCount: fileCount, byteCount: fileCount * 10_000)
        defer { project.remove() }
        try project.saveAsset("0")
        let sandbox = try RunningSandbox(hippoDev: program, project: project.directory, path: "hello")
        defer { sandbox.stop() }
        let url = try HTTPURL("\(sandbox.app)files/0.txt")
        let course = Course()
        for number in 0..<clientCount { startClient(keepsAlive: number % 2 == 0, url, course) }
        let start = ContinuousClock.now
        for number in 1...count {
            try project.saveAsset("\(number)")
            course.saved.store(number, ordering: .sequentiallyConsistent)
            let deadline = ContinuousClock.now + .seconds(10)
            while course.served.load(ordering: .sequentiallyConsistent) < number {
                guard ContinuousClock.now < deadline else {
                    throw RunningSandbox.Failure(description: "save \(number) is not served after 10 seconds")
                }
                usleep(200)
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        course.isOver.store(true, ordering: .sequentiallyConsistent)
        while course.tally.withLock({ $0.running }) > 0 { usleep(1000) }
        let tally = course.tally.withLock { $0 }
        print(
            String(
                format: "%d rebuilds in %.1f s, %d requests of %d clients: %d lost, %d older than the save before, "
                    + "%d marked as stale; the longest took %.1f ms",
                count, seconds, tally.requests, clientCount, tally.lost.count, tally.old, tally.marked,
                tally.longest / .milliseconds(1)))
        for problem in tally.lost.prefix(10) { print("lost: \(problem)") }
        return tally.lost.isEmpty && tally.old == 0 ? .success : .failure
    }

    private static func startClient(keepsAlive: Bool, _ url: HTTPURL, _ course: Course) {
        var configuration = ClientConfiguration()
        if !keepsAlive { configuration.maximumIdlePerHost = 0 }
        let client = Client(configuration: configuration)
        course.tally.withLock { $0.running += 1 }
        Thread {
            while !course.isOver.load(ordering: .sequentiallyConsistent) { ask(client, url, course) }
            course.tally.withLock { $0.running -= 1 }
        }.start()
    }

    private static func ask(_ client: Client, _ url: HTTPURL, _ course: Course) {
        let least = course.saved.load(ordering: .sequentiallyConsistent)
        let start = ContinuousClock.now
        var problem: String?
        var isOld = false
        var isMarked = false
        do {
            let response = try client.send(ClientRequest(.get, url))
            let body = String(decoding: try response.readAll(limit: 100), as: UTF8.self)
            isMarked = response.headers["X-Hippo-Stale"] != nil
            // A file is empty while it is written anew; the save has not returned then.
            if response.status == .ok, let number = Int(body) {
                isOld = number < least
                course.served.max(number, ordering: .sequentiallyConsistent)
            } else {
                problem = "\(response.status): \(body)"
            }
        } catch {
            problem = "\(error)"
        }
        let duration = ContinuousClock.now - start
        course.tally.withLock { tally in
            tally.requests += 1
            if let problem { tally.lost.append(problem) }
            if isOld { tally.old += 1 }
            if isMarked { tally.marked += 1 }
            tally.longest = max(tally.longest, duration)
        }
    }
}
