package import Bindle
import Content
package import OCI

/// A module and the route that it serves, as `modules.toml` or a bindle declares it.
package struct HandlerDefinition: Sendable {
    package var route: Route
    package var module: ModuleReference
    /// The function to call, `_start` unless it is given.
    package var entrypoint: String?
    /// A template for the module's arguments.
    package var argumentTemplate: String?
    /// URLs that the module may send requests to.
    package var allowedHosts: [String]
    /// How many requests the module may have under way at a time, 0 for any number, nil for the usual one.
    package var maximumRequestConcurrency: Int?
    /// How many requests an instance of a component answers, one after the other.
    package var reuse = 1
    /// Whether imports of a component that are not provided trap when they are called, and not when it is loaded.
    package var stubsImports = false
    /// Directories that the module gets, by the path under which it gets them.
    package var volumes: [Volume]
    /// Whether the module gets the wwwroot as `/`.
    package var hasAssets: Bool
    /// Whether the module comes from another bindle than the one that is served.
    package var isFromOtherBindle: Bool
    /// Variables for this module; those for all modules are stronger.
    package var environment: [(name: String, value: String)] = []

    package struct Volume: Hashable, Sendable {
        /// The name of the directory that the module has open: an absolute path, or any other text.
        package let guestPath: String
        package let hostPath: String
        /// Where it is declared, for messages.
        package let place: String

        package init(guestPath: String, hostPath: String, place: String) {
            self.guestPath = guestPath
            self.hostPath = hostPath
            self.place = place
        }
    }

    package init(
        route: Route, module: ModuleReference, entrypoint: String? = nil, argumentTemplate: String? = nil,
        allowedHosts: [String] = [], maximumRequestConcurrency: Int? = nil, volumes: [Volume] = [],
        hasAssets: Bool = false, isFromOtherBindle: Bool = false
    ) {
        self.route = route
        self.module = module
        self.entrypoint = entrypoint
        self.argumentTemplate = argumentTemplate
        self.allowedHosts = allowedHosts
        self.maximumRequestConcurrency = maximumRequestConcurrency
        self.volumes = volumes
        self.hasAssets = hasAssets
        self.isFromOtherBindle = isFromOtherBindle
    }
}

/// Where a module's bytes are.
package struct ModuleReference: Hashable, Sendable {
    enum Source: Hashable, Sendable {
        case file(path: String)
        /// A content of the application.
        case content(ContentFile)
        /// The first module of a bindle that is in none of its groups.
        case bindle(BindleID, server: String)
        /// The module of an image.
        case image(ImageReference)
    }

    let source: Source
    /// What people call the module: the path, or its name in a bindle.
    package let name: String

    /// A module in a file.
    package init(path: String, name: String? = nil) {
        source = .file(path: path)
        self.name = name ?? path
    }

    /// The path of the module, if it is in a file.
    package var path: String? { if case .file(let path) = source { path } else { nil } }

    /// The module of a bindle.
    ///
    /// - Parameter server: the URL of the Bindle server, `/v1` included.
    package init(bindle id: BindleID, server: String) {
        source = .bindle(id, server: server)
        name = "bindle:\(id)"
    }

    /// The module of an image in a registry.
    package init(image reference: ImageReference) {
        source = .image(reference)
        name = "oci:\(reference)"
    }

    init(_ content: ContentFile, name: String) {
        source = .content(content)
        self.name = name
    }
}
