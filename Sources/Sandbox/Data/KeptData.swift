package import JSON
package import Platform

/// Where the handlers of a project keep what they write, and how much that may be.
package struct KeptData: Hashable, Sendable {
    /// Of the directory; absolute.
    package let path: String
    /// Bytes, as `DirectoryUsage.cost` counts them; `nil` for as many as there is room for.
    package let limit: Int?

    /// What settings say; `nil` if handlers keep nothing.
    init?(_ settings: SandboxSettings) {
        guard let data = settings.data else { return nil }
        path = data.path
        limit = settings.dataLimit
    }

    /// What the settings of a project say that does not run; `nil` if its handlers keep nothing.
    package init?(ofProject path: String) throws {
        self.init(try SettingsFile.read(inProject: try Project(at: path).directory))
    }

    /// How much there is now.
    package var usage: DirectoryUsage { DirectoryUsage(of: path) }

    // MARK: JSON

    var json: JSONObject {
        var object: JSONObject = ["path": .string(path)]
        object["limit"] = limit.map { .integer($0) }
        return object
    }

    init?(json: JSONObject) {
        guard let path = json["path"]?.string else { return nil }
        self.path = path
        limit = json["limit"]?.integer
    }

    /// As an object for tools, with how much there is now.
    package var measured: JSONObject {
        let usage = usage
        var object = json
        object["files"] = .integer(usage.files)
        object["bytes"] = .integer(Int(usage.cost))
        return object
    }
}
