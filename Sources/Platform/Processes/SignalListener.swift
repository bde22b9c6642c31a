/// Waits for the signals that ask a process to end.
package enum SignalListener {
    /// Calls `onSignal`, on a thread of its own, with the name of the first SIGINT, SIGTERM or SIGHUP from now on. The
    /// second one ends the process at once, with 128 and the signal's number as its status: whoever sends it does not want
    /// to wait. One that follows within 100 ms is the first one once more: a terminal sends it to all of a group, in which
    /// npm and make pass on what they get, and timeout sends it twice. Writing to a closed pipe is an error from now on, and no signal.
    ///
    /// To be called before any other thread is started, since threads inherit what is blocked.
    ///
    /// - Parameter terminalMode: what enters a mode of the terminal and leaves it again, if the process has one of its
    ///   own: SIGTSTP and SIGQUIT leave it before they do what they do, and SIGCONT enters it again.
    package static func start(
        terminalMode: (enter: @Sendable () -> Void, leave: @Sendable () -> Void)? = nil,
        _ onSignal: @escaping @Sendable (String) -> Void
    ) {
        signal(SIGPIPE, SIG_IGN)
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] + (terminalMode == nil ? [] : [SIGTSTP, SIGCONT, SIGQUIT]) {
            sigaddset(&signals, number)
        }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let blocked = signals
        SystemThread.detach(name: "signals", stackSize: 256 << 10) {
            var blocked = blocked
            var first: ContinuousClock.Instant?
            while true {
                var number: Int32 = 0
                guard sigwait(&blocked, &number) == 0 else { continue }
                switch number {
                case SIGINT, SIGHUP, SIGTERM:
                    if let first {
                        guard .now - first >= repetition else { continue }
                        terminalMode?.leave()
                        _exit(128 + number)
                    }
                    first = .now
                    onSignal(
                        number == SIGINT ? "interrupted" : number == SIGTERM ? "terminated" : "the terminal was closed")
                case SIGCONT: terminalMode?.enter()
                case SIGTSTP:
                    terminalMode?.leave()
                    kill(getpid(), SIGSTOP)
                default:
                    terminalMode?.leave()
                    end(by: number)
                }
            }
        }
    }

    /// How long signals that follow the first one mean the same.
    private static let repetition = Duration.milliseconds(100)

    /// Does what the signal does to a process that does not handle it.
    private static func end(by number: Int32) {
        signal(number, SIG_DFL)
        var only = sigset_t()
        sigemptyset(&only)
        sigaddset(&only, number)
        pthread_sigmask(SIG_UNBLOCK, &only, nil)
        raise(number)
    }
}
