import CLinux
import Platform

/// The process between the sandbox and a build command, which sees to it that nothing of a build outlives it: what the
/// command has started is killed when the command ends, when the build is cancelled, and when the sandbox is gone, even
/// if it has left the command's process group and session.
///
/// It makes itself the parent of all orphans among its descendants, so that none can leave its sight.
///
/// See Builds.md in Sandbox.docc.
package enum BuildRunner {
    /// The descriptor on which the runner waits: the sandbox holds the other end, and never writes to it.
    static let lifeline: Int32 = 3

    /// Runs a command by the shell, and ends this process as the command ends.
    package static func run(_ command: String) -> Never {
        _ = clinux_become_subreaper(1)
        _ = fcntl(lifeline, F_SETFD, FD_CLOEXEC)
        let child: ChildProcess
        do {
            child = try ChildProcess.spawn(
                executable: "/bin/sh", arguments: ["-c", command],
                environment: ProcessEnvironment.all.map { ($0.key, $0.value) },
                descriptors: [(0, 0), (1, 1), (2, 2)])
        } catch {
            StandardError.tell("\(error)")
            exit(127)
        }
        SystemThread.detach {
            var byte: UInt8 = 0
            while read(lifeline, &byte, 1) < 0 && errno == EINTR {}
            killDescendants()
            _exit(1)
        }
        let exit = child.waitForExit()
        killDescendants()
        end(like: exit)
    }

    private static func end(like end: ChildProcess.Exit) -> Never {
        switch end {
        case .exited(let code): _exit(code)
        case .killed(let signal):
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            Glibc.signal(signal, SIG_DFL)
            kill(getpid(), signal)
            _exit(128 + signal)
        }
    }

    /// Kills all descendants, and what they start meanwhile, until there is none.
    private static func killDescendants() {
        while true {
            var status: Int32 = 0
            while waitpid(-1, &status, WNOHANG) > 0 {}
            // Mostly there is nobody left, and nothing to look for.
            if waitpid(-1, &status, WNOHANG) < 0 && errno == ECHILD { return }
            for descendant in descendants(of: getpid()) { kill(descendant, SIGKILL) }
            usleep(500)
        }
    }

    private static func descendants(of ancestor: pid_t) -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        for name in (try? Directories.names(in: "/proc")) ?? [] {
            guard let id = pid_t(name), let text = try? FileReader.text(of: "/proc/\(id)/stat", limit: 1 << 16),
                // The name of the program, in parentheses, may have any character.
                let end = text.lastIndex(of: ")")
            else { continue }
            let fields = text[end...].split(separator: " ")
            if fields.count > 2, let parent = pid_t(fields[2]) { children[parent, default: []].append(id) }
        }
        var found = children[ancestor] ?? []
        var place = 0
        while place < found.count {
            found += children[found[place]] ?? []
            place += 1
        }
        return found
    }
}
