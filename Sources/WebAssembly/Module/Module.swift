/// A WebAssembly module, decoded and valid.
///
/// It is immutable, and shared by all instances and threads. Index spaces are arrays in which imports come first, as
/// in the specification. Function bodies stay in the binary; ``body(of:)`` tells where.
package final class Module: Sendable {
    /// The binary that all ranges refer to.
    package let binary: ModuleBinary

    /// Where this module stands in ``binary``, its preamble included: all of it, except for a module in a component.
    package let range: Range<Int>

    /// The type index space.
    package let types: [CanonicalType]

    package let imports: [Import]

    /// The function index space: each function's type.
    package let functions: [CanonicalType]

    /// The table index space.
    package let tables: [TableType]

    /// The memory index space.
    package let memories: [MemoryType]

    /// The global index space.
    package let globals: [GlobalType]

    /// The tag index space.
    package let tags: [TagType]

    package let exports: [Export]

    package let importedFunctionCount: Int
    package let importedTableCount: Int
    package let importedMemoryCount: Int
    package let importedGlobalCount: Int
    package let importedTagCount: Int

    /// The bodies of the functions that are not imported.
    package let functionBodies: [FunctionBody]

    /// The initial element of each table that is not imported; `nil` stands for null.
    package let tableInitializers: [ConstantExpression?]

    /// The initial value of each global that is not imported.
    package let globalInitializers: [ConstantExpression]

    /// The function that instantiation calls last.
    package let startFunction: UInt32?

    package let elementSegments: [ElementSegment]

    package let dataSegments: [DataSegment]

    /// All custom sections, in the order in which they stand.
    package let customSections: [CustomSection]

    /// The content of the code section, as offsets in the binary.
    let codeSection: Range<Int>?

    let lineTableStorage = LazyLineTable()

    private let exportIndices: [ExactName: Int]
    private let nameStorage: LazyNames

    init(_ parts: ModuleParts) {
        binary = parts.binary
        range = parts.range
        types = parts.types
        imports = parts.imports
        functions = parts.functions
        tables = parts.tables
        memories = parts.memories
        globals = parts.globals
        tags = parts.tags
        exports = parts.exports
        importedFunctionCount = parts.importedFunctionCount
        importedTableCount = parts.importedTableCount
        importedMemoryCount = parts.importedMemoryCount
        importedGlobalCount = parts.importedGlobalCount
        importedTagCount = parts.importedTagCount
        functionBodies = parts.functionBodies
        tableInitializers = parts.tableInitializers
        globalInitializers = parts.globalInitializers
        startFunction = parts.startFunction
        elementSegments = parts.elementSegments
        dataSegments = parts.dataSegments
        customSections = parts.customSections
        codeSection = parts.codeSection
        exportIndices = parts.exportIndices
        nameStorage = LazyNames(section: parts.customSections.first { $0.name == "name" }, of: parts.binary)
    }

    /// The export called `name`.
    package func export(named name: String) -> Export? {
        exportIndices[ExactName(name)].map { exports[$0] }
    }

    /// The body of a function, by its index in the function index space, or `nil` for an imported one.
    package func body(of functionIndex: Int) -> FunctionBody? {
        functionIndex < importedFunctionCount ? nil : functionBodies[functionIndex - importedFunctionCount]
    }

    /// The type of a function, by its index in the function index space.
    package func functionType(of functionIndex: Int) -> FunctionType {
        guard let type = functions[functionIndex].functionType else {
            preconditionFailure("functions have function types in a valid module")
        }
        return type
    }

    /// What the name section says, read at the first call. Malformed parts of it are left out.
    package var names: Names { nameStorage.names }
}

/// Something a module needs from outside.
package struct Import: Hashable, Sendable {
    package let module: String
    package let name: String
    package let type: ExternalType

    package init(module: String, name: String, type: ExternalType) {
        self.module = module
        self.name = name
        self.type = type
    }
}

/// Something a module offers, by its index in the index space of its kind.
package struct Export: Hashable, Sendable {
    package let name: String
    package let kind: ExternalKind
    package let index: UInt32

    package init(name: String, kind: ExternalKind, index: UInt32) {
        self.name = name
        self.kind = kind
        self.index = index
    }
}

/// Where a function's body stands in the binary, and how large a frame it needs.
///
/// What validation finds out, which is all but ``start`` and ``end``, is 0 if the module was known to be valid.
package struct FunctionBody: Hashable, Sendable {
    /// The offset of the declarations of locals.
    package let start: UInt32
    /// The offset of the first instruction.
    package let codeStart: UInt32
    /// The offset after the last instruction, which is `end`.
    package let end: UInt32
    /// The number of locals, parameters included.
    package let localCount: UInt32
    /// The greatest number of operands on the stack.
    package let maximumStackHeight: UInt32

    package init(start: UInt32, codeStart: UInt32, end: UInt32, localCount: UInt32, maximumStackHeight: UInt32) {
        self.start = start
        self.codeStart = codeStart
        self.end = end
        self.localCount = localCount
        self.maximumStackHeight = maximumStackHeight
    }

    /// The instructions, the closing `end` included, as offsets in the binary.
    package var code: Range<Int> { Int(codeStart)..<Int(end) }
}

/// References that a table is initialised with.
package struct ElementSegment: Sendable {
    package enum Mode: Sendable {
        /// Copied into a table on instantiation.
        case active(table: UInt32, offset: ConstantExpression)
        /// Copied by `table.init`.
        case passive
        /// Only says that functions may be referred to by `ref.func`.
        case declarative
    }

    package enum Items: Sendable {
        /// References to functions, by index.
        case functions([UInt32])
        case expressions([ConstantExpression])

        package var count: Int {
            switch self {
            case .functions(let functions): functions.count
            case .expressions(let expressions): expressions.count
            }
        }
    }

    package let mode: Mode
    package let type: ReferenceType
    package let items: Items
}

/// Bytes that a memory is initialised with.
package struct DataSegment: Sendable {
    package enum Mode: Sendable {
        /// Copied into a memory on instantiation.
        case active(memory: UInt32, offset: ConstantExpression)
        /// Copied by `memory.init` and the like.
        case passive
    }

    package let mode: Mode
    /// Offsets in the binary.
    package let bytes: Range<Int>
}

/// A section that means nothing to the specification, but perhaps to a tool.
package struct CustomSection: Sendable {
    package let name: String
    /// Offsets in the binary, without the name.
    package let bytes: Range<Int>

    package init(name: String, bytes: Range<Int>) {
        self.name = name
        self.bytes = bytes
    }
}
