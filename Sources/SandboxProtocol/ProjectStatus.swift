package import JSON

/// The state of a project, for the pages that show its app: they reload when a new revision serves, and tell when there
/// is none because something is wrong.
package struct ProjectStatus: Hashable, Sendable {
    /// Why there is no new revision.
    package struct Problem: Hashable, Sendable {
        /// What was being done, in a word: `build`, `assemble`, `store`, `launch`.
        package var stage: String
        /// Complete sentences; may have several lines.
        package var message: String
        /// The file to look at: relative to the project if it is in it.
        package var file: String?
        /// 1-based.
        package var line: Int?
        /// 1-based.
        package var column: Int?
        /// The lines around the place.
        package var excerpt: [SourceLine]
        /// A URL that opens the place in the developer's editor.
        package var link: String?

        package init(
            stage: String, message: String, file: String? = nil, line: Int? = nil, column: Int? = nil,
            excerpt: [SourceLine] = [], link: String? = nil
        ) {
            self.stage = stage
            self.message = message
            self.file = file
            self.line = line
            self.column = column
            self.excerpt = excerpt
            self.link = link
        }
    }

    /// A line of a source file.
    package struct SourceLine: Hashable, Sendable {
        /// 1-based.
        package let number: Int
        package let text: String

        package init(number: Int, text: String) {
            self.number = number
            self.text = text
        }
    }

    /// How a revision differs from the one before.
    package struct Change: Hashable, Sendable {
        package let revision: Int
        /// The paths of the style sheets that are different, if nothing else is; `nil` if more is.
        package let styleSheets: [String]?

        package init(revision: Int, styleSheets: [String]?) {
            self.revision = revision
            self.styleSheets = styleSheets
        }
    }

    /// Tells this run of the sandbox from others, whose revisions have the same numbers. Letters and digits.
    package let session: String
    /// Whether pages are given the means to reload themselves.
    package var reloadsPages: Bool
    /// Grows with each change of the status.
    package var serial = 0
    /// The revision that serves; 0 before the first.
    package var revision = 0
    /// How the latest revisions came about, in order.
    package private(set) var changes: [Change] = []
    /// Whether the build command runs.
    package var isBuilding = false
    /// What went wrong, until it is mended.
    package var problem: Problem?

    /// So many changes are kept; a page that is older has to be loaded anew anyway.
    private static let changeLimit = 16

    package init(session: String, reloadsPages: Bool = true) {
        self.session = session
        self.reloadsPages = reloadsPages
    }

    /// Takes note that a revision serves.
    package mutating func serve(_ change: Change) {
        revision = change.revision
        problem = nil
        isBuilding = false
        // A process that is started again serves what has been served before.
        guard changes.last?.revision != change.revision else { return }
        changes.append(change)
        if changes.count > Self.changeLimit { changes.removeFirst() }
    }
}

extension ProjectStatus {
    /// The status as an object, as processes and pages get it.
    package var json: JSONObject {
        var object: JSONObject = [
            "session": .string(session), "reload": .boolean(reloadsPages), "serial": .integer(serial),
            "revision": .integer(revision),
            "building": .boolean(isBuilding), "changes": .array(changes.map { .object($0.json) }),
        ]
        object["problem"] = problem.map { .object($0.json) }
        return object
    }

    /// The status that the object stands for; `nil` if it stands for none.
    package init?(json: JSONObject) {
        guard let session = json["session"]?.string, let serial = json["serial"]?.integer,
            let revision = json["revision"]?.integer, case .boolean(let isBuilding)? = json["building"],
            case .boolean(let reloadsPages)? = json["reload"], case .array(let changes)? = json["changes"]
        else { return nil }
        self.init(session: session, reloadsPages: reloadsPages)
        self.serial = serial
        self.revision = revision
        self.isBuilding = isBuilding
        self.changes = changes.compactMap { $0.object.flatMap(Change.init(json:)) }
        problem = json["problem"]?.object.flatMap(Problem.init(json:))
    }
}

extension ProjectStatus.Change {
    fileprivate var json: JSONObject {
        var object: JSONObject = ["revision": .integer(revision)]
        object["styles"] = styleSheets.map { .array($0.map { .string($0) }) }
        return object
    }

    fileprivate init?(json: JSONObject) {
        guard let revision = json["revision"]?.integer else { return nil }
        var styleSheets: [String]?
        if case .array(let paths)? = json["styles"] { styleSheets = paths.compactMap(\.string) }
        self.init(revision: revision, styleSheets: styleSheets)
    }
}

extension ProjectStatus.Problem {
    fileprivate var json: JSONObject {
        var object: JSONObject = ["stage": .string(stage), "message": .string(message)]
        object["file"] = file.map { .string($0) }
        object["line"] = line.map { .integer($0) }
        object["column"] = column.map { .integer($0) }
        object["link"] = link.map { .string($0) }
        if !excerpt.isEmpty {
            object["excerpt"] = .array(
                excerpt.map { .object(["number": .integer($0.number), "text": .string($0.text)]) })
        }
        return object
    }

    fileprivate init?(json: JSONObject) {
        guard let stage = json["stage"]?.string, let message = json["message"]?.string else { return nil }
        var excerpt: [ProjectStatus.SourceLine] = []
        if case .array(let lines)? = json["excerpt"] {
            for case .object(let line) in lines {
                guard let number = line["number"]?.integer, let text = line["text"]?.string else { continue }
                excerpt.append(.init(number: number, text: text))
            }
        }
        self.init(
            stage: stage, message: message, file: json["file"]?.string, line: json["line"]?.integer,
            column: json["column"]?.integer, excerpt: excerpt, link: json["link"]?.string)
    }
}
