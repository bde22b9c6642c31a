import Foundation

/// Asks again, every few milliseconds, until the answer is yes.
/// - Parameter timeout: How long to ask at most. It is reached only where the test fails: give slow machines time.
/// - Returns: Whether the answer was yes in time: `#expect(eventually { … })`.
package func eventually(
    within timeout: Duration = .seconds(30), _ condition: () throws -> Bool
) rethrows -> Bool {
    let deadline = ContinuousClock.now + timeout
    while true {
        if try condition() { return true }
        if ContinuousClock.now > deadline { return false }
        usleep(2_000)
    }
}
