// The sections between types and code: what a module imports, defines and exports.

extension ModuleDecoder {
    mutating func readImportSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let module = try reader.readName()
            let name = try reader.readName()
            let start = reader.position
            let code = try reader.readByte()
            guard let kind = ExternalKind(rawValue: code) else { throw .malformed("malformed import kind", at: start) }
            let type: ExternalType
            switch kind {
            case .function:
                let index = try readFunctionTypeIndex(&reader)
                type = .function(parts.types[Int(index)])
                appendFunction(typeIndex: index)
                parts.importedFunctionCount += 1
            case .table:
                let table = try reader.readTableType(parts.definedTypes, features: features)
                type = .table(table)
                try append(table, at: start)
                parts.importedTableCount += 1
            case .memory:
                let memory = try reader.readMemoryType(features: features)
                type = .memory(memory)
                try append(memory, at: start)
                parts.importedMemoryCount += 1
            case .global:
                let global = try reader.readGlobalType(parts.definedTypes)
                type = .global(global)
                parts.globals.append(global)
                parts.importedGlobalCount += 1
            case .tag:
                let tag = try readTag(&reader)
                type = .tag(tag)
                parts.importedTagCount += 1
            }
            parts.imports.append(Import(module: module, name: name, type: type))
        }
    }

    mutating func readFunctionSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        let count = try reader.readCount()
        functionTypeIndices.reserveCapacity(functionTypeIndices.count + count)
        parts.functions.reserveCapacity(parts.functions.count + count)
        for _ in 0..<count {
            appendFunction(typeIndex: try readFunctionTypeIndex(&reader))
        }
    }

    mutating func readTableSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            let hasInitializer = try reader.peek() == 0x40
            if hasInitializer {
                try reader.skip(1)
                let reserved = reader.position
                guard try reader.readByte() == 0 else { throw .malformed("malformed table", at: reserved) }
            }
            let table = try reader.readTableType(parts.definedTypes, features: features)
            var initializer: ConstantExpression?
            if hasInitializer {
                initializer = try readConstantExpression(&reader, of: .reference(table.element))
            } else if !table.element.isNullable {
                throw .invalid("type mismatch: a table of \(table.element) needs an initial element", at: start)
            }
            try append(table, at: start)
            parts.tableInitializers.append(initializer)
        }
    }

    mutating func readMemorySection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            try append(try reader.readMemoryType(features: features), at: start)
        }
    }

    mutating func readTagSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) { _ = try readTag(&reader) }
    }

    mutating func readGlobalSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let global = try reader.readGlobalType(parts.definedTypes)
            let initializer = try readConstantExpression(&reader, of: global.valueType)
            parts.globals.append(global)
            parts.globalInitializers.append(initializer)
        }
    }

    mutating func readExportSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            let name = try reader.readName()
            let kindStart = reader.position
            let code = try reader.readByte()
            guard let kind = ExternalKind(rawValue: code) else {
                throw .malformed("malformed export kind", at: kindStart)
            }
            let indexStart = reader.position
            let index = try reader.readU32()
            let count =
                switch kind {
                case .function: parts.functions.count
                case .table: parts.tables.count
                case .memory: parts.memories.count
                case .global: parts.globals.count
                case .tag: parts.tags.count
                }
            guard index < count else { throw .invalid("unknown \(kind) \(index)", at: indexStart) }
            if kind == .function { referableFunctions[Int(index)] = true }
            guard parts.exportIndices.updateValue(parts.exports.count, forKey: ExactName(name)) == nil else {
                throw .invalid("duplicate export name \"\(name)\"", at: start)
            }
            parts.exports.append(Export(name: name, kind: kind, index: index))
        }
    }

    mutating func readStartSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        let start = reader.position
        let index = try reader.readU32()
        guard index < parts.functions.count else { throw .invalid("unknown function \(index)", at: start) }
        let type = shapes.types[Int(functionTypeIndices[Int(index)])]
        guard type.parameters.isEmpty, type.results.isEmpty else {
            throw .invalid("start function \(index) has parameters or results", at: start)
        }
        parts.startFunction = index
    }

    mutating func readCustomSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        guard !reader.isAtEnd else { throw ByteReader.unexpectedEnd(at: reader.end) }
        let name = try reader.readName()
        parts.customSections.append(CustomSection(name: name, bytes: reader.position..<reader.end))
    }

    private mutating func readFunctionTypeIndex(_ reader: inout ByteReader) throws(DecodingFailure) -> UInt32 {
        let start = reader.position
        let index = try reader.readU32()
        guard index < shapes.types.count, shapes.types[Int(index)].kind == .function else {
            throw .invalid("unknown type \(index): there is no such function type", at: start)
        }
        return index
    }

    private mutating func appendFunction(typeIndex: UInt32) {
        functionTypeIndices.append(typeIndex)
        parts.functions.append(parts.types[Int(typeIndex)])
        referableFunctions.append(false)
    }

    private mutating func append(_ table: TableType, at offset: Int) throws(DecodingFailure) {
        guard parts.tables.isEmpty || features.contains(.multipleTables) else {
            throw .invalid("multiple tables", at: offset)
        }
        parts.tables.append(table)
    }

    private mutating func append(_ memory: MemoryType, at offset: Int) throws(DecodingFailure) {
        guard parts.memories.isEmpty || features.contains(.multipleMemories) else {
            throw .invalid("multiple memories", at: offset)
        }
        parts.memories.append(memory)
    }

    private mutating func readTag(_ reader: inout ByteReader) throws(DecodingFailure) -> TagType {
        let start = reader.position
        guard try reader.readByte() == 0 else { throw .malformed("malformed tag attribute", at: start) }
        let index = try readFunctionTypeIndex(&reader)
        guard shapes.types[Int(index)].results.isEmpty else {
            throw .invalid("non-empty tag result type", at: start)
        }
        let tag = TagType(type: parts.types[Int(index)])
        tagTypeIndices.append(index)
        parts.tags.append(tag)
        return tag
    }
}
