import WebAssembly

/// Translates the fields of one module, in three passes over their tokens:
///
/// 1. *Declarations* gives every type, function, table, … its index and binds its identifier, so that all later
///    references resolve, whichever comes first in the text.
/// 2. *Fields* encodes everything but function bodies. It meets the type uses of all functions in the order of the
///    text; abbreviated ones that match no type yet add types behind the explicit ones.
/// 3. *Bodies* encodes the functions.
struct ModuleAssembler {
    var reader: TokenReader
    /// The tokens of the fields.
    let fields: Range<Int>
    let features: Features
    private let symbol: UInt32?
    private(set) var moduleBinding = Binding.anonymous

    // Index spaces.
    var types = IndexSpace("type")
    var functions = IndexSpace("function")
    var tables = IndexSpace("table")
    var memories = IndexSpace("memory")
    var globals = IndexSpace("global")
    var tags = IndexSpace("tag")
    var elementSegments = IndexSpace("elem segment")
    var dataSegments = IndexSpace("data segment")
    /// The fields of structure types, by type index.
    var structureFields: [UInt32: IndexSpace] = [:]

    // Types.
    var signatures = SignatureTable()
    var signature = SignatureBuffer()
    /// The type section's entries, which are recursion groups.
    var typeSection = VectorSection()

    // What the second pass collects.
    var importSection = VectorSection()
    var functionSection = VectorSection()
    var tableSection = VectorSection()
    var memorySection = VectorSection()
    var tagSection = VectorSection()
    var globalSection = VectorSection()
    var exportSection = VectorSection()
    var startFunction: UInt32?
    var elementSection = VectorSection()
    var dataSection = VectorSection()
    var pendingFunctions: [PendingFunction] = []
    var customSections: [CustomSection] = []

    // What the third pass collects.
    var codeSection = VectorSection()
    var needsDataCount = false
    var branchHints = VectorSection()
    var localNames = VectorSection()
    var labelNames = VectorSection()

    // The function or constant expression that is being encoded.
    var body: [UInt8] = []
    var locals = LocalScope()
    var labels = LabelScope()
    /// The frames of the instruction loop, and the encoded instructions that wait for their folded operands.
    var frames: [InstructionFrame] = []
    var waiting: [UInt8] = []
    var functionBranchHints = VectorSection()
    let instructionTable = InstructionEntry.table
    /// Where the instructions come from, if that is asked for.
    var instructionPlaces: InstructionPlaces?

    /// A function defined by the module, whose body the third pass encodes.
    struct PendingFunction {
        let index: UInt32
        let typeIndex: UInt32
        /// The index of the token after the inline exports: the type use.
        let typeUse: Int
        /// The index of the field's `)`.
        let end: Int
    }

    /// Which annotations of the module have been used; the others stand where they mean nothing.
    private var annotationCursor: AnnotationCursor

    init(_ source: TokenizedSource, fields: Range<Int>, symbol: UInt32?, features: Features) {
        reader = TokenReader(source, at: fields.lowerBound)
        self.fields = fields
        self.symbol = symbol
        self.features = features
        annotationCursor = AnnotationCursor(source, tokens: fields)
    }

    /// The module in the binary format.
    mutating func assemble() throws(SyntaxError) -> [UInt8] {
        moduleBinding = Binding(symbol: symbol, annotatedName: try readNameAnnotation())
        try declareFields()
        try encodeFields()
        try encodeBodies()
        try annotationCursor.requireAllUsed()
        return output()
    }

    /// The annotations of the given kind right before the token at `index`, which thereby are used.
    mutating func annotations(_ kind: Annotation.Kind, before index: Int) -> [Annotation] {
        annotationCursor.take(kind, before: index)
    }

    // MARK: Output

    private static let header: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]

    private mutating func output() -> [UInt8] {
        var output = Self.header
        output.reserveCapacity(codeSection.entries.count + dataSection.entries.count + 1024)
        func append(_ section: VectorSection, _ id: SectionID) {
            guard section.count > 0 else { return }
            output.append(id.rawValue)
            output.appendSized(section.content)
        }
        for id in SectionID.inOrder {
            appendCustomSections(.before(id), to: &output)
            switch id {
            case .type: append(typeSection, id)
            case .import: append(importSection, id)
            case .function: append(functionSection, id)
            case .table: append(tableSection, id)
            case .memory: append(memorySection, id)
            case .tag: append(tagSection, id)
            case .global: append(globalSection, id)
            case .export: append(exportSection, id)
            case .start:
                if let startFunction {
                    var content: [UInt8] = []
                    content.appendUnsigned(startFunction)
                    output.append(id.rawValue)
                    output.appendSized(content)
                }
            case .element: append(elementSection, id)
            case .dataCount:
                if needsDataCount {
                    var content: [UInt8] = []
                    content.appendUnsigned(dataSection.count)
                    output.append(id.rawValue)
                    output.appendSized(content)
                }
            case .code:
                if branchHints.count > 0 {
                    Self.appendCustomSection(
                        named: Array("metadata.code.branch_hint".utf8), branchHints.content, to: &output)
                }
                append(codeSection, id)
                instructionPlaces?.codeStart = output.count - codeSection.entries.count
            case .data: append(dataSection, id)
            }
            appendCustomSections(.after(id), to: &output)
        }
        let names = nameSectionContent()
        if !names.isEmpty && !customSections.contains(where: { $0.name.elementsEqual("name".utf8) }) {
            Self.appendCustomSection(named: Array("name".utf8), names, to: &output)
        }
        appendCustomSections(.last, to: &output)
        return output
    }

    private func appendCustomSections(_ place: CustomSection.Place, to output: inout [UInt8]) {
        for section in customSections where section.place == place {
            Self.appendCustomSection(named: section.name, section.content, to: &output)
        }
    }

    private static func appendCustomSection(named name: [UInt8], _ content: [UInt8], to output: inout [UInt8]) {
        var bytes: [UInt8] = []
        bytes.appendSized(name)
        bytes.append(contentsOf: content)
        output.append(0)
        output.appendSized(bytes)
    }
}

/// The sections of the binary format; the raw value is the section's byte.
enum SectionID: UInt8 {
    case type = 1
    case `import`, function, table, memory, global, export, start, element, code, data, dataCount, tag

    static let inOrder: [SectionID] = [
        .type, .import, .function, .table, .memory, .tag, .global, .export, .start, .element, .dataCount, .code, .data,
    ]
}
