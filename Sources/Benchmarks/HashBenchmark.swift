import Bindle
import CommandLineInterface
import Foundation

/// The speed of SHA-256, which bounds the first start of a project.
enum HashBenchmark {
    private static let size = Option(
        name: "size", valueName: "MIB", summary: "The size of the file.", defaultValue: "1024")
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How often each is measured.", defaultValue: "5")

    static let command = Command(
        name: "hash",
        summary: "Time SHA-256 of a file beside sha256sum of coreutils.",
        discussion: """
            Makes a file, reads it once so that it is in the page cache, then times our implementations on as many bytes in \
            memory, ours on the file, and sha256sum on the file, each the fastest of some runs.
            """,
        options: [size, repetitions],
        action: run
    )

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        guard let size = arguments[size].flatMap({ Int($0) }), (1...65_536).contains(size),
            let repetitions = arguments[repetitions].flatMap({ Int($0) }), repetitions > 0
        else { throw UsageError("--size wants 1 to 65536, --repeat a whole number above 0") }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("hash-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("content").path

        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* index >> 7) }
        FileManager.default.createFile(atPath: file, contents: nil)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        for _ in 0..<size { try handle.write(contentsOf: bytes) }
        try handle.close()

        func report(_ name: String, _ body: () throws -> Void) rethrows {
            let clock = ContinuousClock()
            var best = Duration.seconds(1 << 30)
            for _ in 0..<repetitions { best = min(best, try clock.measure { try body() }) }
            let rate = Double(size) / (best / .seconds(1))
            print(String(format: "%-24@ %8.0f MiB/s", name as NSString, rate))
        }
        for implementation in SHA256.Implementation.allCases where implementation.isAvailable {
            report("\(implementation), memory") {
                var hash = SHA256(by: implementation)
                for _ in 0..<size { hash.update(bytes) }
                _ = hash.finalize()
            }
        }
        // Read once, so that it is in the page cache.
        _ = try SHA256.hash(fileAt: file)
        try report("file") { _ = try SHA256.hash(fileAt: file) }
        try report("sha256sum") {
            let result = try TimedProcess.run("sha256sum", [file])
            guard result.exitCode == 0 else { throw UsageError("sha256sum failed: \(result.standardError)") }
        }
        return .success
    }
}
