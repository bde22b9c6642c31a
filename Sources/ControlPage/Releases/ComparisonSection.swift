package import Bindle
package import Differences
package import HTTP
package import JSON
import Synchronization

/// What is different between two releases, revisions or bindles: which files, and what in one of them.
package struct ComparisonSection: ControlSection {
    /// Larger files are not compared line by line; in bytes.
    private static let longestText = 1 << 20
    private let store: BindleStore
    private let latest = LatestComparison()

    package init(store: BindleStore) {
        self.store = store
    }

    package func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        switch request.path {
        case ["comparison"]:
            try request.allow(.get)
            return try files(request.parameters(["from", "to", "offset", "limit"]))
        case ["comparison", "file"]:
            try request.allow(.get)
            return try text(request.parameters(["from", "to", "name"]))
        default: return nil
        }
    }

    private func files(_ parameters: ControlParameters) throws(ControlFailure) -> Response {
        let (from, to) = (try parameters.content("from"), try parameters.content("to"))
        let offset = try parameters.count("offset", default: 0)
        let limit = try parameters.count("limit", default: 100, limit: 1000)
        let comparison = try ControlFailure.translating { () throws(StoreError) in
            try latest.comparison(of: from, with: to, in: store)
        }
        return Response(json: [
            "from": .string(from.description), "to": .string(to.description),
            "total": .integer(comparison.files.count), "same": .integer(comparison.sameCount),
            "added": .integer(comparison.count(.added)), "removed": .integer(comparison.count(.removed)),
            "changed": .integer(comparison.count(.changed)), "redescribed": .integer(comparison.count(.redescribed)),
            "about": .array(comparison.otherDifferences.map { .string($0) }),
            "files": .array(comparison.files.dropFirst(offset).prefix(limit).map { .object($0.json) }),
        ])
    }

    private func text(_ parameters: ControlParameters) throws(ControlFailure) -> Response {
        let (from, to) = (try parameters.content("from"), try parameters.content("to"))
        let name = try parameters.required("name")
        let pair = try ControlFailure.translating { () throws(StoreError) in
            try store.files(named: name, in: from, and: to, limit: Self.longestText)
        }
        guard let pair else { throw ControlFailure(.notFound, "neither \(from) nor \(to) has the file '\(name)'") }
        var object: JSONObject = ["name": .string(name)]
        object["from"] = pair.from.map { .object($0.json) }
        object["to"] = pair.to.map { .object($0.json) }
        let isSame = pair.from?.sha256 == pair.to?.sha256
        if let bytes = pair.bytes, LineDifference.isText(bytes.from), LineDifference.isText(bytes.to) {
            let difference = LineDifference(from: bytes.from, to: bytes.to)
            object["kind"] = "text"
            object["hunks"] = .array(difference.hunks.map { .object($0.json) })
            object["minimal"] = .boolean(difference.isMinimal)
            object["cut"] = .boolean(difference.isCut)
        } else {
            object["kind"] = pair.bytes == nil ? "large" : "binary"
        }
        object["same"] = .boolean(isSame)
        return Response(json: object)
    }
}

/// The comparison that was asked for last: the next page of it is asked for soon.
private final class LatestComparison: Sendable {
    private struct Known {
        let from: ContentReference
        let to: ContentReference
        /// The store's when it was made.
        let generation: Int
        let comparison: ContentComparison
    }

    private let known = Mutex<Known?>(nil)

    func comparison(
        of from: ContentReference, with to: ContentReference, in store: BindleStore
    ) throws(StoreError) -> ContentComparison {
        let generation = store.generation
        if let known = known.withLock({ $0 }), known.from == from, known.to == to, known.generation == generation {
            return known.comparison
        }
        let comparison = try store.compare(from, with: to)
        known.withLock { $0 = Known(from: from, to: to, generation: generation, comparison: comparison) }
        return comparison
    }
}

extension ContentComparison.File {
    fileprivate var json: JSONObject {
        var object: JSONObject = ["name": .string(name), "change": .string(change.rawValue)]
        object["from"] = from.map { .object($0.json) }
        object["to"] = to.map { .object($0.json) }
        return object
    }
}

extension Label {
    /// What tells a file's content.
    fileprivate var json: JSONObject {
        ["sha256": .string(sha256), "size": .integer(size), "mediaType": .string(mediaType)]
    }
}

extension LineDifference.Hunk {
    /// The hunk as the API tells of it.
    package var json: JSONObject {
        [
            "from": .integer(oldStart), "to": .integer(newStart),
            "lines": .array(
                lines.map { line in
                    var object: JSONObject = [
                        "change": .string(line.change.rawValue), "text": .string(line.text),
                    ]
                    if !line.isEnded { object["ended"] = .boolean(false) }
                    return .object(object)
                }),
        ]
    }
}

extension LineDifference.Hunk {
    /// Reads what `json` has written; `nil` if it is something else.
    package init?(_ json: JSONObject) {
        guard let from = json["from"]?.integer, let to = json["to"]?.integer, let lines = json["lines"]?.array else {
            return nil
        }
        self.init(
            oldStart: from, newStart: to,
            lines: lines.compactMap { line in
                guard let line = line.object, let change = line["change"]?.string.flatMap(LineDifference.Change.init),
                    let text = line["text"]?.string
                else { return nil }
                return LineDifference.Line(change: change, text: text, isEnded: line["ended"]?.boolean ?? true)
            })
    }
}
