import WebAssembly
package import WebAssemblyRuntime

/// A component with its imports resolved, and all that it takes to make an instance: made once, instantiated often, by all
/// threads and in any store.
///
/// The tree of components in it is gone: what is left is a list of steps, which instantiates core modules and takes
/// functions and memories from them by number. Nothing is looked up by name.
package final class LinkedComponent: Sendable {
    /// What the component exports.
    package let exports: [ComponentExport]
    /// The host's interfaces, without their versions, of which it imports functions.
    package let calledInterfaces: Set<String>
    /// The core modules that it instantiates, each once.
    package let modules: [TranslatedModule]
    let layouts: LayoutTable
    let resources: [ResourceImplementation]
    let instanceCount: Int
    let steps: [LinkStep]
    /// The core functions that linking makes: lowered functions and built-ins.
    let trampolines: [CoreHostFunction]
    let images: ComponentImageCache
    private let functions: [ExportName: ExportedFunction]

    init(
        exports: [ComponentExport], calledInterfaces: Set<String>, functions: [ExportName: ExportedFunction],
        modules: [TranslatedModule], layouts: LayoutTable, resources: [ResourceImplementation], instanceCount: Int,
        steps: [LinkStep],
        trampolines: [CoreHostFunction]
    ) {
        self.exports = exports
        self.calledInterfaces = calledInterfaces
        self.functions = functions
        self.modules = modules
        self.layouts = layouts
        self.resources = resources
        self.instanceCount = instanceCount
        self.steps = steps
        self.trampolines = trampolines
        images = ComponentImageCache(isWorthwhile: Self.isImageWorthwhile(modules, steps))
    }

    /// Whether instantiation takes long: start functions run, or much is copied into memories and tables of other
    /// instances. What a module puts into its own, the engine has in place.
    private static func isImageWorthwhile(_ modules: [TranslatedModule], _ steps: [LinkStep]) -> Bool {
        var copiedByteCount = 0
        for case .instantiate(let number, _) in steps {
            let module = modules[number].module
            if module.startFunction != nil { return true }
            if module.importedMemoryCount > 0 {
                copiedByteCount += module.dataSegments.reduce(0) { $0 + $1.bytes.count }
            }
            if module.importedTableCount > 0 {
                copiedByteCount += module.elementSegments.reduce(0) { $0 + $1.items.count * 8 }
            }
        }
        return copiedByteCount >= leastCopiedByteCount
    }

    /// Copying so much takes as long as mapping an image.
    private static let leastCopiedByteCount = 128 << 10

    /// Makes an instance: instantiates the core modules, whose start functions run.
    ///
    /// - Throws: ``Trap``: a start function did not return, a segment does not fit, or a limit of the store is exceeded.
    package func instantiate(in store: Store) throws(Trap) -> ComponentInstance {
        try ComponentInstance(self, in: store)
    }

    /// An exported function: to be asked for once, before there are instances.
    package func exportedFunction(_ name: ExportName) -> ExportedFunction? { functions[name] }
}

typealias CoreHostFunction = WebAssemblyRuntime.HostFunction

/// The name of a function that a component exports.
package struct ExportName: Hashable, Sendable, CustomStringConvertible {
    /// The exported instance that it is in, by its whole name, such as `wasi:cli/run@0.2.3`; nil for a function that the
    /// component itself exports.
    package let interface: String?
    package let function: String

    package init(_ function: String, in interface: String? = nil) {
        self.interface = interface
        self.function = function
    }

    package var description: String { (interface.map { $0 + "#" } ?? "") + function }
}

/// What a component exports.
package struct ComponentExport: Sendable {
    package enum Kind: Sendable {
        case function(FunctionType)
        /// An instance, an interface most often, with the functions in it.
        case instance([(name: String, type: FunctionType)])
        /// A type, a component, a core module: what has no use at run time.
        case other(String)
    }

    package let name: String
    package let kind: Kind
}

/// A function that a linked component exports, the same for all instances.
package struct ExportedFunction: Sendable {
    enum Kind: Sendable {
        case lifted(LiftedFunction)
        /// A function of the host that the component exports as it is.
        case host(HostFunction)
        /// An import that nobody provides.
        case missing(String)
    }

    package let type: FunctionType
    let kind: Kind
}
