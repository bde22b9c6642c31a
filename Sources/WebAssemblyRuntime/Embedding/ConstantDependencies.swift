import WebAssembly

/// What of a module's initial state is the same in each instance, and what comes from the imports of each.
struct ConstantDependencies: Sendable {
    /// Whether globals begin with values of imported ones.
    let globalsDependOnImports: Bool
    /// Whether the first contents of the module's own tables and passive segments do: their elements or their places.
    let elementsDependOnImports: Bool
    /// Whether globals, tables or segments begin with objects, which belong to a store's heap.
    let makesObjects: Bool

    init(_ module: Module) {
        // Initialisers may read the globals before them.
        var dependentGlobals = Set(0..<UInt32(module.importedGlobalCount))
        func dependsOnImports(_ expression: ConstantExpression) -> Bool {
            module.instructions(of: expression).contains { instruction in
                if case .globalGet(let index) = instruction { dependentGlobals.contains(index) } else { false }
            }
        }
        for (defined, initializer) in module.globalInitializers.enumerated() where dependsOnImports(initializer) {
            dependentGlobals.insert(UInt32(module.importedGlobalCount + defined))
        }
        globalsDependOnImports = dependentGlobals.count > module.importedGlobalCount

        let items = module.elementSegments.lazy.map { segment -> [ConstantExpression] in
            if case .expressions(let expressions) = segment.items { expressions } else { [] }
        }
        let tables = module.tableInitializers.lazy.compactMap { $0 }
        elementsDependOnImports =
            tables.contains(where: dependsOnImports)
            || zip(module.elementSegments, items).contains { segment, items in
                switch segment.mode {
                case .declarative: return false
                case .passive: return items.contains(where: dependsOnImports)
                case .active(let table, let offset):
                    // Those over imported tables are copied for each instance.
                    guard Int(table) >= module.importedTableCount else { return false }
                    return dependsOnImports(offset) || items.contains(where: dependsOnImports)
                }
            }

        func makesObject(_ expression: ConstantExpression) -> Bool {
            module.instructions(of: expression).contains { instruction in
                switch instruction {
                case .structureNew, .structureNewDefault, .arrayNew, .arrayNewDefault, .arrayNewFixed: true
                default: false
                }
            }
        }
        makesObjects =
            module.globalInitializers.contains(where: makesObject) || tables.contains(where: makesObject)
            || items.contains { $0.contains(where: makesObject) }
    }
}
