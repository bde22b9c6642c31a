import WebAssembly

/// The second pass: everything but the bodies of functions is encoded.
extension ModuleAssembler {
    /// The kinds of imports and exports, as the binary format has them.
    enum ExternalKind: UInt8 {
        case function, table, memory, global, tag

        init?(_ keyword: Keyword) {
            switch keyword {
            case .func: self = .function
            case .table: self = .table
            case .memory: self = .memory
            case .global: self = .global
            case .tag: self = .tag
            default: return nil
            }
        }
    }

    /// The indices of the definitions met so far.
    struct DefinitionCounts {
        var functions: UInt32 = 0
        var tables: UInt32 = 0
        var memories: UInt32 = 0
        var globals: UInt32 = 0
        var tags: UInt32 = 0
    }

    mutating func encodeFields() throws(SyntaxError) {
        try forEachField { assembler, keyword throws(SyntaxError) in
            switch keyword {
            case .type: try assembler.encodeTypeField()
            case .rec: try assembler.encodeRecursionGroup()
            default: return false
            }
            return true
        }
        var counts = DefinitionCounts()
        try forEachField { assembler, keyword throws(SyntaxError) in
            switch keyword {
            case .import: try assembler.encodeImport(&counts)
            case .func: try assembler.encodeFunction(&counts)
            case .table: try assembler.encodeTable(&counts)
            case .memory: try assembler.encodeMemory(&counts)
            case .global: try assembler.encodeGlobal(&counts)
            case .tag: try assembler.encodeTag(&counts)
            case .export: try assembler.encodeExportField()
            case .start: try assembler.encodeStart()
            case .elem: try assembler.encodeElementSegment()
            case .data: try assembler.encodeDataSegment()
            default: return false
            }
            return true
        }
        reader.position = fields.upperBound
        try readCustomAnnotations()
    }

    /// Calls `encode` at each field, its first two tokens read; where that returns `true`, it has read the whole field.
    private mutating func forEachField(
        _ encode: (inout ModuleAssembler, Keyword) throws(SyntaxError) -> Bool
    ) throws(SyntaxError) {
        reader.position = fields.lowerBound
        while reader.position < fields.upperBound {
            try readCustomAnnotations()
            let end = reader.closing(of: reader.position)
            guard let keyword = reader.openingKeyword else { throw reader.unexpected("a field of a module") }
            reader.position += 2
            if try encode(&self, keyword) {
                guard reader.position == end + 1 else { throw reader.unexpected("a closing parenthesis") }
            } else {
                reader.position = end + 1
            }
        }
    }

    // MARK: Imports and exports

    /// `"module" "name" (kind id? …))`
    private mutating func encodeImport(_ counts: inout DefinitionCounts) throws(SyntaxError) {
        importSection.entries.appendSized(try reader.readName())
        importSection.entries.appendSized(try reader.readName())
        importSection.count += 1
        guard let keyword = reader.openingKeyword, let kind = ExternalKind(keyword) else {
            throw reader.unexpected("a description of what is imported")
        }
        reader.position += 2
        _ = reader.acceptIdentifier()
        try encodeImportType(kind, &counts)
        try reader.expectClose()
        try reader.expectClose()
    }

    private mutating func encodeImportType(_ kind: ExternalKind, _ counts: inout DefinitionCounts) throws(SyntaxError) {
        importSection.entries.append(kind.rawValue)
        switch kind {
        case .function:
            counts.functions += 1
            importSection.entries.appendUnsigned(try readTypeIndex())
        case .table:
            counts.tables += 1
            importSection.entries.append(contentsOf: try readTableType())
        case .memory:
            counts.memories += 1
            importSection.entries.append(contentsOf: try readMemoryType())
        case .global:
            counts.globals += 1
            importSection.entries.append(contentsOf: try readGlobalType())
        case .tag:
            counts.tags += 1
            importSection.entries.append(0)
            importSection.entries.appendUnsigned(try readTypeIndex())
        }
    }

