import HTTP

/// What a module gets as its arguments.
enum CGIArguments {
    /// Without a template: the request's path, then each `&`-separated piece of the query, all as they were sent.
    ///
    /// In a template, `${SCRIPT_NAME}` stands for the request's path and `${ARGS}` for the pieces with spaces between
    /// them; what results is split at white space.
    static func arguments(for request: Request, template: String?) -> [String] {
        let pieces = request.query?.split(separator: "&", omittingEmptySubsequences: false).map(String.init) ?? []
        guard let template else { return [request.path] + pieces }
        return replace(
            "${ARGS}", in: replace("${SCRIPT_NAME}", in: template, with: request.path),
            with: pieces.joined(separator: " ")
        )
        .split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static func replace(_ placeholder: String, in text: String, with replacement: String) -> String {
        var result = ""
        var rest = text[...]
        while let range = rest.firstRange(of: placeholder) {
            result += rest[..<range.lowerBound] + replacement
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
