import CommandLineInterface
import Foundation
import HTTP

/// What requests to a handler cost, and whether they leave memory behind.
enum RequestBenchmark {
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How many requests, in order.", defaultValue: "1000")

    static let command = Command(
        name: "requests",
        summary: "Time requests to a handler, and the memory that they leave taken.",
        discussion: """
            Builds a handler of about 100 KB from C, serves it with `hippo-dev wagi`, sends requests one after the other, \
            and shows the memory of the process after a tenth of them and after all.
            """,
        options: [repetitions, SaveBenchmark.program],
        action: run
    )

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let repetitions = try SaveBenchmark.number(repetitions, arguments[repetitions]) ?? 1000
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("requests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let module = try Guest.page(into: directory)
        let modules = directory.appendingPathComponent("modules.toml")
        try "[[module]]\nroute = \"/page\"\nmodule = \"\(module.path)\"\n".write(
            to: modules, atomically: true, encoding: .utf8)

        let address = try ListeningSocket(binding: .loopback(port: 0)).address
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: arguments[SaveBenchmark.program] ?? Programs.besideThisProgram("hippo-dev"))
        process.arguments = ["wagi", "-c", modules.path, "--listen", "\(address)"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let url = try HTTPURL("http://\(address)/page")
        let client = Client()
        try waitForAnswer(url, client, process)

        var samples: [Double] = []
        let tenth = max(1, repetitions / 10)
        for number in 1...repetitions {
            let start = ContinuousClock.now
            let response = try client.send(ClientRequest(.get, url))
            guard response.status == .ok else {
                throw RunningSandbox.Failure(description: "\(url) answers \(response.status.code)")
            }
            _ = try response.readAll(limit: 1 << 20)
            samples.append((ContinuousClock.now - start) / .microseconds(1))
            if number == tenth || number == repetitions {
                let megabytes = Double(ResidentMemory.privateBytes(of: process.processIdentifier)) / 1e6
                print(String(format: "memory after %6d requests: %.2f MB", number, megabytes))
            }
        }
        print(
            String(
                format: "a request: median %.0f µs, 99th percentile %.0f µs", samples.median,
                samples.percentile(0.99)))
        return .success
    }

    private static func waitForAnswer(_ url: HTTPURL, _ client: Client, _ process: Process) throws {
        for _ in 0..<500 where process.isRunning {
            if let response = try? client.send(ClientRequest(.get, url)) {
                _ = try response.readAll(limit: 1 << 20)
                return
            }
            usleep(10_000)
        }
        throw RunningSandbox.Failure(description: "hippo-dev wagi does not answer at \(url)")
    }
}
