import CommandLineInterface
import Foundation
import HTTP

/// How long it takes from a save until the app answers with what was saved, and from the start to the first answer.
enum SaveBenchmark {
    private static let files = Option(
        name: "files", valueName: "N",
        summary: "How many asset files the project has; several give several tables. [default: 10]",
        isRepeatable: true)
    private static let size = Option(
        name: "size", valueName: "MB", summary: "How large all assets are together. [default: 10 KB each]")
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How many saves of each kind, and how many starts.", defaultValue: "20")
    private static let pause = Option(
        name: "pause", valueName: "MS", summary: "How long after a save the next one comes.", defaultValue: "200")
    static let hippoDev = Option(
        name: "hippo-dev", valueName: "FILE", summary: "The program to measure, instead of the one beside this.")

    static let command = Command(
        name: "save",
        summary: "Time from save to served, and from start to first answer.",
        discussion: """
            Makes a project of a handler in WAT and asset files, and runs `hippo-dev up` on it. A save is timed from the \
            return of the write to the end of the first response with the new content, which is asked for at once and, \
            while the old one comes, again; a start from the launch to the first 200, on a project that was built before.
            """,
        options: [files, size, repetitions, pause, hippoDev],
        action: run
    )

    static func number(_ option: Option, _ text: String?, atLeast least: Int = 1) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= least else {
            throw UsageError("--\(option.name) wants a whole number, at least \(least)")
        }
        return number
    }

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let counts = try arguments.values(of: files).compactMap { try number(files, $0) }
        let megabytes = try number(size, arguments[size])
        let repetitions = try number(repetitions, arguments[repetitions]) ?? 20
        let pause = try number(pause, arguments[pause], atLeast: 0) ?? 200
        let program = arguments[hippoDev] ?? Programs.besideThisProgram("hippo-dev")
        for count in counts.isEmpty ? [10] : counts {
            let byteCount = megabytes.map { $0 << 20 } ?? count * 10_000
            try measure(program, count, byteCount, repetitions, pause: .milliseconds(pause))
        }
        return .success
    }

    private static func measure(
        _ program: String, _ fileCount: Int, _ byteCount: Int, _ repetitions: Int, pause: Duration
    ) throws {
        let project = try GeneratedProject(fileCount: fileCount, byteCount: byteCount)
        defer { project.remove() }
        print("\(fileCount) files, \(byteCount >> 20) MB together, \(repetitions) times, milliseconds")
        print("                                          median    90 %    99 %    most")
        try RunningSandbox(hippoDev: program, project: project.directory, path: "hello").stop()
        var starts: [Double] = []
        for _ in 0..<repetitions {
            let sandbox = try RunningSandbox(hippoDev: program, project: project.directory, path: "hello")
            starts.append(sandbox.millisecondsToFirstAnswer)
            sandbox.stop()
        }
        show("start to first 200", starts)

        let sandbox = try RunningSandbox(hippoDev: program, project: project.directory, path: "hello")
        defer { sandbox.stop() }
        for keepsAlive in [true, false] {
            var configuration = ClientConfiguration()
            if !keepsAlive { configuration.maximumIdlePerHost = 0 }
            let client = Client(configuration: configuration)
            let connection = keepsAlive ? "kept-alive" : "new connection"
            var (assets, handlers): ([Double], [Double]) = ([], [])
            for number in 0..<repetitions {
                let text = "saved \(number) \(UUID().uuidString)"
                assets.append(
                    try time(sandbox, client, "files/0.txt", until: text, after: pause) { try project.saveAsset(text) })
                let greeting = "saved \(keepsAlive ? "a" : "b")\(number)"
                handlers.append(
                    try time(sandbox, client, "hello", until: greeting + "\n", after: pause) {
                        try project.saveHandler(greeting: greeting)
                    })
            }
            show("static file, \(connection)", assets)
            show("handler in WAT, \(connection)", handlers)
        }
    }

    private static func show(_ what: String, _ samples: [Double]) {
        let name = what.padding(toLength: 40, withPad: " ", startingAt: 0)
        print(
            name
                + String(
                    format: "%8.1f%8.1f%8.1f%8.1f", samples.median, samples.percentile(0.9), samples.percentile(0.99),
                    samples.max() ?? 0))
    }

    private static func time(
        _ sandbox: RunningSandbox, _ client: Client, _ path: String, until expected: String, after pause: Duration,
        saving: () throws -> Void
    ) throws -> Double {
        // What the save before set off is over by then.
        usleep(UInt32(pause / .microseconds(1)))
        let bytes = Array(expected.utf8)
        try saving()
        let saved = ContinuousClock.now
        while try sandbox.body(of: path, client) != bytes {
            guard ContinuousClock.now - saved < .seconds(10) else {
                throw RunningSandbox.Failure(description: "\(path) was saved, and is not served after 10 seconds")
            }
        }
        return (ContinuousClock.now - saved) / .milliseconds(1)
    }
}
