import Synchronization
import Testing

/// The sums over all scripts.
final class Totals: Sendable {
    static let shared = Totals()

    private struct Sums {
        var scripts = 0
        var passed = 0
        var failed = 0
    }

    private let sums = Mutex(Sums())

    func add(_ report: ScriptReport) {
        sums.withLock { sums in
            sums.scripts += 1
            sums.passed += report.passed
            sums.failed += report.failures.count
        }
    }

    var line: String {
        sums.withLock { sums in
            "Specification suite: \(sums.scripts) scripts; assertions: \(sums.passed) passed, \(sums.failed) failed"
        }
    }
}

/// Prints the totals when the suite has run.
struct TotalsTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await function()
        print(Totals.shared.line)
    }
}

extension SuiteTrait where Self == TotalsTrait {
    static var reportingTotals: Self { TotalsTrait() }
}
