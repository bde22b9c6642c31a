import Foundation

/// Asks again, every few milliseconds, until the answer is yes.
/// - Parameter timeout: How long to ask at most. It is reached only where the test fails: give slow machines time.
/// - Returns: Whether the answer was yes in time: `#expect(eventually { … })`.
package func eventually(
    within timeout: Duration = .seconds(120), _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = ContinuousClock.now + timeout
    while true {
        if try condition() { return true }
        if ContinuousClock.now > deadline { return false }
        usleep(2_000)
    }
}

/// Looks again, every few milliseconds, until there is a value, and lets others work meanwhile.
/// - Parameter timeout: How long to look at most. A task that has its turn late looks once more.
/// - Returns: The value; `nil` if there was none in time: `try #require(await found { … })`.
package func found<Value>(
    within timeout: Duration = .seconds(120), _ look: () throws -> Value?
) async throws -> Value? {
    let deadline = ContinuousClock.now + timeout
    while true {
        let isLast = ContinuousClock.now > deadline
        if let value = try look() { return value }
        if isLast { return nil }
        try await Task.sleep(for: .milliseconds(2))
    }
}
