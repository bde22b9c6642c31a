package import JSON

/// What became of a request that its handler did not answer, as it is kept with the request.
package struct RecordedFailure: Hashable, Sendable {
    /// A call that was active.
    package struct Call: Hashable, Sendable {
        package let function: String
        package let place: String
        /// Opens the place in the developer's editor.
        package let link: String?

        package init(function: String, place: String, link: String?) {
            self.function = function
            self.place = place
            self.link = link
        }
    }

    /// Where in the project's source it happened.
    package struct Source: Hashable, Sendable {
        /// Relative to the project.
        package let file: String
        package let line: Int
        package let column: Int?
        package let excerpt: [ProjectStatus.SourceLine]
        package let link: String?

        package init(file: String, line: Int, column: Int?, excerpt: [ProjectStatus.SourceLine], link: String?) {
            self.file = file
            self.line = line
            self.column = column
            self.excerpt = excerpt
            self.link = link
        }
    }

    /// What went wrong, in a sentence.
    package let problem: String
    /// The calls that were active, the innermost first.
    package let calls: [Call]
    /// Says which calls are not among them.
    package let omission: String?
    package let source: Source?

    private static let longestProblem = 8 << 10
    private static let longestText = 512
    private static let maximumCalls = 64

    /// Long texts are cut.
    package init(problem: String, calls: [Call] = [], omission: String? = nil, source: Source? = nil) {
        self.problem = Self.cut(problem, Self.longestProblem)
        self.calls = calls.prefix(Self.maximumCalls).map {
            Call(
                function: Self.cut($0.function, Self.longestText), place: Self.cut($0.place, Self.longestText),
                link: $0.link.map { Self.cut($0, Self.longestText) })
        }
        self.omission = omission.map { Self.cut($0, Self.longestText) }
        self.source = source
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        text.utf8.count <= limit ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…"
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "problem": .string(problem),
            "calls": .array(
                calls.map { call in
                    var object: JSONObject = ["function": .string(call.function), "place": .string(call.place)]
                    object["link"] = call.link.map { .string($0) }
                    return .object(object)
                }),
        ]
        object["omission"] = omission.map { .string($0) }
        if let source {
            var place: JSONObject = [
                "file": .string(source.file), "line": .integer(source.line),
                "excerpt": .array(
                    source.excerpt.map { .object(["number": .integer($0.number), "text": .string($0.text)]) }),
            ]
            place["column"] = source.column.map { .integer($0) }
            place["link"] = source.link.map { .string($0) }
            object["source"] = .object(place)
        }
        return object
    }

    /// Reads what `json` has written; `nil` if it is nothing of the kind.
    init?(json: JSONObject) {
        guard let problem = json["problem"]?.string, let list = json["calls"]?.array else { return nil }
        var calls: [Call] = []
        for item in list {
            guard let call = item.object, let function = call["function"]?.string, let place = call["place"]?.string
            else { return nil }
            calls.append(Call(function: function, place: place, link: call["link"]?.string))
        }
        var source: Source?
        if let place = json["source"]?.object {
            guard let file = place["file"]?.string, let line = place["line"]?.integer, line > 0,
                let lines = place["excerpt"]?.array
            else { return nil }
            let excerpt = lines.compactMap { item -> ProjectStatus.SourceLine? in
                guard let number = item.object?["number"]?.integer, number > 0, let text = item.object?["text"]?.string
                else { return nil }
                return .init(number: number, text: text)
            }
            source = Source(
                file: file, line: line, column: place["column"]?.integer.flatMap { $0 > 0 ? $0 : nil },
                excerpt: excerpt, link: place["link"]?.string)
        }
        self.init(problem: problem, calls: calls, omission: json["omission"]?.string, source: source)
    }
}
