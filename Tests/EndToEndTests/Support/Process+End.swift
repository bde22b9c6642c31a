import Foundation

extension Process {
    /// Waits until the process has ended, and gives its status.
    ///
    /// - Throws: if it has not ended in `SandboxProcess.patience`. Its status must not be asked for then: Foundation ends
    ///   the whole program for that.
    func end(_ told: () -> SandboxProcess.Timeout = { .init(expectation: "end", events: [], errors: "") }) async throws
        -> Int32
    {
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while isRunning {
            // This task may not have had its turn for a while: the process is looked at once more.
            guard ContinuousClock.now < deadline || !isRunning else { throw told() }
            try await Task.sleep(for: .milliseconds(2))
        }
        return terminationStatus
    }
}