    /// Reads `(export "name")*` and `(import "module" "name")?` of a definition, whose type follows if it is an import.
    /// Returns whether it is one, in which case the definition has been read to its end.
    private mutating func encodeInlineExportsAndImport(
        _ kind: ExternalKind, index: UInt32, _ counts: inout DefinitionCounts
    ) throws(SyntaxError) -> Bool {
        while reader.acceptOpening(.export) {
            exportSection.count += 1
            exportSection.entries.appendSized(try reader.readName())
            exportSection.entries.append(kind.rawValue)
            exportSection.entries.appendUnsigned(index)
            try reader.expectClose()
        }
        guard reader.acceptOpening(.import) else { return false }
        importSection.count += 1
        importSection.entries.appendSized(try reader.readName())
        importSection.entries.appendSized(try reader.readName())
        try reader.expectClose()
        try encodeImportType(kind, &counts)
        try reader.expectClose()
        return true
    }

    /// `"name" (kind index))`
    private mutating func encodeExportField() throws(SyntaxError) {
        exportSection.count += 1
        exportSection.entries.appendSized(try reader.readName())
        guard let keyword = reader.openingKeyword, let kind = ExternalKind(keyword) else {
            throw reader.unexpected("what is exported", at: reader.position + (reader.isAtOpen ? 1 : 0))
        }
        reader.position += 2
        exportSection.entries.append(kind.rawValue)
        let index =
            switch kind {
            case .function: try readIndex(functions)
            case .table: try readIndex(tables)
            case .memory: try readIndex(memories)
            case .global: try readIndex(globals)
            case .tag: try readIndex(tags)
            }
        exportSection.entries.appendUnsigned(index)
        try reader.expectClose()
        try reader.expectClose()
    }

    private mutating func encodeStart() throws(SyntaxError) {
        guard startFunction == nil else {
            throw SyntaxError(at: reader.token(at: reader.position - 2).start, "multiple start sections")
        }
        startFunction = try readIndex(functions)
        try reader.expectClose()
    }

    // MARK: Functions and tags

    private mutating func encodeFunction(_ counts: inout DefinitionCounts) throws(SyntaxError) {
        let end = reader.closing(of: reader.position - 2)
        _ = reader.acceptIdentifier()
        let index = counts.functions
        if try encodeInlineExportsAndImport(.function, index: index, &counts) { return }
        counts.functions += 1

        let typeUse = reader.position
        let typeIndex = try readTypeIndex(bindingParameters: .later)
        functionSection.count += 1
        functionSection.entries.appendUnsigned(typeIndex)
        pendingFunctions.append(PendingFunction(index: index, typeIndex: typeIndex, typeUse: typeUse, end: end))
        reader.position = end + 1
    }

    private mutating func encodeTag(_ counts: inout DefinitionCounts) throws(SyntaxError) {
        _ = reader.acceptIdentifier()
        let index = counts.tags
        if try encodeInlineExportsAndImport(.tag, index: index, &counts) { return }
        counts.tags += 1
        tagSection.count += 1
        tagSection.entries.append(0)
        tagSection.entries.appendUnsigned(try readTypeIndex())
        try reader.expectClose()
    }

    // MARK: Tables, memories and globals

    /// Whether the address type that comes next is `i64`; without one it is `i32`.
    private mutating func readAddressType() throws(SyntaxError) -> Bool {
        if reader.isAt(.i64) {
            guard features.contains(.memory64) else { throw reader.unexpected("limits: addresses have 32 bits") }
            reader.advance()
            return true
        }
        _ = reader.accept(.i32)
        return false
    }

    /// Reads a minimum and an optional maximum, and returns them encoded behind their flags.
    private mutating func readLimits(is64: Bool, allowsShared: Bool) throws(SyntaxError) -> [UInt8] {
        let bitWidth = features.contains(.memory64) ? 64 : 32
        let minimum = try reader.readUnsigned(bitWidth: bitWidth)
        let maximum: UInt64? = reader.isAtNumber ? try reader.readUnsigned(bitWidth: bitWidth) : nil
        let isShared = allowsShared && reader.accept(.shared)
        var bytes: [UInt8] = [(maximum == nil ? 0 : 1) | (isShared ? 2 : 0) | (is64 ? 4 : 0)]
        bytes.appendUnsigned(minimum)
        if let maximum { bytes.appendUnsigned(maximum) }
        return bytes
    }

