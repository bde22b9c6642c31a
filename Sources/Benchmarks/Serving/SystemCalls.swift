import Foundation

/// How many system calls a server makes.
enum SystemCalls {
    /// Counts the calls of `processes` and all their threads while `body` runs; `nil` without `perf` and `strace`.
    static func count(of processes: [Int32], while body: () throws -> Void) throws -> Int? {
        if let perf = Programs.find("perf"), let count = try count(perf: perf, processes, body) { return count }
        if let strace = Programs.find("strace") { return try count(strace: strace, processes, body) }
        return nil
    }

    private static func count(perf: String, _ processes: [Int32], _ body: () throws -> Void) throws -> Int? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: perf)
        process.arguments = [
            "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", processes.map(String.init).joined(separator: ","),
        ]
        let text = try run(process, body)
        guard let line = text.split(separator: "\n").last(where: { $0.contains("sys_enter") }) else { return nil }
        return line.split(separator: ",").first.flatMap { Int($0) }
    }

    private static func count(strace: String, _ processes: [Int32], _ body: () throws -> Void) throws -> Int? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: strace)
        process.arguments = ["-f", "-c", "-qq"] + processes.flatMap { ["-p", String($0)] }
        let text = try run(process, body)
        guard let line = text.split(separator: "\n").last(where: { $0.hasSuffix(" total") }) else { return nil }
        let words = line.split(whereSeparator: \.isWhitespace)
        return words.count > 3 ? Int(words[3]) : nil
    }

    /// What the program, which ends at an interrupt, has told in the end.
    private static func run(_ process: Process, _ body: () throws -> Void) throws -> String {
        let output = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = output
        try process.run()
        // It takes a moment to attach to all threads.
        usleep(200_000)
        defer { process.waitUntilExit() }
        do {
            defer { process.interrupt() }
            try body()
        }
        return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}
