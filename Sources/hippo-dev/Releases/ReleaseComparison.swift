import Bindle
import ControlPage
import Differences
import JSON
import Platform
import Sandbox

/// What is different between two contents, for people or as JSON.
struct ReleaseComparison {
    private let releases: ProjectReleases
    private let from: ContentReference
    private let to: ContentReference
    /// As many files as the API gives at a time.
    private static let pageSize = 1000

    init(_ releases: ProjectReleases, from: ContentReference, to: ContentReference) {
        self.releases = releases
        self.from = from
        self.to = to
    }

    /// Writes it.
    /// - Returns: Whether something is different.
    func tell(file: String?, namesOnly: Bool, asJSON: Bool) throws -> Bool {
        if let file {
            let comparison = try compare(file)
            if asJSON { print(comparison.serialized) } else { write(text(of: comparison, name: file)) }
            return comparison["same"]?.boolean != true
        }
        let (summary, files) = try compare()
        if asJSON {
            var object = summary
            object["files"] = .array(files.map { .object($0) })
            print(object.serialized)
        } else {
            for file in files {
                let name = file["name"]?.string ?? ""
                write(
                    namesOnly || file["change"] == "redescribed"
                        ? line(of: file) : text(of: try compare(name), name: name))
            }
            if namesOnly { write(counts(of: summary)) }
            let others = summary["about"]?.array?.compactMap(\.string) ?? []
            if !others.isEmpty { write("Also different: \(others.joined(separator: ", ")).\n") }
        }
        return !files.isEmpty || summary["about"]?.array?.isEmpty == false
    }

    private func compare() throws -> (summary: JSONObject, files: [JSONObject]) {
        var files: [JSONObject] = []
        while true {
            let page = try releases.control.send(
                .get, "comparison",
                [
                    "from": from.description, "to": to.description, "offset": String(files.count),
                    "limit": String(Self.pageSize),
                ])
            let more = page["files"]?.array?.compactMap(\.object) ?? []
            files += more
            if more.count < Self.pageSize { return (page, files) }
        }
    }

    private func compare(_ file: String) throws -> JSONObject {
        try releases.control.send(
            .get, "comparison/file", ["from": from.description, "to": to.description, "name": file])
    }

    // MARK: - Text

    private func write(_ text: String) { print(PrintableText.lines(text), terminator: "") }

    private func size(_ content: JSONValue?) -> String? { content?.object?["size"]?.integer.map(Quantity.size) }

    /// The line of a file in a list.
    private func line(of file: JSONObject) -> String {
        let name = file["name"]?.string ?? ""
        let (old, new) = (size(file["from"]) ?? "", size(file["to"]) ?? "")
        return switch file["change"]?.string {
        case "added": "+ \(name)  \(new)\n"
        case "removed": "- \(name)  \(old)\n"
        case "redescribed": "~ \(name)  same content, another description\n"
        default: "~ \(name)  \(old) → \(new)\n"
        }
    }

    private func counts(of summary: JSONObject) -> String {
        func count(_ name: String) -> Int { summary[name]?.integer ?? 0 }
        guard count("total") > 0 else { return "No file differs.\n" }
        let changed = Quantity.count(count("changed") + count("redescribed"), "file")
        return "\(changed) changed, \(count("added")) added, \(count("removed")) removed, \(count("same")) the same.\n"
    }

    /// The difference of a file as `diff -u` writes it.
    private func text(of comparison: JSONObject, name: String) -> String {
        let (old, new) = ("\(from)/\(name)", "\(to)/\(name)")
        guard comparison["same"]?.boolean != true else { return "" }
        guard let hunks = comparison["hunks"]?.array else {
            let sizes = [size(comparison["from"]) ?? "nothing", size(comparison["to"]) ?? "nothing"]
            let kind = comparison["kind"] == "large" ? "Large files" : "Binary files"
            return "\(kind) \(old) and \(new) differ: \(sizes.joined(separator: " → "))\n"
        }
        let difference = LineDifference(
            hunks: hunks.compactMap { $0.object.flatMap { LineDifference.Hunk($0) } },
            isCut: comparison["cut"]?.boolean == true)
        let text = difference.text(
            from: comparison["from"] == nil ? "/dev/null" : old, to: comparison["to"] == nil ? "/dev/null" : new)
        return text + (difference.isCut ? "… and more.\n" : "")
    }
}
