import Foundation
import TestSupport
import Testing

/// Every script of the specification's test suite, one test each, so that a failure names its script.
@Suite("Specification", .enabled(if: TestData.isAvailable, "\(TestData.absence)"), .reportingTotals)
struct SpecificationTests {
    @Test("script", arguments: SpecificationScripts.paths)
    func script(path: String) throws {
        let text = [UInt8](try Data(contentsOf: SpecificationScripts.directory.appendingPathComponent(path)))
        let report = ScriptRunner.run(text, dialect: path.hasPrefix("threads/") ? .threads : .webAssembly3)
        Totals.shared.add(report)
        for failure in report.failures.prefix(20) {
            Issue.record("\(path):\(failure.line): \(failure.message)")
        }
        if report.failures.count > 20 { Issue.record("\(path): and \(report.failures.count - 20) more") }
    }

    @Test("the suite is complete")
    func completeness() {
        #expect(SpecificationScripts.paths.count == 265)
    }
}

/// Where the scripts are.
enum SpecificationScripts {
    static var directory: URL { (TestData.directory ?? URL(fileURLWithPath: "/")).appendingPathComponent("spec") }

    /// Relative to the directory.
    static let paths: [String] = {
        let all = try? FileManager.default.subpathsOfDirectory(atPath: directory.path)
        return (all ?? []).filter { $0.hasSuffix(".wast") }.sorted()
    }()
}
