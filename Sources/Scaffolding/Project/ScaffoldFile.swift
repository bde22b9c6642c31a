package import JSON

/// A file that a scaffold writes.
package struct ScaffoldFile: Hashable, Sendable {
    /// What becomes of a file of that name that is there already.
    package enum Joining: Hashable, Sendable {
        /// It stays as it is.
        case never
        /// It gets the lines that it lacks, at its end.
        case lines
        /// It gets the members and elements that it lacks; its comments stay.
        case json(JSONObject)
        /// It gets the whole content at its end, unless it contains this text.
        case block(unless: String)
    }

    /// Relative to the project, with `/` between components.
    package let path: String
    package let content: String
    package let joining: Joining

    package init(_ path: String, _ content: String, joining: Joining = .never) {
        self.path = path
        self.content = content
        self.joining = joining
    }

    /// A file of JSON, which joins one that is there.
    package init(_ path: String, json: JSONObject) {
        self.init(path, JSONValue.object(json).indented() + "\n", joining: .json(json))
    }

    /// What has come of joining a file that is there.
    enum Joint: Hashable {
        /// It has everything.
        case complete
        /// It is to be this text, in which the additions are new.
        case extended(String, additions: [String])
        /// It cannot be read as what it should be; the text is what somebody has to insert.
        case unreadable(missing: String)
        /// It is left alone.
        case separate
    }

    /// Joins the content with that of a file that is there.
    func joined(with text: String) -> Joint {
        switch joining {
        case .never: return .separate
        case .lines:
            let known = Set(text.split(separator: "\n").map { $0.filter { !$0.isWhitespace } })
            // `/build/`, `build/` and `build` are the same to version control, where nothing else is called so.
            let missing = content.split(separator: "\n").map(String.init).filter { line in
                let name = line.split(separator: "/").joined(separator: "/")
                return !known.contains { $0.split(separator: "/").joined(separator: "/") == name }
            }
            guard !missing.isEmpty else { return .complete }
            let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
            return .extended(text + end + missing.map { $0 + "\n" }.joined(), additions: missing)
        case .json(let addition):
            guard var document = CommentedJSON(text) else {
                return .unreadable(missing: JSONValue.object(addition).indented())
            }
            let additions = document.add(addition)
            return additions.isEmpty ? .complete : .extended(document.text, additions: additions)
        case .block(let marker):
            guard !text.contains(marker) else { return .complete }
            let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
            return .extended(text + end + "\n" + content, additions: [marker])
        }
    }
}
