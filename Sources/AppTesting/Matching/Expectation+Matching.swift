import JSON
import _StringProcessing

extension Expectation {
    /// What of a response is not as it is expected.
    ///
    /// - Parameter values: what earlier responses have given.
    func mismatches(with response: TestResponse, values: [String: String]) -> [Mismatch] {
        var mismatches: [Mismatch] = []
        if status.map({ response.status != $0 }) ?? (response.status >= 400) {
            let wanted = status.map { "\($0)" } ?? "one below 400"
            let line = "expected \(wanted), got \(response.status)"
            // An error page is not the answer that is described, and says what has gone wrong.
            guard response.status < 400 else {
                let page = response.body.isEmpty ? [line] : ["\(line):"] + TextDifference.excerpt(response.text)
                return [Mismatch(part: "status", lines: page)]
            }
            mismatches.append(Mismatch(part: "status", lines: [line]))
        }
        for (name, template) in headers {
            let wanted = template.text(values)
            let found = response.values(of: name)
            guard !found.contains(wanted) else { continue }
            let got = found.isEmpty ? "no such header" : found.map(Printable.quoted).joined(separator: " and ")
            mismatches.append(
                Mismatch(part: "header '\(name)'", lines: ["expected \(Printable.quoted(wanted)), got \(got)"]))
        }
        if let body { mismatches += body.mismatches(with: response, values: values) }
        return mismatches
    }
}

extension Expectation.Body {
    fileprivate func mismatches(with response: TestResponse, values: [String: String]) -> [Mismatch] {
        switch self {
        case .text(let template):
            let wanted = template.text(values)
            guard !wanted.utf8.elementsEqual(response.body) else { return [] }
            return [Mismatch(part: "body", lines: TextDifference.lines(expected: wanted, actual: response.text))]
        case .pattern(let template):
            let pattern = template.text(values, escape: Self.escaped)
            // It was found to be valid when the file was read.
            guard let regex = try? Regex(pattern), response.text.firstMatch(of: regex) != nil else {
                return [
                    Mismatch(
                        part: "body",
                        lines: ["the pattern \(Printable.quoted(pattern)) is not found in the body:"]
                            + TextDifference.excerpt(response.text))
                ]
            }
            return []
        case .json(let template):
            let actual: JSONValue
            do { actual = try JSONValue(parsing: response.body) } catch {
                return [
                    Mismatch(
                        part: "body",
                        lines: ["it is not JSON: at byte \(error.offset), \(error.message):"]
                            + TextDifference.excerpt(response.text))
                ]
            }
            return JSONDifference.mismatches(expected: template.value(values), actual: actual)
        }
    }

    /// A text as a regular expression that finds just it.
    private static func escaped(_ text: String) -> String {
        var pattern = ""
        for character in text {
            if #"\^$.|?*+()[]{}-/#"#.contains(character) { pattern += "\\" }
            pattern.append(character)
        }
        return pattern
    }
}

extension Capture {
    /// What is told where a response has no such value.
    func absence(in response: TestResponse) -> Mismatch {
        let part = "capture '\(name)'"
        return switch source {
        case .header(let header):
            Mismatch(part: part, lines: ["the response has no header \(Printable.quoted(header))"])
        case .json(let pointer):
            Mismatch(
                part: part,
                lines: ["the body has nothing at \(Printable.quoted("\(pointer)")):"]
                    + TextDifference.excerpt(response.text))
        case .pattern(let pattern):
            Mismatch(
                part: part,
                lines: ["the pattern \(Printable.quoted(pattern)) is not found in the body:"]
                    + TextDifference.excerpt(response.text))
        }
    }

    /// The value in a response; `nil` if there is none.
    func value(in response: TestResponse) -> String? {
        switch source {
        case .header(let name): return response.values(of: name).first
        case .json(let pointer):
            guard let root = try? JSONValue(parsing: response.body), let value = pointer.value(in: root) else {
                return nil
            }
            return value.string ?? value.serialized
        case .pattern(let pattern):
            let text = response.text
            guard let regex = try? Regex(pattern), let match = text.firstMatch(of: regex) else { return nil }
            let group = match.output.dropFirst().first ?? match.output.first
            return group?.substring.map(String.init)
        }
    }
}
