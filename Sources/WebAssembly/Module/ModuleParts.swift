/// The fields of a ``Module`` while they are being collected.
struct ModuleParts {
    let binary: ModuleBinary
    let range: Range<Int>
    var types: [CanonicalType] = []
    var imports: [Import] = []
    var functions: [CanonicalType] = []
    var tables: [TableType] = []
    var memories: [MemoryType] = []
    var globals: [GlobalType] = []
    var tags: [TagType] = []
    var exports: [Export] = []
    var exportIndices: [ExactName: Int] = [:]
    var importedFunctionCount = 0
    var importedTableCount = 0
    var importedMemoryCount = 0
    var importedGlobalCount = 0
    var importedTagCount = 0
    var functionBodies: [FunctionBody] = []
    var tableInitializers: [ConstantExpression?] = []
    var globalInitializers: [ConstantExpression] = []
    var startFunction: UInt32?
    var elementSegments: [ElementSegment] = []
    var dataSegments: [DataSegment] = []
    var customSections: [CustomSection] = []
    var codeSection: Range<Int>?

    init(binary: ModuleBinary, range: Range<Int>) {
        self.binary = binary
        self.range = range
    }
}
