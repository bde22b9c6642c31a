import Foundation

/// What one run of a program took.
struct TimedProcess {
    /// From the start of the launch to the end of the process.
    let milliseconds: Double
    /// The most memory that was resident at once, in bytes.
    let peakMemory: Int
    let exitCode: Int32
    let standardError: String

    struct LaunchFailure: Error, CustomStringConvertible {
        let program: String
        let reason: String
        var description: String { "cannot start \(program): \(reason)" }
    }

    /// Runs `program` with an empty standard input; its standard output is thrown away.
    static func run(_ program: String, _ arguments: [String]) throws -> TimedProcess {
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent("benchmark-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: errors) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errors.path, O_WRONLY | O_CREAT, 0o600)

        var argumentPointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { argumentPointers.forEach { free($0) } }

        var process = pid_t()
        let start = ContinuousClock.now
        let failure = posix_spawnp(&process, program, &actions, nil, &argumentPointers, environ)
        guard failure == 0 else {
            throw LaunchFailure(program: program, reason: String(cString: strerror(failure)))
        }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) == -1 && errno == EINTR {}
        let duration = ContinuousClock.now - start

        let signal = status & 0x7f
        return TimedProcess(
            milliseconds: duration / .milliseconds(1),
            peakMemory: usage.ru_maxrss * 1024,
            exitCode: signal == 0 ? (status >> 8) & 0xff : 128 + signal,
            standardError: (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
    }
}
