import JSON
package import TOML
import _StringProcessing

/// A file of tests: requests that are sent in their order, each with what is expected of its response.
///
/// See TestFiles.md for the format.
package struct TestFile: Sendable {
    /// As it is shown to people.
    package let path: String
    package let tests: [RequestTest]

    /// Reads a file's bytes.
    package init(parsing bytes: [UInt8], path: String) throws(TOMLError) {
        self.path = path
        var document = try TOMLSection(parsing: bytes)
        var tests: [RequestTest] = []
        var captured = Set<String>()
        for section in try document.sections("request") {
            var reader = RequestReader(section, number: tests.count + 1, captured: captured)
            let test = try reader.read()
            captured.formUnion(test.captures.map(\.name))
            tests.append(test)
        }
        if tests.isEmpty {
            throw document.error("there is no [[request]]: a file of tests has at least one", at: nil)
        }
        try document.finish()
        self.tests = tests
    }
}

/// Reads one `[[request]]`.
private struct RequestReader {
    private var section: TOMLSection
    private let number: Int
    /// What the requests before it have captured.
    private let captured: Set<String>

    init(_ section: TOMLSection, number: Int, captured: Set<String>) {
        self.section = section
        self.number = number
        self.captured = captured
    }

    mutating func read() throws(TOMLError) -> RequestTest {
        let name = try section.string("name")
        let method = try section.string("method") ?? "GET"
        guard !method.isEmpty, method.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw section.error("'\(method)' is no method; write one like \"POST\"", atValueOf: "method")
        }
        let pathText = try section.requiredString("path")
        let path = try template(pathText, in: section, at: "path")
        guard pathText.hasPrefix("/") || pathText.hasPrefix("${") else {
            throw section.error("a path begins with '/', as in \"/hello?name=Ada\"", atValueOf: "path")
        }
        let headers = try fields("headers", in: &section)
        let body = try template("body", in: &section)
        let expectation = try expectation()
        let captures = try captures()
        try section.finish()
        return RequestTest(
            name: name ?? "\(method) \(pathText)", line: section.position?.line ?? 1,
            method: method, path: path, headers: headers, body: body, expectation: expectation, captures: captures)
    }

    private mutating func expectation() throws(TOMLError) -> Expectation {
        guard var expect = try section.section("expect") else {
            return Expectation(status: nil, headers: [], body: nil)
        }
        let status = try expect.integer("status", in: 100...599)
        let headers = try fields("headers", in: &expect)
        let bodies = ["body", "matches", "json"].filter { expect.table[$0] != nil }
        if bodies.count > 1 {
            throw expect.error("'\(bodies[0])' and '\(bodies[1])' exclude each other", atKey: bodies[1])
        }
        var body: Expectation.Body?
        if let text = try template("body", in: &expect) { body = .text(text) }
        if let pattern = try template("matches", in: &expect) {
            try check(pattern: pattern.text([:], escape: { _ in "" }), in: expect, at: "matches")
            body = .pattern(pattern)
        }
        if let json = try json(in: &expect) { body = .json(json) }
        try expect.finish()
        return Expectation(status: status, headers: headers, body: body)
    }

    /// Text that is JSON, or a value of TOML that stands for one.
    private func json(in expect: inout TOMLSection) throws(TOMLError) -> JSONTemplate? {
        guard let value = expect.value("json") else { return nil }
        let json: JSONValue
        if let text = value.string {
            do { json = try JSONValue(parsing: text.utf8) } catch {
                throw expect.error("'json' is a string that is not JSON: \(error)", atValueOf: "json")
            }
        } else {
            guard let converted = JSONValue(value) else {
                throw expect.error("'json' has a date or a number that JSON does not have", atValueOf: "json")
            }
            json = converted
        }
        let template: JSONTemplate
        do { template = try JSONTemplate(json) } catch { throw expect.error("\(error.problem)", atValueOf: "json") }
        try check(template.variables, in: expect, at: "json")
        return template
    }

    private mutating func captures() throws(TOMLError) -> [Capture] {
        guard let table = try section.section("capture") else { return [] }
        var captures: [Capture] = []
        var reader = table
        for name in table.table.keys {
            guard TextTemplate.isName(name) else {
                throw table.error(
                    "'\(name)' is no name for a capture: it may have letters, digits, '_' and '-'", atKey: name)
            }
            guard var source = try reader.section(name) else { continue }
            captures.append(Capture(name: name, source: try captureSource(&source)))
            try source.finish()
        }
        return captures
    }

    private func captureSource(_ source: inout TOMLSection) throws(TOMLError) -> Capture.Source {
        let found = ["json", "header", "matches"].filter { source.table[$0] != nil }
        guard found.count == 1 else {
            throw source.error(
                "a capture is one of { json = \"/path/in/body\" }, { header = \"Name\" } and { matches = \"pattern\" }",
                at: source.position)
        }
        if let text = try source.string("json") {
            guard let pointer = JSONPointer(text) else {
                throw source.error("'\(text)' is no JSON Pointer; write one like \"/items/0/id\"", atValueOf: "json")
            }
            return .json(pointer)
        }
        if let header = try source.string("header") { return .header(header) }
        let pattern = try source.requiredString("matches")
        try check(pattern: pattern, in: source, at: "matches")
        return .pattern(pattern)
    }

    // MARK: Values

    private func template(_ key: String, in section: inout TOMLSection) throws(TOMLError) -> TextTemplate? {
        guard let text = try section.string(key) else { return nil }
        return try template(text, in: section, at: key)
    }

    private func template(_ text: String, in section: TOMLSection, at key: String) throws(TOMLError) -> TextTemplate {
        let template: TextTemplate
        do { template = try TextTemplate(parsing: text) } catch { throw section.error(error.problem, atValueOf: key) }
        try check(template.variables, in: section, at: key)
        return template
    }

    private func fields(
        _ key: String, in section: inout TOMLSection
    ) throws(TOMLError) -> [(name: String, value: TextTemplate)] {
        var fields: [(name: String, value: TextTemplate)] = []
        for (name, value) in try section.stringTable(key) ?? [] {
            fields.append((name, try template(value, in: section, at: key)))
        }
        return fields
    }

    private func check(_ variables: [String], in section: TOMLSection, at key: String) throws(TOMLError) {
        for name in variables where !captured.contains(name) {
            throw section.error(
                "'${\(name)}' is captured by no request before this one; '$$' writes a dollar sign", atValueOf: key)
        }
    }

    private func check(pattern: String, in section: TOMLSection, at key: String) throws(TOMLError) {
        do { _ = try Regex(pattern) } catch {
            throw section.error("the regular expression is not valid: \(error)", atValueOf: key)
        }
    }
}

extension TextTemplate.Malformed {
    /// What is wrong, and what to do.
    fileprivate var problem: String {
        switch self {
        case .unterminated: "'${' lacks its '}'; '$$' writes a dollar sign"
        case .invalidName(let name):
            "'${\(name)}' has no name of letters, digits, '_' and '-'; '$$' writes a dollar sign"
        }
    }
}

extension JSONValue {
    /// The JSON value that a TOML value stands for; `nil` for dates, infinities and what is no number.
    fileprivate init?(_ value: TOMLValue) {
        switch value.kind {
        case .string(let string): self = .string(string)
        case .integer(let integer): self = .integer(Int(integer))
        case .float(let float):
            guard float.isFinite else { return nil }
            self = .number(float)
        case .boolean(let boolean): self = .boolean(boolean)
        case .array(let elements):
            var values: [JSONValue] = []
            for element in elements {
                guard let value = JSONValue(element) else { return nil }
                values.append(value)
            }
            self = .array(values)
        case .table(let table):
            var object = JSONObject()
            for entry in table.entries {
                guard let value = JSONValue(entry.value) else { return nil }
                object.append(entry.key, value)
            }
            self = .object(object)
        case .offsetDateTime, .localDateTime, .localDate, .localTime: return nil
        }
    }
}
