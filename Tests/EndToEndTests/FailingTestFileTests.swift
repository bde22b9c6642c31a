import Foundation
import TestSupport
import Testing

/// What `hippo-dev test` says where tests fail: `Apps/failing` has a request for each way.
///
/// Its `expected.txt` is what was looked at on a terminal and found to be readable; times are written as `T`.
@Suite(.timeLimit(.minutes(15)))
struct FailingTestFileTests {
    private static let app = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "Apps/failing")
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private let directory: TemporaryDirectory
    private var app: String { directory.path + "/failing" }

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.copyItem(atPath: Self.app.path, toPath: app)
    }

    private func test(_ options: String...) throws -> Program.Result {
        try Program.run(["test", "--timeout", "3s"] + options, in: app)
    }

    @Test("Each failure says what is wrong, and where") func output() throws {
        let expected = try String(contentsOfFile: app + "/expected.txt", encoding: .utf8)
        let result = try test()
        #expect(result.status == 1)
        #expect(result.output.replacing(#/[0-9.]+ ms/#, with: "T ms") == expected, "\(result.output)")
        // What the handlers have to say is on standard error.
        for cause in ["the module trapped: unreachable", "integer divide by zero", "was stopped after 3.0 seconds"] {
            #expect(result.errors.contains(cause), "\(result.errors)")
        }
        let coloured = try test("--filter", "status", "--color", "always")
        #expect(coloured.output.contains("\u{1B}[31m✗ status\u{1B}[0m"), "\(coloured.output)")
    }

    @Test("The XML tells the same to programs", .enabled(if: python != nil, "there is no python3")) func xml() throws {
        #expect(try test("--junit", "report.xml").status == 1)
        let script = """
            import sys, xml.etree.ElementTree as tree
            root = tree.parse(sys.argv[1]).getroot()
            for suite in root:
                cases = list(suite)
                assert int(suite.get("tests")) == len(cases)
                assert int(suite.get("failures")) == sum(c.find("failure") is not None for c in cases)
                assert int(suite.get("skipped")) == sum(c.find("skipped") is not None for c in cases)
                for case in cases:
                    assert case.get("file") == suite.get("name") and int(case.get("line")) > 0
                    assert float(case.get("time")) >= 0
                    for end in case:
                        assert end.tag == "skipped" or end.text
                        print(case.get("name"), "|", end.tag, "|", end.get("message"))
            """
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = ["-c", script, app + "/report.xml"]
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try output == String(contentsOfFile: app + "/expected-xml.txt", encoding: .utf8), "\(output)")
    }

    @Test("The exit code is 0 if all pass, 1 if one fails, and 2 if they cannot be run") func exitCodes() throws {
        #expect(try test("--filter", "passes").status == 0)
        #expect(try test("--filter", "headers").status == 1)

        try directory.write("[[request]]\npath = \"/text\"\nexpect.status = \"200\"\n", to: "failing/tests/bad.toml")
        let bad = try test()
        #expect(bad.status == 2 && bad.output == "")
        #expect(
            bad.errors == """
                error: tests/bad.toml:3:17: 'status' has to be an integer, found a string
                    expect.status = "200"
                                    ^

                """)
        #expect(try test("tests/all.toml", "--filter", "passes").status == 0)
        #expect(try test("tests/none.toml").status == 2)
        try FileManager.default.removeItem(atPath: app + "/tests/bad.toml")

        // An app that cannot be loaded has failed no test.
        try directory.write("(module (func (export \"_start\") drop))", to: "failing/text.wat")
        let invalid = try test("--filter", "passes")
        #expect(invalid.status == 2 && invalid.output == "")
        #expect(invalid.errors.hasPrefix("error: \(app)/text.wat:1:33: type mismatch"), "\(invalid.errors)")
        #expect(try test("--build", "exit 3").status == 2)
    }
}
