/// A module and the route that it serves, as `modules.toml` or a bindle declares it.
public struct HandlerDefinition: Sendable {
    public var route: Route
    public var module: ModuleReference
    /// The function to call, `_start` unless it is given.
    public var entrypoint: String?
    /// A template for the module's arguments.
    public var argumentTemplate: String?
    /// URLs that the module may send requests to.
    public var allowedHosts: [String]
    /// How many requests the module may have under way at a time, nil for no limit of its own.
    public var maximumRequestConcurrency: Int?
    /// Directories that the module gets, by the path under which it gets them.
    public var volumes: [Volume]
    /// Whether the module gets the wwwroot as `/`.
    public var hasAssets: Bool

    public struct Volume: Hashable, Sendable {
        public let guestPath: String
        public let hostPath: String

        public init(guestPath: String, hostPath: String) {
            self.guestPath = guestPath
            self.hostPath = hostPath
        }
    }

    public init(
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
public struct ModuleReference: Hashable, Sendable {
    /// The file that holds them.
    public let path: String
    /// What people call the module: the path, or its name in a bindle.
    public let name: String

    public init(path: String, name: String? = nil) {
        self.path = path
        self.name = name ?? path
    }
}
