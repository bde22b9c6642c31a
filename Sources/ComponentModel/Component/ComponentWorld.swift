import WebAssembly

/// What a component is to others, and what is in it: for people who want to know what they have.
package struct ComponentWorld: Hashable, Sendable {
    /// A core module in the component.
    package struct CoreModule: Hashable, Sendable {
        /// As its name section says.
        package let name: String?
        package let byteCount: Int
    }

    /// The names of interfaces and functions that it imports, versions included, in the order of the binary.
    package let imports: [String]
    /// The names of interfaces and functions that it exports.
    package let exports: [String]
    /// All core modules in it, also those of components within.
    package let modules: [CoreModule]
    /// What made it, in words, if it says so.
    package let producers: String?

    package init(of component: Component) {
        var imports: [String] = []
        var exports: [String] = []
        for definition in component.definitions {
            switch definition {
            case .import(let declaration):
                switch declaration.type {
                case .function, .instance: imports.append(declaration.name.name)
                default: break
                }
            case .export(let export):
                switch export.definition.sort {
                case .function, .instance: exports.append(export.name.name)
                default: break
                }
            default: break
            }
        }
        self.imports = imports
        self.exports = exports
        modules = component.coreModules.map { CoreModule(name: $0.names.module, byteCount: $0.range.count) }
        producers = Producers(of: component).description
    }
}
