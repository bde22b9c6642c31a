import CLinux

/// A process that this one has started, in a process group of its own.
///
/// It gets only the descriptors that are named, no blocked signals, and the default action for every signal.
package struct ChildProcess: Hashable, Sendable {
    /// How a process ended.
    package enum Exit: Hashable, Sendable, CustomStringConvertible {
        case exited(code: Int32)
        case killed(signal: Int32)

        package var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "killed by signal \(signal) (\(String(cString: strsignal(signal))))"
            }
        }

        /// The exit code that a shell has for it.
        package var shellCode: Int32 {
            switch self {
            case .exited(let code): code
            case .killed(let signal): 128 + signal
            }
        }
    }

    /// The process's number, and its group's.
    package let id: pid_t

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - name: what the program finds as its own name, if that is not its path.
    ///   - descriptors: what the child has open; each `source` of this process becomes `target` there.
    ///   - directory: the working directory; this process's own if it is `nil`.
    /// - Throws: "cannot start EXECUTABLE", with the reason.
    package static func spawn(
        executable: String,
        name: String? = nil,
        arguments: [String],
        environment: [(name: String, value: String)],
        directory: String? = nil,
        descriptors: [(source: Int32, target: Int32)]
    ) throws(SystemError) -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Copies above every target keep one action from closing another's source.
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        let lowest = (descriptors.map(\.target).max() ?? 0) + 1
        for (source, target) in descriptors {
            let copy = fcntl(source, F_DUPFD_CLOEXEC, lowest)
            guard copy >= 0 else { throw .last("cannot start", path: executable) }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, target)
        }
        if let directory { posix_spawn_file_actions_addchdir_np(&actions, directory) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        var allSignals = sigset_t()
        sigfillset(&allSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setsigdefault(&attributes, &allSignals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let argumentStrings = ([name ?? executable] + arguments).map { strdup($0) } + [nil]
        let environmentStrings = environment.map { strdup("\($0.name)=\($0.value)") } + [nil]
        defer { for string in argumentStrings + environmentStrings { free(string) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, executable, &actions, &attributes, argumentStrings, environmentStrings)
        guard code == 0 else { throw SystemError(operation: "cannot start", code: code, path: executable) }
        return ChildProcess(id: id)
    }

    /// Sends a signal to the process and all that are in its group. To be called before `waitForExit` returns only: the
    /// number may belong to another process afterwards.
    package func signalGroup(_ signal: Int32) {
        kill(-id, signal)
    }

    /// Waits until the process has ended, but leaves its number taken, so that its group can still be signalled.
    package func waitForEnd() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
    }

    /// Waits until the process has ended, and gives its number back.
    package func waitForExit() -> Exit {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? .exited(code: (status >> 8) & 0xFF) : .killed(signal: signal)
    }
}
