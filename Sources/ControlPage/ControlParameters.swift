import HTTP

/// The parameters of a request to the API.
package struct ControlParameters {
    /// The largest number that every reader of JSON has as it is (RFC 8259, section 6).
    package static let largestCount = (1 << 53) - 1

    private var values: [String: String] = [:]

    /// - Parameter known: The names that the endpoint knows. Others are an error: a filter that is misspelt must not give
    ///   everything.
    init(_ request: Request, known: Set<String>) throws(ControlFailure) {
        for (name, value) in request.queryParameters {
            guard known.contains(name) else {
                throw ControlFailure(
                    .badRequest,
                    "there is no parameter '\(name)' here, but \(known.sorted().joined(separator: ", "))")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw ControlFailure(.badRequest, "the parameter '\(name)' is given more than once")
            }
        }
    }

    /// A text; `nil` where it is missing or empty.
    package func text(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether something is wanted: `true` or `false`; `false` where it is missing.
    package func isSet(_ name: String) throws(ControlFailure) -> Bool {
        switch values[name] {
        case nil, "false"?: return false
        case "true"?: return true
        case let other?: throw ControlFailure(.badRequest, "'\(name)' is true or false, not '\(other)'")
        }
    }

    /// A text that has to be there.
    package func required(_ name: String) throws(ControlFailure) -> String {
        guard let text = text(name) else { throw ControlFailure(.badRequest, "the parameter '\(name)' is missing") }
        return text
    }

    /// A number that is not negative.
    package func count(
        _ name: String, default usual: Int, limit: Int = largestCount
    ) throws(ControlFailure) -> Int {
        guard let text = values[name] else { return usual }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text), count <= limit
        else {
            throw ControlFailure(.badRequest, "'\(name)' is a number from 0 to \(limit), not '\(text)'")
        }
        return count
    }
}
