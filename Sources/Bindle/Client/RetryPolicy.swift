import Platform

/// How often a request that failed for a reason that passes is sent again, and when.
package struct RetryPolicy: Hashable, Sendable {
    /// How often it is sent at most; at least 1.
    package var attempts: Int
    /// What is waited before the second attempt; twice as long before each further one.
    package var firstDelay: Duration
    /// Whether a server that cannot be connected to is tried again.
    package var includesConnecting = true
    /// Longer is not waited, whatever the server asks for.
    package static let longestDelay = Duration.seconds(30)

    package init(attempts: Int, firstDelay: Duration = .milliseconds(250)) {
        self.attempts = attempts
        self.firstDelay = firstDelay
    }

    /// The first failure is final.
    package static let none = RetryPolicy(attempts: 1)
    /// For a server at the other end of a network: some eight seconds in all.
    package static let patient = RetryPolicy(attempts: 6)

    func covers(_ error: BindleClientError) -> Bool {
        if case .transport(_, let error) = error, case .cannotConnect = error.reason { return includesConnecting }
        return error.isTransient
    }

    /// Waits after a failed attempt.
    func wait(before attempt: Int, asked: Duration?) {
        let delay = min(max(firstDelay * (1 << min(attempt - 1, 10)), asked ?? .zero), Self.longestDelay)
        // Clients that failed together should not come back together.
        usleep(UInt32(clamping: Int(delay / .microseconds(1) * .random(in: 0.8...1.2))))
    }
}
