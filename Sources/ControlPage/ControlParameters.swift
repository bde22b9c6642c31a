import HTTP

/// The parameters of a request to the API.
struct ControlParameters {
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
    func text(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A number that is not negative.
    func count(_ name: String, default usual: Int, limit: Int = .max) throws(ControlFailure) -> Int {
        guard let text = values[name] else { return usual }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text), count <= limit
        else {
            let bound = limit == .max ? "a number that is not negative" : "a number from 0 to \(limit)"
            throw ControlFailure(.badRequest, "'\(name)' is \(bound), not '\(text)'")
        }
        return count
    }
}
