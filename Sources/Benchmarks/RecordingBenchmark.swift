import CommandLineInterface
import Foundation
import SandboxProtocol

/// What it costs to write down what a request and its response were.
enum RecordingBenchmark {
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How often each is measured.", defaultValue: "5")

    static let command = Command(
        name: "recordings",
        summary: "Time the writing of recordings, as a WAGI process does it for each request.",
        discussion: """
            Without a server: of a request for a file, with a few hundred bytes of heads, and of one for a handler, with 900 \
            bytes of environment besides. The fastest of some runs, in processor time.
            """,
        options: [repetitions],
        action: run
    )

    private static let count = 300_000

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        guard let repetitions = arguments[repetitions].flatMap({ Int($0) }), repetitions > 0 else {
            throw UsageError("--repeat wants a whole number above 0")
        }
        let writer = RecordingWriter(try RecordingMemory())
        for (name, hasRun) in [("file", false), ("handler", true)] {
            let best = (0..<repetitions).map { _ in write(hasRun, writer) }.min() ?? 0
            print(String(format: "%-10@ %6.0f ns", name as NSString, best))
        }
        return .success
    }

    /// Nanoseconds of processor time for each recording.
    private static func write(_ hasRun: Bool, _ writer: RecordingWriter) -> Double {
        let head = [UInt8](repeating: 0x61, count: 260)
        let fields = [UInt8](repeating: 0x62, count: 60)
        let environment = [UInt8](repeating: 0x63, count: 900)
        let body = Array("hello".utf8)
        let start = clock()
        for number in 0..<count {
            let handler =
                hasRun
                ? RecordingWriter.Handler(
                    route: "/hello", module: "hello.wasm", function: "_start", environment: environment,
                    arguments: ["/hello"]) : nil
            let contents = RecordingWriter.Contents(
                number: UInt64(number), revision: 1, queue: 3000, instantiate: 4000, run: 9000, method: "GET",
                target: "/files/10k.txt", fieldByteCount: fields.count, responseHead: head,
                responseBody: hasRun ? .init(body[...], total: body.count) : .init(), handler: handler)
            _ = writer.write(contents) { $0.copyBytes(from: fields) }
        }
        return Double(clock() - start) * 1e9 / Double(CLOCKS_PER_SEC) / Double(count)
    }
}
