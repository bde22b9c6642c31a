import JSON
import _StringProcessing

extension Expectation {
    /// What of a response is not as it is expected.
    ///
    /// - Parameter values: what earlier responses have given.
    func mismatches(with response: TestResponse, values: [String: String]) -> [Mismatch] {
        var mismatches: [Mismatch] = []
        if let status, response.status != status {
            mismatches.append(Mismatch(part: "status", lines: ["expected \(status), got \(response.status)"]))
        } else if status == nil, response.status >= 400 {
            mismatches.append(Mismatch(part: "status", lines: ["expected one below 400, got \(response.status)"]))
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
                        lines: ["the pattern \(Printable.quoted(pattern)) is not found in"]
                            + TextDifference.excerpt(response.text))
                ]
            }
            return []
        case .json(let template):
            let actual: JSONValue
            do { actual = try JSONValue(parsing: response.body) } catch {
                return [
                    Mismatch(
                        part: "body", lines: ["it is not JSON: \(error)"] + TextDifference.excerpt(response.text))
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
