import HTTP

/// The parameters of a request's query.
struct Parameters {
    private let values: [(name: String, value: String)]

    init(_ request: Request) {
        values = request.queryParameters
    }

    /// The value of the parameter that has any of these names.
    func string(_ names: String...) throws(Failure) -> String? {
        let found = values.filter { names.contains($0.name) }
        guard found.count <= 1 else {
            throw Failure(.badRequest, "the parameter '\(names[0])' is given more than once")
        }
        return found.first?.value
    }

    func boolean(_ name: String) throws(Failure) -> Bool? {
        guard let text = try string(name) else { return nil }
        guard let value = Bool(text) else {
            throw Failure(.badRequest, "'\(name)' is true or false, not '\(text)'")
        }
        return value
    }

    /// A number that is not negative, and at most `limit`.
    func count(_ names: (short: String, long: String), limit: Int) throws(Failure) -> Int? {
        guard let text = try string(names.short, names.long) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text), count <= limit
        else {
            let bound = limit == .max ? "a number that is not negative" : "a number from 0 to \(limit)"
            throw Failure(.badRequest, "'\(names.long)' is \(bound), not '\(text)'")
        }
        return count
    }
}

extension BindleQuery {
    init(_ parameters: Parameters) throws(Failure) {
        self.init()
        terms = try parameters.string("q", "query") ?? ""
        guard words.count <= Self.wordLimit else {
            throw Failure(.badRequest, "a query has at most \(Self.wordLimit) words, not \(words.count)")
        }
        if let text = try parameters.string("v", "version") {
            do { versions = try VersionRange(text) } catch { throw Failure(.badRequest, error.description) }
        }
        offset = try parameters.count(("o", "offset"), limit: .max) ?? 0
        limit = try parameters.count(("l", "limit"), limit: Self.limits.upperBound) ?? Self.defaultLimit
        isStrict = try parameters.boolean("strict") ?? false
        includesYanked = try parameters.boolean("yanked") ?? false
    }
}
