import HTTP

/// The feature `wagi` of a parcel's label: what a WAGI host is to do with the parcel.
///
/// A module with a route answers requests; a file belongs to the wwwroot of the modules that require its group.
package struct WAGIFeature: Hashable, Sendable {
    /// The settings as the invoice has them, unknown ones included.
    package var settings: [String: String]

    /// Takes settings as an invoice has them.
    package init(settings: [String: String] = [:]) {
        self.settings = settings
    }

    /// The feature of a file in the wwwroot.
    package static let file = WAGIFeature(settings: ["file": "true"])

    /// The feature of a module.
    /// - Parameters:
    ///   - route: The path that it answers at; `nil` for a module that only other bindles use.
    ///   - entrypoint: The function that is called; `nil` for `_start`.
    package static func module(route: String?, entrypoint: String?) -> WAGIFeature {
        var feature = WAGIFeature(settings: ["file": "false"])
        feature.route = route
        feature.entrypoint = entrypoint
        return feature
    }

    /// Whether the parcel is a file of the wwwroot.
    package var isFile: Bool { settings["file"] == "true" }

    /// The path that a module answers at. A bindle may say what it likes: it need not begin with `/`.
    package var route: String? {
        get { settings["route"] }
        set { settings["route"] = newValue }
    }

    /// The function of the module that is called; `nil` for `_start`.
    package var entrypoint: String? {
        get { settings["entrypoint"] }
        set { settings["entrypoint"] = newValue }
    }

    /// The template of the arguments that the module gets.
    package var argumentTemplate: String? {
        get { settings["argv"] }
        set { settings["argv"] = newValue }
    }

    /// The hosts that the module may send requests to, as a list with commas; empty where the invoice has no such list.
    package var allowedHosts: [String] {
        get {
            (settings["allowed_hosts"] ?? "").split(separator: ",")
                .map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
        }
        set { settings["allowed_hosts"] = newValue.joined(separator: ",") }
    }

    /// Whether `allowedHosts` may have a text: the URL of a host, or the word that allows all of them.
    package static func isAllowedHost(_ text: String) -> Bool {
        text == "insecure:allow-all"
            || (!text.contains(",") && !text.contains(where: \.isWhitespace) && (try? HTTPURL(text)) != nil)
    }

    /// How many requests an instance of a component may answer, one after the other, as the invoice writes it; `nil` for
    /// a fresh instance for each.
    package var reuse: String? {
        get { settings["reuse"] }
        set { settings["reuse"] = newValue }
    }

    /// Whether imports of a component that are not provided trap when they are called, and not when it is loaded.
    package var stubsImports: Bool {
        get { settings["stub_imports"] == "true" }
        set { settings["stub_imports"] = newValue ? "true" : nil }
    }

    /// How many requests of its own the module may have under way, as the invoice writes it: possibly no number.
    package var maximumRequestConcurrency: String? { settings["http_max_concurrency"] }
}

extension Label {
    private static let wagiFeatureName = "wagi"
    private static let notStagedAnnotation = "hippos_do_not_stage"
    private static let exportAnnotation = "wagi_handler_id"

    /// The features of a label that is a file of the wwwroot, shared by all of them.
    package static let featureOfFiles = [wagiFeatureName: WAGIFeature.file.settings]

    /// What a WAGI host is to do with the parcel; `nil` where the label says nothing of it.
    package var wagi: WAGIFeature? {
        get { feature[Self.wagiFeatureName].map { WAGIFeature(settings: $0) } }
        set { feature[Self.wagiFeatureName] = newValue?.settings }
    }

    /// Whether the parcel is a file of the wwwroot.
    package var isWAGIFile: Bool { feature[Self.wagiFeatureName]?["file"] == "true" }

    /// Whether the parcel comes from another bindle rather than from the project.
    package var isFromOtherBindle: Bool {
        get { annotations[Self.notStagedAnnotation] != nil }
        set { annotations[Self.notStagedAnnotation] = newValue ? "true" : nil }
    }

    /// The name by which other bindles use this module.
    package var exportedHandler: String? {
        get { annotations[Self.exportAnnotation] }
        set { annotations[Self.exportAnnotation] = newValue }
    }
}
