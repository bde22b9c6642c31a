/// Reads the binary format section by section, validating everything but function bodies on the way.
struct ModuleDecoder {
    /// The greatest number of parameters, and of results, of a function type, as in other implementations.
    static let maximumArity = 1000

    let features: Features
    private let validatesBodies: Bool
    var parts: ModuleParts
    var shapes = TypeShapes()

    /// The type index of each function, tag and (in order of definition) function with a body.
    var functionTypeIndices: [UInt32] = []
    var tagTypeIndices: [UInt32] = []
    /// The functions that `ref.func` may name in function bodies.
    var referableFunctions: [Bool] = []
    /// What the data count section says.
    var dataCount: UInt32?

    private var previousSection: Section?
    private(set) var currentSection: Section?

    init(binary: ModuleBinary, range: Range<Int>, features: Features, validatesBodies: Bool = true) {
        self.features = features
        self.validatesBodies = validatesBodies
        parts = ModuleParts(binary: binary, range: range)
    }

    mutating func decode() throws(ModuleError) -> ModuleParts {
        var failure: ModuleError?
        do throws(DecodingFailure) {
            try decodeSections()
        } catch {
            failure = ModuleError(
                kind: error.kind, message: error.message, offset: error.offset, section: currentSection?.name)
        }
        // An error behind the code section does not hide one in it.
        if validatesBodies, parts.functionBodies.count == functionTypeIndices.count - parts.importedFunctionCount {
            do throws(ModuleError) {
                try validateFunctionBodies()
            } catch {
                throw failure.map { $0.offset < error.offset ? $0 : error } ?? error
            }
        }
        if let failure { throw failure }
        return parts
    }

    private mutating func decodeSections() throws(DecodingFailure) {
        guard parts.range.upperBound <= Int(UInt32.max) else {
            throw .unsupported("the module ends beyond 4 GiB", at: parts.range.lowerBound)
        }
        var reader = ByteReader(parts.binary, in: parts.range)
        try readHeader(&reader)
        while !reader.isAtEnd {
            currentSection = nil
            let start = reader.position
            let id = try reader.readByte()
            guard let section = Section(rawValue: id) else {
                throw .malformed("malformed section id \(id)", at: start)
            }
            currentSection = section
            let size = Int(try reader.readU32())
            guard size <= reader.remaining else {
                throw .malformed("length out of bounds: unexpected end of the \(section.name) section", at: start)
            }
            var content = try reader.readSlice(size)
            if section == .custom {
                try readCustomSection(&content)
                continue
            }
            if let previousSection, previousSection.place >= section.place {
                throw .malformed(
                    "unexpected content after last section: the \(section.name) section cannot follow the "
                        + "\(previousSection.name) section", at: start)
            }
            previousSection = section
            try read(section, &content)
            guard content.isAtEnd else {
                throw .malformed(
                    "section size mismatch: \(content.remaining) bytes follow the content", at: content.position)
            }
        }
        currentSection = nil
        try checkCounts(at: reader.end)
    }

    private func readHeader(_ reader: inout ByteReader) throws(DecodingFailure) {
        guard reader.remaining >= 4 else {
            throw .malformed("unexpected end: a module begins with the four bytes \\0asm", at: reader.end)
        }
        guard try reader.readFixed32() == 0x6D73_6100 else {
            throw .malformed(
                "magic header not detected: a module begins with the four bytes \\0asm", at: parts.range.lowerBound)
        }
        guard reader.remaining >= 4 else {
            throw .malformed("unexpected end: the four bytes of the version are missing", at: reader.position)
        }
        let start = reader.position
        let version = try reader.readFixed32()
        if version == 0x0001_000D {
            throw .malformed("this is a component where a core module belongs", at: start)
        }
        guard version == 1 else {
            throw .malformed("unknown binary version 0x\(String(version, radix: 16))", at: start)
        }
    }

    private mutating func read(_ section: Section, _ reader: inout ByteReader) throws(DecodingFailure) {
        switch section {
        case .custom: break
        case .type: try readTypeSection(&reader)
        case .import: try readImportSection(&reader)
        case .function: try readFunctionSection(&reader)
        case .table: try readTableSection(&reader)
        case .memory: try readMemorySection(&reader)
        case .tag: try readTagSection(&reader)
        case .global: try readGlobalSection(&reader)
        case .export: try readExportSection(&reader)
        case .start: try readStartSection(&reader)
        case .element: try readElementSection(&reader)
        case .dataCount: dataCount = try reader.readU32()
        case .code: try readCodeSection(&reader)
        case .data: try readDataSection(&reader)
        }
    }

    private func checkCounts(at end: Int) throws(DecodingFailure) {
        guard parts.functionBodies.count == functionTypeIndices.count - parts.importedFunctionCount else {
            throw .malformed("function and code section have inconsistent lengths", at: end)
        }
        guard dataCount.map({ Int($0) == parts.dataSegments.count }) ?? true else {
            throw .malformed("data count and data section have inconsistent lengths", at: end)
        }
    }
}

/// The sections of a module. The raw value is the identifier in the binary format.
enum Section: UInt8 {
    case custom = 0
    case type = 1
    case `import` = 2
    case function = 3
    case table = 4
    case memory = 5
    case global = 6
    case export = 7
    case start = 8
    case element = 9
    case code = 10
    case data = 11
    case dataCount = 12
    case tag = 13

    /// Where the section stands among the others.
    var place: Int {
        switch self {
        case .custom: 0
        case .type: 1
        case .import: 2
        case .function: 3
        case .table: 4
        case .memory: 5
        case .tag: 6
        case .global: 7
        case .export: 8
        case .start: 9
        case .element: 10
        case .dataCount: 11
        case .code: 12
        case .data: 13
        }
    }

    var name: String {
        switch self {
        case .custom: "custom"
        case .type: "type"
        case .import: "import"
        case .function: "function"
        case .table: "table"
        case .memory: "memory"
        case .global: "global"
        case .export: "export"
        case .start: "start"
        case .element: "element"
        case .code: "code"
        case .data: "data"
        case .dataCount: "data count"
        case .tag: "tag"
        }
    }
}
