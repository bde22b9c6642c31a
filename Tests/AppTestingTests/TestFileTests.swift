@testable import AppTesting
import TOML
import Testing

@Suite("A file of tests")
struct TestFileTests {
    private func tests(_ text: String) throws -> [RequestTest] {
        try TestFile(parsing: Array(text.utf8), path: "a.toml").tests
    }

    @Test("A request needs a path only") func onlyAPath() throws {
        let test = try #require(try tests("[[request]]\npath = \"/a?b=c\"").first)
        #expect(test.name == "GET /a?b=c")
        #expect(test.method == "GET")
        #expect(test.path.text([:]) == "/a?b=c")
        #expect(test.body == nil)
        #expect(test.expectation.status == nil)
        #expect(test.line == 1)
    }

    @Test("Values of earlier responses are put in, and two dollar signs are one") func captures() throws {
        let tests = try tests(
            """
            [[request]]
            path = "/"
            capture.id = { header = "X-ID" }
            [[request]]
            path = "/${id}"
            body = "costs $$5, or $5"
            """)
        #expect(tests[1].path.text(["id": "7"]) == "/7")
        #expect(tests[1].body?.text([:]) == "costs $5, or $5")
    }

    @Test(
        "What is wrong is told with its place",
        arguments: [
            ("", "1:1", "there is no [[request]]: a file of tests has at least one"),
            ("[[request]]", "1:3", "[[request]] has no 'path'"),
            ("[[request]]\npath = \"a\"", "2:8", "a path begins with '/', as in \"/hello?name=Ada\""),
            ("[[request]]\npath = \"/\"\nmethod = \"A B\"", "3:10", "'A B' is no method; write one like \"POST\""),
            (
                "[[request]]\npath = \"/${id}\"", "2:8",
                "'${id}' is captured by no request before this one; '$$' writes a dollar sign"
            ),
            ("[[request]]\npath = \"/${id\"", "2:8", "'${' lacks its '}'; '$$' writes a dollar sign"),
            (
                "[[request]]\npath = \"/\"\nexpect = { body = \"\", json = 1 }", "3:23",
                "'body' and 'json' exclude each other"
            ),
            (
                "[[request]]\npath = \"/\"\nexpect.json = \"{\"", "3:15",
                "'json' is a string that is not JSON: invalid JSON at byte 1: a key in double quotes is expected here"
            ),
            (
                "[[request]]\npath = \"/\"\ncapture.a = { json = \"a\" }", "3:22",
                "'a' is no JSON Pointer; write one like \"/items/0/id\""
            ),
            ("[[request]]\npath = \"/\"\nexpect.status = 99", "3:17", "'status' has to be between 100 and 599"),
        ])
    func errors(text: String, place: String, message: String) throws {
        let error = #expect(throws: TOMLError.self) { try tests(text) }
        #expect(error.map { "\($0.position.line):\($0.position.column)" } == place)
        #expect(error?.message == message)
    }

    @Test("A regular expression that is not valid is told") func invalidPattern() {
        let error = #expect(throws: TOMLError.self) {
            try tests("[[request]]\npath = \"/\"\nexpect.matches = \"(\"")
        }
        #expect(error?.message.hasPrefix("the regular expression is not valid: ") == true)
        #expect(error?.position.line == 3)
    }
}
