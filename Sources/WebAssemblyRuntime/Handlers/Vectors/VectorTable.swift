import WebAssembly

extension HandlerTable {
    /// Instructions on vectors, whose operands are all in slots; for loads and stores, see there for the forms.
    static let vector: HandlerTable = {
        var table = HandlerTable()
        addVectorIntegers(to: &table)
        addVectorComparisons(to: &table)
        addVectorFloats(to: &table)
        addVectorConversions(to: &table)
        addVectorLanes(to: &table)
        addVectorAccesses(to: &table)
        return table
    }()
}
