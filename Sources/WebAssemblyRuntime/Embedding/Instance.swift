package import WebAssembly

/// An instance of a module in a store.
///
/// Sendable because it is a reference into its store, which one thread uses at a time.
package struct Instance: Hashable, @unchecked Sendable {
    let context: UnsafeMutableRawPointer
    package let store: Store

    init(context: UnsafeMutableRawPointer, store: Store) {
        self.context = context
        self.store = store
    }

    package static func == (left: Instance, right: Instance) -> Bool { left.context == right.context }

    package func hash(into hasher: inout Hasher) { hasher.combine(context) }

    var head: UnsafeMutablePointer<InstanceContext> { context.assumingMemoryBound(to: InstanceContext.self) }

    var translated: TranslatedModule { head.pointee.translated.takeUnretainedValue() }

    /// The module this is an instance of.
    package var module: Module { translated.module }

    // MARK: Exports

    /// The exported function of a name.
    package func function(named name: String) -> Function? {
        guard let export = module.export(named: name), export.kind == .function else { return nil }
        return function(at: export.index)
    }

    /// The exported memory of a name.
    package func memory(named name: String) -> Memory? {
        guard let export = module.export(named: name), export.kind == .memory else { return nil }
        return Memory(record: head.pointee.memories[Int(export.index)], store: store)
    }

    /// The exported table of a name.
    package func table(named name: String) -> Table? {
        guard let export = module.export(named: name), export.kind == .table else { return nil }
        return Table(record: head.pointee.tables[Int(export.index)], store: store)
    }

    /// The exported global of a name.
    package func global(named name: String) -> Global? {
        guard let export = module.export(named: name), export.kind == .global else { return nil }
        return global(at: Int(export.index))
    }

    /// The exported tag of a name.
    package func tag(named name: String) -> Tag? {
        guard let export = module.export(named: name), export.kind == .tag else { return nil }
        return tag(at: Int(export.index))
    }

    /// The export at an index among the module's exports.
    package func export(at index: Int) -> ExternalValue {
        let export = module.exports[index]
        let index = Int(export.index)
        switch export.kind {
        case .function: return .function(function(at: export.index))
        case .memory: return .memory(Memory(record: head.pointee.memories[index], store: store))
        case .table: return .table(Table(record: head.pointee.tables[index], store: store))
        case .global: return .global(global(at: index))
        case .tag: return .tag(tag(at: index))
        }
    }

    private func function(at index: UInt32) -> Function {
        Function(record: context.functionRecord(Int(index)), store: store)
    }

    private func global(at index: Int) -> Global {
        Global(
            cell: head.pointee.globals[index].assumingMemoryBound(to: GlobalCell.self), type: module.globals[index],
            store: store)
    }

    private func tag(at index: Int) -> Tag {
        Tag(record: head.pointee.tags[index], type: module.tags[index], store: store)
    }
}