    /// `addresstype? limits reftype`
    private mutating func readTableType() throws(SyntaxError) -> [UInt8] {
        let is64 = try readAddressType()
        let limits = try readLimits(is64: is64, allowsShared: false)
        var bytes: [UInt8] = []
        try readReferenceType().encode(into: &bytes)
        return bytes + limits
    }

    /// `addresstype? limits shared?`
    private mutating func readMemoryType() throws(SyntaxError) -> [UInt8] {
        let is64 = try readAddressType()
        return try readLimits(is64: is64, allowsShared: true)
    }

    /// `t` or `(mut t)`
    private mutating func readGlobalType() throws(SyntaxError) -> [UInt8] {
        let isMutable = reader.acceptOpening(.mut)
        var bytes: [UInt8] = []
        try readValueType().encode(into: &bytes)
        if isMutable { try reader.expectClose() }
        bytes.append(isMutable ? 1 : 0)
        return bytes
    }

    private mutating func encodeTable(_ counts: inout DefinitionCounts) throws(SyntaxError) {
        _ = reader.acceptIdentifier()
        let index = counts.tables
        if try encodeInlineExportsAndImport(.table, index: index, &counts) { return }
        counts.tables += 1
        tableSection.count += 1

        let start = reader.position
        let is64 = try readAddressType()
        guard isAtReferenceType else {
            reader.position = start
            let type = try readTableType()
            if reader.isAtClose {
                tableSection.entries.append(contentsOf: type)
            } else {
                tableSection.entries.append(contentsOf: [0x40, 0x00] + type)
                tableSection.entries.append(contentsOf: try readExpression())
            }
            return try reader.expectClose()
        }

        // `addresstype? reftype (elem …)`: the contents in place give the size.
        let type = try readReferenceType()
        try reader.expectOpening(.elem)
        let contents = try readContents(ofTable: type)
        try reader.expectClose()
        try reader.expectClose()
        type.encode(into: &tableSection.entries)
        tableSection.entries.append(is64 ? 5 : 1)
        tableSection.entries.appendUnsigned(contents.count)
        tableSection.entries.appendUnsigned(contents.count)
        appendElementSegment(
            mode: .active(table: index, offset: Self.zeroOffset(is64: is64)), type: type, contents)
    }

    private mutating func encodeMemory(_ counts: inout DefinitionCounts) throws(SyntaxError) {
        _ = reader.acceptIdentifier()
        let index = counts.memories
        if try encodeInlineExportsAndImport(.memory, index: index, &counts) { return }
        counts.memories += 1
        memorySection.count += 1

        let start = reader.position
        let is64 = try readAddressType()
        guard reader.acceptOpening(.data) else {
            reader.position = start
            memorySection.entries.append(contentsOf: try readMemoryType())
            return try reader.expectClose()
        }
        // `addresstype? (data "…"*)`: the contents in place give the size.
        var contents: [UInt8] = []
        while reader.isAtString { try reader.readString(into: &contents) }
        try reader.expectClose()
        try reader.expectClose()
        let pageSize = 65536
        let pages = (contents.count + pageSize - 1) / pageSize
        memorySection.entries.append(is64 ? 5 : 1)
        memorySection.entries.appendUnsigned(pages)
        memorySection.entries.appendUnsigned(pages)
        appendDataSegment(mode: .active(memory: index, offset: Self.zeroOffset(is64: is64)), contents)
    }

    private mutating func encodeGlobal(_ counts: inout DefinitionCounts) throws(SyntaxError) {
        _ = reader.acceptIdentifier()
        let index = counts.globals
        if try encodeInlineExportsAndImport(.global, index: index, &counts) { return }
        counts.globals += 1
        globalSection.count += 1
        globalSection.entries.append(contentsOf: try readGlobalType())
        globalSection.entries.append(contentsOf: try readExpression())
        try reader.expectClose()
    }
}
