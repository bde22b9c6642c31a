/// Results as XML, in the form that JUnit has made common.
package enum JUnitReport {
    package static func xml(_ results: [FileResult]) -> String {
        let tests = results.flatMap(\.tests)
        var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites\(counts(tests))>\n"
        for file in results where !file.tests.isEmpty {
            xml += "  <testsuite name=\"\(escaped(file.file))\"\(counts(file.tests))>\n"
            for test in file.tests { xml += element(test) }
            xml += "  </testsuite>\n"
        }
        return xml + "</testsuites>\n"
    }

    private static func counts(_ tests: [TestResult]) -> String {
        let failures = tests.count { if case .failed = $0.outcome { true } else { false } }
        let skipped = tests.count { if case .skipped = $0.outcome { true } else { false } }
        let time = tests.reduce(Duration.zero) { $0 + $1.duration }
        return " tests=\"\(tests.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\" "
            + "time=\"\(seconds(time))\""
    }

    private static func element(_ test: TestResult) -> String {
        let start =
            "    <testcase name=\"\(escaped(test.name))\" classname=\"\(escaped(test.file))\" "
            + "file=\"\(escaped(test.file))\" line=\"\(test.line)\" time=\"\(seconds(test.duration))\""
        switch test.outcome {
        case .passed: return start + "/>\n"
        case .skipped(let reason):
            return start + ">\n      <skipped message=\"\(escaped(reason))\"/>\n    </testcase>\n"
        case .failed(let mismatches):
            let text = mismatches.map { mismatch in
                mismatch.lines.count == 1 && !mismatch.isDifference
                    ? summary(of: mismatch) : (["\(mismatch.part):"] + mismatch.lines).joined(separator: "\n")
            }.joined(separator: "\n")
            let message = mismatches.map(summary).joined(separator: "; ")
            return start + ">\n      <failure message=\"\(escaped(message))\">\(escaped(text))</failure>\n"
                + "    </testcase>\n"
        }
    }

    /// A part and what is said of it in words.
    private static func summary(of mismatch: Mismatch) -> String {
        guard let line = mismatch.lines.first, !mismatch.isDifference else { return "\(mismatch.part) differs" }
        // A colon leads to the lines that follow.
        return "\(mismatch.part): \(line.last == ":" ? line.dropLast() : line[...])"
    }

    /// Seconds with three digits after the point.
    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int(duration / .milliseconds(1))
        let fraction = "\(milliseconds % 1000)"
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    /// The text with the characters replaced that XML does not take as they are; those that it takes in no form are
    /// replaced by U+FFFD.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            case "\r": result += "&#13;"
            case "\0"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
