import Synchronization
import Testing

/// The sums over all scripts.
final class Totals: Sendable {
    static let shared = Totals()

    private struct Sums {
        var scripts = 0
        var passed = 0
        var failed = 0
        var unsupported: [String: Int] = [:]
    }

    private let sums = Mutex(Sums())

    func add(_ report: ScriptReport) {
        sums.withLock { sums in
            sums.scripts += 1
            sums.passed += report.passed
            sums.failed += report.failures.count
            sums.unsupported.merge(report.unsupported, uniquingKeysWith: +)
        }
    }

    var line: String {
        sums.withLock { sums in
            let gaps = sums.unsupported.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            let list = gaps.isEmpty ? "" : " (\(gaps.joined(separator: ", ")))"
            return "Specification suite: \(sums.scripts) scripts; assertions: \(sums.passed) passed, "
                + "\(sums.failed) failed, \(sums.unsupported.values.reduce(0, +)) not yet supported\(list)"
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
