/// How one test came out.
package struct TestResult: Sendable {
    package enum Outcome: Hashable, Sendable {
        case passed
        case failed([Mismatch])
        /// It was not run, because a value that it needs was not captured.
        case skipped(String)
    }

    package let name: String
    /// The file, and the line at which the test begins.
    package let file: String
    package let line: Int
    package let outcome: Outcome
    package let duration: Duration
}

/// How a file's tests came out.
package struct FileResult: Sendable {
    package let file: String
    package let tests: [TestResult]

    /// Whether a test failed, or could not be run because another one had.
    package var hasFailed: Bool { tests.contains { $0.outcome != .passed } }
}
