import Content

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
    /// How many requests the module may have under way at a time, nil for no limit of its own.
    package var maximumRequestConcurrency: Int?
    /// Directories that the module gets, by the path under which it gets them.
    package var volumes: [Volume]
    /// Whether the module gets the wwwroot as `/`.
    package var hasAssets: Bool

    package struct Volume: Hashable, Sendable {
        package let guestPath: String
        package let hostPath: String

        package init(guestPath: String, hostPath: String) {
            self.guestPath = guestPath
            self.hostPath = hostPath
        }
    }

    package init(
        route: Route, module: ModuleReference, entrypoint: String? = nil, argumentTemplate: String? = nil,
        allowedHosts: [String] = [], maximumRequestConcurrency: Int? = nil, volumes: [Volume] = [],
        hasAssets: Bool = false
    ) {
        self.route = route
        self.module = module
        self.entrypoint = entrypoint
        self.argumentTemplate = argumentTemplate
        self.allowedHosts = allowedHosts
        self.maximumRequestConcurrency = maximumRequestConcurrency
        self.volumes = volumes
        self.hasAssets = hasAssets
    }
}

/// Where a module's bytes are.
package struct ModuleReference: Hashable, Sendable {
    enum Source: Hashable, Sendable {
        case file(path: String)
        /// A content of the application.
        case content(ContentFile)
    }

    let source: Source
    /// What people call the module: the path, or its name in a bindle.
    package let name: String

    /// A module in a file.
    package init(path: String, name: String? = nil) {
        source = .file(path: path)
        self.name = name ?? path
    }

    init(_ content: ContentFile, name: String) {
        source = .content(content)
        self.name = name
    }
}
