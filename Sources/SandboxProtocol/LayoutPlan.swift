import JSON

/// What a WAGI process serves, told as what is to be changed in a directory that another one has laid out before it, so
/// that loading a revision takes as long as there are changes, however many files there are.
package struct LayoutPlan: Hashable, Sendable {
    /// The directory of the application's files; absolute. It outlives the process.
    package var directory: String
    /// Whether the files are there but for `changes`. Otherwise the process lays out all files of the bindle, in place of
    /// whatever the directory holds.
    package var isLaidOut: Bool
    /// Files that are, or may be, other than the directory has them.
    package var changes: [Change]
    /// All handlers, in the order in which their routes are tried.
    package var handlers: [Handler]

    package struct Content: Hashable, Sendable {
        /// 64 hexadecimal digits.
        package let sha256: String
        /// Bytes.
        package let size: Int

        package init(sha256: String, size: Int) {
            self.sha256 = sha256
            self.size = size
        }
    }

    /// A file of the application.
    package struct Change: Hashable, Sendable {
        package let name: String
        /// `nil` if there is no such file.
        package let content: Content?

        package init(name: String, content: Content?) {
            self.name = name
            self.content = content
        }
    }

    package struct Handler: Hashable, Sendable {
        package let name: String
        package let content: Content
        /// What the bindle says of it: the feature `wagi`.
        package let feature: [String: String]
        package let hasAssets: Bool

        package init(name: String, content: Content, feature: [String: String], hasAssets: Bool) {
            self.name = name
            self.content = content
            self.feature = feature
            self.hasAssets = hasAssets
        }
    }

    package init(directory: String, isLaidOut: Bool, changes: [Change], handlers: [Handler]) {
        self.directory = directory
        self.isLaidOut = isLaidOut
        self.changes = changes
        self.handlers = handlers
    }
}

extension LayoutPlan {
    var json: JSONValue {
        .object([
            "directory": .string(directory), "isLaidOut": .boolean(isLaidOut),
            "changes": .array(changes.map { $0.json }), "handlers": .array(handlers.map { $0.json }),
        ])
    }

    init?(json: JSONValue) {
        guard let object = json.object, let directory = object["directory"]?.string,
            let isLaidOut = object["isLaidOut"]?.boolean, let changes = object["changes"]?.array,
            let handlers = object["handlers"]?.array
        else { return nil }
        let parsedChanges = changes.compactMap { Change(json: $0) }
        let parsedHandlers = handlers.compactMap { Handler(json: $0) }
        guard parsedChanges.count == changes.count, parsedHandlers.count == handlers.count else { return nil }
        self.init(directory: directory, isLaidOut: isLaidOut, changes: parsedChanges, handlers: parsedHandlers)
    }
}

extension LayoutPlan.Change {
    fileprivate var json: JSONValue {
        guard let content else { return .object(["name": .string(name)]) }
        return .object(["name": .string(name), "sha256": .string(content.sha256), "size": .integer(content.size)])
    }

    fileprivate init?(json: JSONValue) {
        guard let object = json.object, let name = object["name"]?.string else { return nil }
        self.init(name: name, content: LayoutPlan.Content(json: object))
    }
}

extension LayoutPlan.Handler {
    fileprivate var json: JSONValue {
        var settings = JSONObject()
        for (key, value) in feature.sorted(by: { $0.key < $1.key }) { settings[key] = .string(value) }
        return .object([
            "name": .string(name), "sha256": .string(content.sha256), "size": .integer(content.size),
            "feature": .object(settings), "hasAssets": .boolean(hasAssets),
        ])
    }

    fileprivate init?(json: JSONValue) {
        guard let object = json.object, let name = object["name"]?.string,
            let content = LayoutPlan.Content(json: object), let hasAssets = object["hasAssets"]?.boolean,
            let settings = object["feature"]?.object
        else { return nil }
        var feature: [String: String] = [:]
        for member in settings.members { feature[member.name] = member.value.string }
        self.init(name: name, content: content, feature: feature, hasAssets: hasAssets)
    }
}

extension LayoutPlan.Content {
    fileprivate init?(json: JSONObject) {
        guard let sha256 = json["sha256"]?.string, let size = json["size"]?.integer, size >= 0 else { return nil }
        self.init(sha256: sha256, size: size)
    }
}
