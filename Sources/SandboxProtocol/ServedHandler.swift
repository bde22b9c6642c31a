import JSON

/// A handler that a WAGI process is to serve, as the bindle has it.
package struct ServedHandler: Hashable, Sendable {
    /// The name of the module's parcel.
    package let name: String
    /// 64 hexadecimal digits.
    package let sha256: String
    /// Bytes of the module.
    package let size: Int
    /// What the bindle says of it: the feature `wagi`.
    package let feature: [String: String]
    /// Whether any files belong to it.
    package let hasAssets: Bool
    /// Whether the module comes from another bindle rather than from the project.
    package let isFromOtherBindle: Bool

    package init(
        name: String, sha256: String, size: Int, feature: [String: String], hasAssets: Bool, isFromOtherBindle: Bool
    ) {
        self.name = name
        self.sha256 = sha256
        self.size = size
        self.feature = feature
        self.hasAssets = hasAssets
        self.isFromOtherBindle = isFromOtherBindle
    }
}

extension ServedHandler {
    var json: JSONValue {
        var settings = JSONObject()
        for (key, value) in feature.sorted(by: { $0.key < $1.key }) { settings[key] = .string(value) }
        return .object([
            "name": .string(name), "sha256": .string(sha256), "size": .integer(size), "feature": .object(settings),
            "hasAssets": .boolean(hasAssets), "isFromOtherBindle": .boolean(isFromOtherBindle),
        ])
    }

    init?(json: JSONValue) {
        guard let object = json.object, let name = object["name"]?.string, let sha256 = object["sha256"]?.string,
            let size = object["size"]?.integer, size >= 0, let hasAssets = object["hasAssets"]?.boolean,
            let isFromOtherBindle = object["isFromOtherBindle"]?.boolean, let settings = object["feature"]?.object
        else { return nil }
        var feature: [String: String] = [:]
        for member in settings.members { feature[member.name] = member.value.string }
        self.init(
            name: name, sha256: sha256, size: size, feature: feature, hasAssets: hasAssets,
            isFromOtherBindle: isFromOtherBindle)
    }
}
