import Foundation

/// Waits for the signals that ask a process to end.
public enum SignalListener {
    /// Calls `onSignal`, on a thread of its own, with the name of each SIGINT, SIGTERM and SIGHUP from now on. Writing to
    /// a closed pipe is an error from now on, and no signal.
    ///
    /// To be called before any other thread is started, since threads inherit what is blocked.
    public static func start(_ onSignal: @escaping @Sendable (String) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let blocked = signals
        let thread = Thread {
            var blocked = blocked
            while true {
                var number: Int32 = 0
                guard sigwait(&blocked, &number) == 0 else { continue }
                switch number {
                case SIGINT: onSignal("interrupted")
                case SIGHUP: onSignal("the terminal was closed")
                default: onSignal("terminated")
                }
            }
        }
        thread.name = "signals"
        thread.start()
    }
}
