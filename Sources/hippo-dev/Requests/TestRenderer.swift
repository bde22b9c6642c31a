import AppTesting
import Platform

/// Results of tests, for people.
struct TestRenderer {
    let usesStyles: Bool

    /// A file's tests, one line each, and below those that have failed what was not as expected.
    func lines(of result: FileResult) -> [String] {
        var lines = [result.file]
        for test in result.tests {
            let time = dim("(\(Quantity.milliseconds(test.duration)) ms)")
            switch test.outcome {
            case .passed: lines.append("  \(green("✓")) \(test.name) \(time)")
            case .skipped(let reason):
                lines.append("  \(red("- \(test.name)")) \(dim("\(test.file):\(test.line)"))")
                lines.append("      not run: \(reason)")
            case .failed(let mismatches):
                lines.append("  \(red("✗ \(test.name)")) \(time) \(dim("\(test.file):\(test.line)"))")
                for mismatch in mismatches { lines += self.lines(of: mismatch) }
            }
        }
        return lines
    }

    private func lines(of mismatch: Mismatch) -> [String] {
        guard mismatch.isDifference else {
            return ["      \(mismatch.part): \(mismatch.lines.first ?? "")"]
                + mismatch.lines.dropFirst().map { $0.isEmpty ? "" : "        \($0)" }
        }
        return ["      \(mismatch.part): \(red("- expected")), \(green("+ got"))"]
            + mismatch.lines.map { line in
                let text = "        \(line)"
                return switch line.prefix(2) {
                case "- ": red(text)
                case "+ ": green(text)
                default: text
                }
            }
    }

    /// How many tests have passed and failed.
    func summary(of results: [FileResult], took duration: Duration) -> String {
        let tests = results.flatMap(\.tests)
        let failed = tests.count { if case .failed = $0.outcome { true } else { false } }
        let skipped = tests.count { if case .skipped = $0.outcome { true } else { false } }
        let passed = tests.count - failed - skipped
        var parts = [passed > 0 ? green("\(passed) passed") : "0 passed"]
        if failed > 0 { parts.append(red("\(failed) failed")) }
        if skipped > 0 { parts.append("\(skipped) not run") }
        let files = Quantity.count(results.count { !$0.tests.isEmpty }, "file")
        return "\(parts.joined(separator: ", ")) in \(files) (\(Quantity.milliseconds(duration)) ms)"
    }

    private func green(_ text: String) -> String { styled(text, "32") }
    private func red(_ text: String) -> String { styled(text, "31") }
    private func dim(_ text: String) -> String { styled(text, "2") }

    private func styled(_ text: String, _ code: String) -> String {
        usesStyles ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
