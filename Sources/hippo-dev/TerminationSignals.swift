import Foundation

/// SIGINT and SIGTERM, held back so that one thread can wait for them and end the process in order.
struct TerminationSignals {
    private var signals = sigset_t()

    /// Holds the signals back in this thread and those that it starts from now on.
    init() {
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits for one of the signals. They are let through again afterwards, so that a second one ends the process.
    func wait() {
        var signals = signals
        var received: Int32 = 0
        _ = sigwait(&signals, &received)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
