@testable import AppTesting
import Synchronization
import Testing

@Suite("A run of tests")
struct TestRunTests {
    /// An app that answers from a table, and remembers what it was asked.
    private final class Target: TestTarget {
        private let answers: [String: TestResponse]
        private let asked = Mutex<[String]>([])

        init(_ answers: [String: TestResponse]) { self.answers = answers }

        struct Unreachable: Error, CustomStringConvertible {
            let description = "the connection was closed"
        }

        var requests: [String] { asked.withLock { $0 } }

        func response(to request: TestRequest) throws -> TestResponse {
            let body = request.body.map { " " + String(decoding: $0, as: UTF8.self) } ?? ""
            asked.withLock { $0.append("\(request.method) \(request.path)\(body)") }
            guard let answer = answers[request.path] else { throw Unreachable() }
            return answer
        }
    }

    private func answer(_ body: String, status: Int = 200, _ headers: (String, String)...) -> TestResponse {
        TestResponse(status: status, headers: headers.map { ($0.0, $0.1) }, body: Array(body.utf8))
    }

    private func outcomes(
        _ text: String, _ target: Target, filter: String? = nil
    ) throws -> [TestResult.Outcome] {
        let file = try TestFile(parsing: Array(text.utf8), path: "a.toml")
        let run = TestRun([file], filter: filter, concurrency: 1, makeTarget: { _ in target })
        return run.run { _ in }.flatMap(\.tests).map(\.outcome)
    }

    /// What is wrong with a response, as it is shown.
    private func problems(_ expectation: String, _ response: TestResponse) throws -> [String] {
        let text = "[[request]]\npath = \"/\"\n\(expectation)"
        guard case .failed(let mismatches)? = try outcomes(text, Target(["/": response])).first else { return [] }
        return mismatches.map { "\($0.part): \($0.lines.joined(separator: "|"))" }
    }

