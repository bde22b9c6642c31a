import Bindle
package import TOML

/// What is said of handlers outside of HIPPOFACTS, which has no keys for it: in `hippo-dev.toml`, and on the command line.
package struct HandlerSettings: Hashable, Sendable {
    /// What is said of the handlers with one route.
    package struct Handler: Hashable, Sendable {
        package let route: String
        /// The template of the arguments that the module gets; `nil` for the usual ones.
        package let argumentTemplate: String?
        /// URLs whose hosts the module may send requests to.
        package let allowedHosts: [String]
        /// How many requests an instance of a component answers before there is a new one; `nil` for one.
        package let reuse: Int?
        /// Whether imports of a component that are not provided trap when they are called.
        package let stubsImports: Bool
        /// Where it stands in the file.
        package let position: SourcePosition?

        package init(
            route: String, argumentTemplate: String?, allowedHosts: [String], reuse: Int? = nil,
            stubsImports: Bool = false, position: SourcePosition?
        ) {
            self.route = route
            self.argumentTemplate = argumentTemplate
            self.allowedHosts = allowedHosts
            self.reuse = reuse
            self.stubsImports = stubsImports
            self.position = position
        }
    }

    /// The file that `handlers` stand in, in the project's directory.
    package let file: String
    package var handlers: [Handler]
    /// URLs whose hosts all modules may send requests to.
    package var allowedHosts: [String]

    package init(file: String = "hippo-dev.toml", handlers: [Handler] = [], allowedHosts: [String] = []) {
        self.file = file
        self.handlers = handlers
        self.allowedHosts = allowedHosts
    }

    package var isEmpty: Bool { handlers.isEmpty && allowedHosts.isEmpty }

    /// The feature of a module that answers at a route.
    func feature(route: String, entrypoint: String?) -> WAGIFeature {
        var feature = WAGIFeature.module(route: route, entrypoint: entrypoint)
        let handler = handlers.first { $0.route == route }
        feature.argumentTemplate = handler?.argumentTemplate
        let hosts = allowedHosts + (handler?.allowedHosts ?? [])
        if !hosts.isEmpty { feature.allowedHosts = hosts }
        feature.reuse = handler?.reuse.map { "\($0)" }
        feature.stubsImports = handler?.stubsImports ?? false
        return feature
    }
}
