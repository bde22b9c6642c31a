import Platform

/// How often a request that failed for a reason that passes is sent again, and when.
package struct BlobRetry: Hashable, Sendable {
    /// How often it is sent at most; at least 1.
    package var attempts: Int
    /// What is waited before the second attempt; twice as long before each further one.
    package var firstDelay: Duration
    /// Longer is not waited, whatever the service asks for (`Retry-After`).
    package var longestDelay = Duration.seconds(20)

    package init(attempts: Int = 4, firstDelay: Duration = .milliseconds(200)) {
        self.attempts = attempts
        self.firstDelay = firstDelay
    }

    /// What is waited after a number of attempts that have failed.
    /// - Parameter asked: What the service asks for.
    func delay(after attempts: Int, asked: Duration?) -> Duration {
        min(max(firstDelay * (1 << min(attempts - 1, 10)), asked ?? .zero), longestDelay)
    }
}
