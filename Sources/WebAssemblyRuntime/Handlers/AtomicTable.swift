import WebAssembly

extension HandlerTable {
    /// Atomic access to memory; see there for the forms.
    static let atomic: HandlerTable = {
        var table = HandlerTable()
        addAtomicAccesses(to: &table)
        addAtomicWaits(to: &table)
        return table
    }()
}
