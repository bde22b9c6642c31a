import CommandLineInterface
import Foundation

/// How long it takes from a save until the app answers with what was saved, and from the start to the first answer.
enum SaveBenchmark {
    private static let files = Option(
        name: "files", valueName: "N", summary: "How many asset files the project has; each has 10 KB.", defaultValue: "10")
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How many saves and how many starts.", defaultValue: "20")
    private static let hippoDev = Option(
        name: "hippo-dev", valueName: "FILE", summary: "The program to measure, instead of the one beside this.")

    static let command = Command(
        name: "save",
        summary: "Time from save to served, and from start to first answer.",
        discussion: """
            Makes a project of a handler in WAT and asset files, and runs `hippo-dev up` on it. A save is timed from the \
            return of the write to the first response with the new content, polled every millisecond; a start from the \
            launch to the first 200, on a project that was built before.
            """,
        options: [files, repetitions, hippoDev],
        action: run
    )

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        guard let fileCount = arguments[files].flatMap({ Int($0) }), fileCount > 0 else {
            throw UsageError("--files wants a whole number above 0")
        }
        guard let repetitions = arguments[repetitions].flatMap({ Int($0) }), repetitions > 0 else {
            throw UsageError("--repeat wants a whole number above 0")
        }
        let program = arguments[hippoDev] ?? Programs.besideThisProgram("hippo-dev")
        let project = FileManager.default.temporaryDirectory.appendingPathComponent("project-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: project) }
        try makeProject(at: project, fileCount: fileCount)

        try RunningSandbox(hippoDev: program, project: project, path: "hello").stop()
        var starts: [Double] = []
        for _ in 0..<repetitions {
            let sandbox = try RunningSandbox(hippoDev: program, project: project, path: "hello")
            starts.append(sandbox.millisecondsToFirstAnswer)
            sandbox.stop()
        }
        show("start to first 200", starts)

        let sandbox = try RunningSandbox(hippoDev: program, project: project, path: "hello")
        defer { sandbox.stop() }
        try show(
            "static file, save to served",
            (0..<repetitions).map { try saveAsset(number: $0, project: project, sandbox: sandbox) })
        try show(
            "handler in WAT, save to served",
            (0..<repetitions).map { try saveHandler(number: $0, project: project, sandbox: sandbox) })
        return .success
    }

    private static func show(_ what: String, _ samples: [Double]) {
        print(
            String(
                format: "%@: median %.1f ms, 99th percentile %.1f ms, least %.1f ms, most %.1f ms (%d)",
                what, samples.median, samples.percentile(0.99), samples.min() ?? 0, samples.max() ?? 0, samples.count))
    }

    private static func saveAsset(number: Int, project: URL, sandbox: RunningSandbox) throws -> Double {
        let content = "saved \(number) \(UUID().uuidString)"
        return try time(
            saving: content, to: project.appendingPathComponent("files/0.txt"), until: content, at: "files/0.txt", in: sandbox)
    }

    private static func saveHandler(number: Int, project: URL, sandbox: RunningSandbox) throws -> Double {
        let greeting = "saved \(number)"
        return try time(
            saving: handler(greeting: greeting), to: project.appendingPathComponent("hello.wat"),
            until: greeting + "\n", at: "hello", in: sandbox)
    }

    private static func time(
        saving content: String, to file: URL, until expected: String, at path: String, in sandbox: RunningSandbox
    ) throws -> Double {
        // What the previous save set off is over before the next one.
        usleep(200_000)
        let bytes = Array(expected.utf8)
        try Data(content.utf8).write(to: file)
        let saved = ContinuousClock.now
        while try sandbox.body(of: path) != bytes {
            guard ContinuousClock.now - saved < .seconds(10) else {
                throw RunningSandbox.Failure(description: "\(file.path) was saved, and is not served after 10 seconds")
            }
            usleep(1000)
        }
        return (ContinuousClock.now - saved) / .milliseconds(1)
    }

    private static func makeProject(at project: URL, fileCount: Int) throws {
        let files = project.appendingPathComponent("files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        for number in 0..<fileCount {
            let line = "file \(number), one of many that do not change\n"
            let text = String(repeating: line, count: 10_000 / line.utf8.count)
            try Data(text.utf8).write(to: files.appendingPathComponent("\(number).txt"))
        }
        try Data(handler(greeting: "hello").utf8).write(to: project.appendingPathComponent("hello.wat"))
        let hippofacts = """
            [bindle]
            name = "save-benchmark"
            version = "1.0.0"

            [[handler]]
            name = "hello.wat"
            route = "/hello"
            files = ["files/*"]
            """
        try Data(hippofacts.utf8).write(to: project.appendingPathComponent("HIPPOFACTS"))
    }

    /// A handler that answers with the greeting and a line end.
    private static func handler(greeting: String) -> String {
        let response = "content-type: text/plain\\n\\n\(greeting)\\n"
        let count = 26 + greeting.utf8.count + 1
        return """
            (module
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 16) "\(response)")
              (func (export "_start")
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const \(count)))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            """
    }
}
