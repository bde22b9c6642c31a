import SandboxProtocol
import TestSupport
import Testing

@testable import Sandbox

/// What pages show of a failure.
struct ProblemTests {
    private static func problem(line: Int?, of text: String, message: String = "No.\n    x\n    ^") throws
        -> ProjectStatus.Problem
    {
        let directory = try TemporaryDirectory()
        try directory.write(text, to: "source/a.wat")
        let failure = Failure(stage: .launch, message: message, file: "source/a.wat", line: line, column: 1)
        return failure.problem(inProject: directory.path)
    }

    @Test("The lines around the place take the terminals excerpts place")
    func theLinesAroundThePlaceTakeTheTerminalsExcerptsPlace() throws {
        let text = (1...9).map { "line \($0)\r\n" }.joined()
        let problem = try Self.problem(line: 5, of: text)
        #expect(problem.message == "No.")
        #expect(problem.excerpt == (2...8).map { .init(number: $0, text: "line \($0)") })
        #expect(try Self.problem(line: 1, of: text).excerpt.map(\.number) == [1, 2, 3, 4])
        #expect(try Self.problem(line: 9, of: text).excerpt.map(\.number) == [6, 7, 8, 9])
        // An error at the end of the text stands behind its last line.
        #expect(try Self.problem(line: 10, of: text).excerpt.map(\.number) == [7, 8, 9, 10])
    }

    @Test("Without such lines the message stays whole") func withoutSuchLinesTheMessageStaysWhole() throws {
        for (line, text) in [(nil, "x"), (7, "x"), (0, "x"), (1, "\0asm")] as [(Int?, String)] {
            let problem = try Self.problem(line: line, of: text)
            #expect(problem.excerpt.isEmpty)
            #expect(problem.message == "No.\n    x\n    ^")
        }
    }

    @Test("What is long is cut") func whatIsLongIsCut() throws {
        let problem = try Self.problem(
            line: 1, of: String(repeating: "x", count: 10_000), message: String(repeating: "m", count: 50_000))
        #expect(problem.excerpt.first?.text.count == 400)
        #expect(problem.message.count == 32_000)
    }
}
