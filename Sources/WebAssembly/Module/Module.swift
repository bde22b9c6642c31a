/// A WebAssembly module, decoded and valid.
///
/// It is immutable, and shared by all instances and threads. Index spaces are arrays in which imports come first, as
/// in the specification. Function bodies stay in the binary; ``body(of:)`` tells where.
public final class Module: Sendable {
    /// The binary that all ranges refer to.
    public let binary: ModuleBinary

    /// The type index space.
    public let types: [CanonicalType]

    public let imports: [Import]

    /// The function index space: each function's type.
    public let functions: [CanonicalType]

    /// The table index space.
    public let tables: [TableType]

    /// The memory index space.
    public let memories: [MemoryType]

    /// The global index space.
    public let globals: [GlobalType]

    /// The tag index space.
    public let tags: [TagType]

    public let exports: [Export]

    public let importedFunctionCount: Int
    public let importedTableCount: Int
    public let importedMemoryCount: Int
    public let importedGlobalCount: Int
    public let importedTagCount: Int

    /// The bodies of the functions that are not imported.
    public let functionBodies: [FunctionBody]

    /// The initial element of each table that is not imported; `nil` stands for null.
    public let tableInitializers: [ConstantExpression?]

    /// The initial value of each global that is not imported.
    public let globalInitializers: [ConstantExpression]

    /// The function that instantiation calls last.
    public let startFunction: UInt32?

    public let elementSegments: [ElementSegment]

    public let dataSegments: [DataSegment]

    /// All custom sections, in the order in which they stand.
    public let customSections: [CustomSection]

    /// The content of the code section, as offsets in the binary.
    let codeSection: Range<Int>?

    let lineTableStorage = LazyLineTable()

    private let exportIndices: [ExactName: Int]
    private let nameStorage: LazyNames

    init(_ parts: ModuleParts) {
        binary = parts.binary
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
    public func export(named name: String) -> Export? {
        exportIndices[ExactName(name)].map { exports[$0] }
    }

    /// The body of a function, by its index in the function index space, or `nil` for an imported one.
    public func body(of functionIndex: Int) -> FunctionBody? {
        functionIndex < importedFunctionCount ? nil : functionBodies[functionIndex - importedFunctionCount]
    }

    /// The type of a function, by its index in the function index space.
    public func functionType(of functionIndex: Int) -> FunctionType {
        guard let type = functions[functionIndex].functionType else {
            preconditionFailure("functions have function types in a valid module")
        }
        return type
    }

    /// What the name section says, read at the first call. Malformed parts of it are left out.
    public var names: Names { nameStorage.names }
}

/// Something a module needs from outside.
public struct Import: Hashable, Sendable {
    public let module: String
    public let name: String
    public let type: ExternalType

    public init(module: String, name: String, type: ExternalType) {
        self.module = module
        self.name = name
        self.type = type
    }
}

/// Something a module offers, by its index in the index space of its kind.
public struct Export: Hashable, Sendable {
    public let name: String
    public let kind: ExternalKind
    public let index: UInt32

    public init(name: String, kind: ExternalKind, index: UInt32) {
        self.name = name
        self.kind = kind
        self.index = index
    }
}

/// Where a function's body stands in the binary, and how large a frame it needs.
public struct FunctionBody: Hashable, Sendable {
    /// The offset of the declarations of locals.
    public let start: UInt32
    /// The offset of the first instruction.
    public let codeStart: UInt32
    /// The offset after the last instruction, which is `end`.
    public let end: UInt32
    /// The number of locals, parameters included.
    public let localCount: UInt32
    /// The greatest number of operands on the stack.
    public let maximumStackHeight: UInt32

    public init(start: UInt32, codeStart: UInt32, end: UInt32, localCount: UInt32, maximumStackHeight: UInt32) {
        self.start = start
        self.codeStart = codeStart
        self.end = end
        self.localCount = localCount
        self.maximumStackHeight = maximumStackHeight
    }

    /// The instructions, the closing `end` included, as offsets in the binary.
    public var code: Range<Int> { Int(codeStart)..<Int(end) }
}

/// References that a table is initialised with.
public struct ElementSegment: Sendable {
    public enum Mode: Sendable {
        /// Copied into a table on instantiation.
        case active(table: UInt32, offset: ConstantExpression)
        /// Copied by `table.init`.
        case passive
        /// Only says that functions may be referred to by `ref.func`.
        case declarative
    }

    public enum Items: Sendable {
        /// References to functions, by index.
        case functions([UInt32])
        case expressions([ConstantExpression])

        public var count: Int {
            switch self {
            case .functions(let functions): functions.count
            case .expressions(let expressions): expressions.count
            }
        }
    }

    public let mode: Mode
    public let type: ReferenceType
    public let items: Items
}

/// Bytes that a memory is initialised with.
public struct DataSegment: Sendable {
    public enum Mode: Sendable {
        /// Copied into a memory on instantiation.
        case active(memory: UInt32, offset: ConstantExpression)
        /// Copied by `memory.init` and the like.
        case passive
    }

    public let mode: Mode
    /// Offsets in the binary.
    public let bytes: Range<Int>
}

/// A section that means nothing to the specification, but perhaps to a tool.
public struct CustomSection: Sendable {
    public let name: String
    /// Offsets in the binary, without the name.
    public let bytes: Range<Int>
}