    @Test("Without an expectation, any status below 400 passes") func status() throws {
        #expect(try problems("", answer("", status: 302)) == [])
        #expect(try problems("", answer("", status: 404)) == ["status: expected one below 400, got 404"])
        #expect(try problems("expect.status = 404", answer("", status: 404)) == [])
        #expect(try problems("expect.status = 201", answer("")) == ["status: expected 201, got 200"])
        // A page that says what has gone wrong is shown, and compared with nothing.
        #expect(
            try problems("expect.body = \"x\"", answer("It\nfailed.\n\n", status: 500))
                == ["status: expected one below 400, got 500:|  It|  failed."])
    }

    @Test("A header is found among repeated ones, whatever its case") func headers() throws {
        let response = answer("", ("Set-Cookie", "a=1"), ("set-cookie", "b=2"))
        #expect(try problems("expect.headers = { SET-COOKIE = \"b=2\" }", response) == [])
        #expect(
            try problems("expect.headers = { Set-Cookie = \"c\" }", response)
                == ["header 'Set-Cookie': expected \"c\", got \"a=1\" and \"b=2\""])
        #expect(
            try problems("expect.headers = { X = \"c\" }", response)
                == ["header 'X': expected \"c\", got no such header"])
    }

    @Test("Bodies are compared byte by byte, and lines that differ are shown") func body() throws {
        #expect(try problems("expect.body = \"a\\nb\"", answer("a\nb")) == [])
        #expect(
            try problems("expect.body = \"a\\nb\\nc\\n\"", answer("a\nB\nc\n"))
                == ["body:   a|- b|+ B|  c"])
        #expect(try problems("expect.body = \"a\\n\"", answer("a")) == ["body: the line end at the end is missing"])
        #expect(
            try problems("expect.body = \"a\"", answer("b\n")) == ["body: - a|+ b|no line end was expected at the end"])
        #expect(try problems("expect.body = \"a\\n\\n\"", answer("a\n")) == ["body:   a|- "])
        #expect(try problems("expect.body = \"a\"", answer("a\r")) == ["body: - a|+ a\\r"])
        // Equivalent in Unicode, and yet other bytes.
        #expect(try problems("expect.body = \"\u{E9}\"", answer("e\u{301}")) != [])
    }

    @Test("Control characters of an app do not reach the terminal") func controlCharacters() throws {
        #expect(try problems("expect.body = \"\"", answer("\u{1B}[2J")) == ["body: - |+ \\u{1b}[2J"])
    }

    @Test("A pattern is found anywhere in the body") func pattern() throws {
        #expect(try problems("expect.matches = 'id=\\d+'", answer("x id=42 y")) == [])
        #expect(
            try problems("expect.matches = 'id=\\d+'", answer("x"))
                == ["body: the pattern \"id=\\\\d+\" is not found in the body:|  x"].map {
                    $0.replacing("\\\\", with: "\\")
                })
    }

    @Test("JSON has at least what is expected") func json() throws {
        let response = answer(#"{"a": {"b": [1, 2.5, "x"], "c": null}, "d": true}"#)
        #expect(try problems("expect.json = { a = { b = [1, 2.5, \"x\"] } }", response) == [])
        #expect(try problems("expect.json = '{\"a\": {\"c\": null}}'", response) == [])
        #expect(
            try problems("expect.json = { a = { b = [1, 3] }, e = 1 }", response) == [
                "body at /a/b/1: expected 3, got 2.5", "body at /a/b: expected 2 elements, got 3",
                "body at /e: expected 1, got nothing",
            ])
        #expect(try problems("expect.json = 1", answer("<html>")).first?.hasPrefix("body: it is not JSON: ") == true)
    }

    private let chain = """
        [[request]]
        name = "make"
        path = "/make"
        capture = { id = { json = "/id" }, place = { header = "Location" }, word = { matches = "w=(.)" } }
        [[request]]
        name = "unrelated"
        path = "/other"
        [[request]]
        name = "use"
        method = "PUT"
        path = "/use?${id}"
        body = "${place} ${word}"
        """

    @Test("What a response gives is sent with later requests") func captures() throws {
        let made = answer(#"{"id": 7, "t": "w=z"}"#, ("location", "/7"))
        let target = Target(["/make": made, "/other": answer(""), "/use?7": answer("")])
        #expect(try outcomes(chain, target) == [.passed, .passed, .passed])
        #expect(target.requests == ["GET /make", "GET /other", "PUT /use?7 /7 z"])
    }

    @Test("A test whose value is missing is not run") func missingCapture() throws {
        let target = Target(["/make": answer("{}", ("location", "/7")), "/other": answer("")])
        let outcomes = try outcomes(chain, target)
        guard case .failed(let mismatches) = outcomes[0] else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(mismatches.map(\.part) == ["capture 'id'", "capture 'word'"])
        #expect(
            mismatches.map(\.lines) == [
                ["the body has nothing at \"/id\":", "  {}"],
                ["the pattern \"w=(.)\" is not found in the body:", "  {}"],
            ])
        #expect(outcomes[2] == .skipped("'${id}' was not captured, because an earlier request has failed"))
        #expect(target.requests == ["GET /make", "GET /other"])
    }

    @Test("A filter takes along the requests whose values are needed") func filter() throws {
        let made = answer(#"{"id": 7, "t": "w=z"}"#, ("location", "/7"))
        let target = Target(["/make": made, "/use?7": answer("")])
        #expect(try outcomes(chain, target, filter: "USE") == [.passed, .passed])
        #expect(target.requests == ["GET /make", "PUT /use?7 /7 z"])
    }

    @Test("An app that does not answer fails the test") func noAnswer() throws {
        let outcomes = try outcomes("[[request]]\npath = \"/\"", Target([:]))
        #expect(outcomes.count == 1)
        guard case .failed(let mismatches) = outcomes[0] else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(mismatches.map(\.lines) == [["the connection was closed"]])
    }

    @Test("Files run beside each other, each with an app of its own") func files() throws {
        let files = try (1...5).map {
            try TestFile(parsing: Array("[[request]]\npath = \"/\"".utf8), path: "\($0).toml")
        }
        let made = Mutex<[String]>([])
        let run = TestRun(files, concurrency: 3) { file in
            made.withLock { $0.append(file.path) }
            return Target(["/": TestResponse(status: 200, headers: [], body: [])])
        }
        let results = run.run { _ in }
        #expect(results.map(\.file) == files.map(\.path))
        #expect(made.withLock { $0.sorted() } == files.map(\.path))
        #expect(results.allSatisfy { !$0.hasFailed })
    }

    @Test("JUnit's XML is valid, whatever a response has") func junit() throws {
        let file = try TestFile(
            parsing: Array("[[request]]\nname = \"a <b> & \\\"c\\\"\"\npath = \"/\"\nexpect.body = \"x\"".utf8),
            path: "a.toml")
        let target = Target(["/": answer("]]>\u{0}<\u{FFFF}")])
        let instant = ContinuousClock.now
        let results = TestRun([file], concurrency: 1, now: { instant }, makeTarget: { _ in target }).run { _ in }
        #expect(
            JUnitReport.xml(results) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites tests="1" failures="1" errors="0" skipped="0" time="0.000">
                  <testsuite name="a.toml" tests="1" failures="1" errors="0" skipped="0" time="0.000">
                    <testcase name="a &lt;b&gt; &amp; &quot;c&quot;" classname="a.toml" file="a.toml" line="1" time="0.000">
                      <failure message="body differs">body:&#10;- x&#10;+ ]]&gt;\\u{0}&lt;\u{FFFD}</failure>
                    </testcase>
                  </testsuite>
                </testsuites>

                """)
    }
}
