package import WebAssemblyRuntime

/// The interfaces that components' imports are resolved with.
package struct ComponentLinker: Sendable {
    /// By their names without versions.
    private var interfaces: [String: [HostInterface]] = [:]

    package init() {}

    /// Adds an interface of the host.
    package mutating func add(_ interface: HostInterface) {
        interfaces[interface.name, default: []].append(interface)
    }

    /// Resolves a component's imports, and lays out all that instantiation has to do.
    ///
    /// - Parameters:
    ///   - stubImports: Whether functions that nobody provides are linked as ones that trap when they are called.
    ///   - traced: The calls of functions of the core modules that stores' observers are told of: see
    ///     `Store.callObserver`. Those of the host are not among them, but find in `Store.tracedCallCount` how many are
    ///     around them.
    /// - Throws: ``ComponentLinkError``, which lists all that is missing, or of another type.
    package func link(
        _ component: Component, stubImports: Bool = false, traced: TracedCalls? = nil
    ) throws(ComponentLinkError) -> LinkedComponent {
        var linking = ComponentLinking(self, stubImports: stubImports, traced: traced)
        return try linking.link(component)
    }

    /// The interface that is given where one of a name is asked for.
    func interface(_ name: InterfaceName) -> HostInterface? {
        interfaces[name.base]?.first { InterfaceName("\($0.name)@\($0.version)").isCompatible(with: name) }
    }

    /// The versions of an interface that there are, in words; nil if there is none.
    func versions(of name: InterfaceName) -> String? {
        interfaces[name.base].map { interfaces in
            interfaces.map { "version \($0.version)" }.joined(separator: " and ")
        }
    }
}
