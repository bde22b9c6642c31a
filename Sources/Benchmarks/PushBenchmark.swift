import CommandLineInterface
import Foundation
import Platform

/// How fast a project is pushed over loopback: many small files, one large one, and the same again when nothing and
/// when one file has changed; and how fast files are hashed beside `sha256sum`.
enum PushBenchmark {
    private static let files = Option(
        name: "files", valueName: "N", summary: "How many small files there are.", defaultValue: "10000")
    private static let size = Option(
        name: "size", valueName: "BYTES", summary: "The size of each.", defaultValue: "10240")
    private static let large = Option(
        name: "large", valueName: "BYTES", summary: "The size of the large file.", defaultValue: "1073741824")
    private static let connections = Option(
        name: "connections", valueName: "N", summary: "Connections that are pushed over.", defaultValue: "4")
    private static let hippoDev = Option(
        name: "hippo-dev", valueName: "FILE", summary: "The program to measure, instead of the one beside this.")

    static let command = Command(
        name: "push",
        summary: "Time pushing many small files and a large one, and hashing.",
        discussion: """
            Makes two projects in the temporary directory and pushes each to a strict server of its own over loopback, \
            in production mode; then again unchanged, and again with one file changed and another version. Peak memory \
            is that of the pushing process. Hashing is measured by 'hippo-dev check', which reads every file and keeps \
            nothing.
            """,
        options: [files, size, large, connections, hippoDev],
        action: run
    )

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        func number(_ option: Option) throws -> Int {
            guard let value = arguments[option].flatMap({ Int($0) }), value > 0 else {
                throw UsageError("--\(option.name) wants a whole number above 0")
            }
            return value
        }
        let program = arguments[hippoDev] ?? Programs.besideThisProgram("hippo-dev")
        let count = try number(files)
        let small = try number(size)
        let largeSize = try number(large)
        let connections = try number(connections)
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("push-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }

        print("| push | time | files/s | MB/s | peak memory |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for (name, count, size) in [
            ("\(count) files of \(small) bytes", count, small), ("1 file of \(largeSize) bytes", 1, largeSize),
        ] {
            let project = try Project(in: directory.appendingPathComponent(count == 1 ? "large" : "small"), count, size)
            let server = try StrictServer(program, store: directory.appendingPathComponent("\(count).sqlite"))
            defer { server.stop() }
            func push(_ what: String) throws {
                let run = try TimedProcess.run(
                    program,
                    [
                        "push", project.directory.path, "-v", "production", "-s", server.url, "--unsigned",
                        "--connections",
                        "\(connections)", "-q",
                    ])
                guard run.exitCode == 0 else { throw Failure(description: run.standardError) }
                let seconds = run.milliseconds / 1000
                let bytes = Double(count * size)
                print(
                    String(
                        format: "| %@, %@ | %.2f s | %.0f | %.0f | %.0f MB |", name, what, seconds,
                        Double(count) / seconds,
                        bytes / seconds / 1e6, Double(run.peakMemory) / 1e6))
            }
            try push("first")
            try push("unchanged")
            try project.change()
            try push("one changed")
            if count == 1 { try hash(project.directory.appendingPathComponent("files/0"), program) }
        }
        return .success
    }

    /// Hashing alone: `check` reads every file and sends none.
    private static func hash(_ file: URL, _ program: String) throws {
        let size = Double(try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int ?? 0)
        let project = file.deletingLastPathComponent().deletingLastPathComponent()
        // In the system's cache both times.
        _ = try TimedProcess.run("sha256sum", [file.path])
        var ours: [Double] = []
        var theirs: [Double] = []
        for _ in 0..<3 {
            theirs.append(try TimedProcess.run("sha256sum", [file.path]).milliseconds)
            ours.append(try TimedProcess.run(program, ["check", project.path]).milliseconds)
        }
        func rate(_ milliseconds: [Double]) -> String { String(format: "%.0f MB/s", size / milliseconds.median / 1e3) }
        print("\nhashing on one core: hippo-dev \(rate(ours)), sha256sum \(rate(theirs))")
        // As many files as there are cores, of the same content.
        let cores = ProcessInfo.processInfo.activeProcessorCount
        for number in 1..<max(2, cores) {
            try FileManager.default.linkItem(at: file, to: project.appendingPathComponent("files/copy\(number)"))
        }
        let all = try (0..<3).map { _ in try TimedProcess.run(program, ["check", project.path]).milliseconds }
        let total = size * Double(max(2, cores))
        print(String(format: "hashing on %d cores: hippo-dev %.0f MB/s", cores, total / all.median / 1e3))
    }

    /// A project of one small module and so many files of so many bytes, each file another's.
    private struct Project {
        let directory: URL
        private let size: Int

        init(in directory: URL, _ count: Int, _ size: Int) throws {
            self.directory = directory
            self.size = size
            let files = directory.appendingPathComponent("files")
            try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
            try Data("(module (func (export \"_start\")))".utf8).write(to: directory.appendingPathComponent("app.wat"))
            for number in 0..<count { try write(number, seed: UInt64(number) + 1) }
            try writeHippofacts(patch: 0)
        }

        /// Gives one file another content, and the bindle another version.
        func change() throws {
            try write(0, seed: .max / 3)
            try writeHippofacts(patch: 1)
        }

        private func writeHippofacts(patch: Int) throws {
            let text = """
                [bindle]
                name = "push"
                version = "1.0.\(patch)"

                [[handler]]
                name = "app.wat"
                route = "/"
                files = ["files/*"]
                """
            try Data(text.utf8).write(to: directory.appendingPathComponent("HIPPOFACTS"))
        }

        private func write(_ number: Int, seed: UInt64) throws {
            let path = directory.appendingPathComponent("files/\(number)").path
            guard FileManager.default.createFile(atPath: path, contents: nil),
                let file = FileHandle(forWritingAtPath: path)
            else { throw CocoaError(.fileWriteUnknown) }
            defer { try? file.close() }
            var state = seed
            var left = size
            while left > 0 {
                let words = (0..<(min(left, 1 << 20) + 7) / 8).map { _ -> UInt64 in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return state
                }
                let piece = words.withUnsafeBytes { Data($0.prefix(left)) }
                try file.write(contentsOf: piece)
                left -= piece.count
            }
        }
    }
}
