package import WebAssembly

/// A WebAssembly component, decoded and valid (Component Model, "Binary.md").
///
/// It is immutable, and shared by all its instances and threads. Its definitions stand in the order of the binary, since
/// each may only refer to those before it. Each says which index space it adds to.
package final class Component: Sendable {
    /// The bytes of the outermost component, which all ranges refer to.
    package let binary: ModuleBinary

    /// Where this component stands in ``binary``, its preamble included.
    package let range: Range<Int>

    package let definitions: [Definition]

    /// The custom sections of this component, without those of the modules and components in it.
    package let customSections: [CustomSection]

    /// All core modules in it, also those of components within, in the order of the binary.
    package var coreModules: [Module] {
        definitions.flatMap { definition -> [Module] in
            switch definition {
            case .coreModule(let module): [module]
            case .component(let inner): inner.coreModules
            default: []
            }
        }
    }

    init(_ parts: ComponentParts) {
        binary = parts.binary
        range = parts.range
        definitions = parts.definitions
        customSections = parts.customSections
    }
}
