import WebAssembly

// Instances, aliases, imports and exports.

extension ComponentDecoder {
    mutating func readCoreInstance(_ reader: inout ByteReader) throws(DecodingFailure) -> CoreInstanceDefinition {
        let start = reader.position
        switch try reader.readByte() {
        case 0x00:
            let module = try reader.readU32()
            var arguments: [(name: String, instance: UInt32)] = []
            for _ in 0..<(try readCount(&reader)) {
                let name = try reader.readShortName()
                let sort = try reader.readByte()
                guard sort == 0x12 else {
                    throw .leadingByte(sort, "instantiation arg kind", at: reader.position - 1)
                }
                arguments.append((name, try reader.readU32()))
            }
            return .instantiation(module: module, arguments: arguments)
        case 0x01:
            var exports: [(name: String, definition: SortIndex)] = []
            for _ in 0..<(try readCount(&reader)) {
                let name = try reader.readShortName()
                let sort = try readCoreSort(&reader, "core external kind")
                exports.append((name, SortIndex(sort, try reader.readU32())))
            }
            return .exports(exports)
        case let byte:
            throw .leadingByte(byte, "core instance", at: start)
        }
    }

    mutating func readInstance(_ reader: inout ByteReader) throws(DecodingFailure) -> InstanceDefinition {
        let start = reader.position
        switch try reader.readByte() {
        case 0x00:
            let component = try reader.readU32()
            var arguments: [(name: String, definition: SortIndex)] = []
            for _ in 0..<(try readCount(&reader)) {
                let name = try reader.readShortName()
                arguments.append((name, try readExternalIndex(&reader)))
            }
            return .instantiation(component: component, arguments: arguments)
        case 0x01:
            var exports: [(name: ExternalName, definition: SortIndex)] = []
            for _ in 0..<(try readCount(&reader)) {
                let name = try readExternalName(&reader)
                exports.append((name, try readExternalIndex(&reader)))
            }
            return .exports(exports)
        case let byte:
            throw .leadingByte(byte, "instance", at: start)
        }
    }

    func readAlias(_ reader: inout ByteReader) throws(DecodingFailure) -> Alias {
        // The words of an error are those of an outer alias, to which any sort that is not one is as unknown.
        let start = reader.position
        let sort = try readSort(&reader, "component outer alias kind")
        let targetStart = reader.position
        switch try reader.readByte() {
        case 0x00:
            let instance = try reader.readU32()
            return .export(sort: sort, instance: instance, name: try reader.readShortName())
        case 0x01:
            let instance = try reader.readU32()
            return .coreExport(sort: sort, instance: instance, name: try reader.readShortName())
        case 0x02:
            switch sort {
            case .coreModule, .coreType, .type, .component: break
            default:
                let byte = try ByteReader(binary, in: start..<reader.position).peek()
                throw .leadingByte(byte, "component outer alias kind", at: start)
            }
            let count = try reader.readU32()
            return .outer(sort: sort, count: count, index: try reader.readU32())
        case let byte:
            throw .leadingByte(byte, "alias", at: targetStart)
        }
    }

    func readImport(_ reader: inout ByteReader) throws(DecodingFailure) -> ImportDeclaration {
        let name = try readExternalName(&reader)
        return ImportDeclaration(name: name, type: try readExternalType(&reader))
    }

    func readExport(_ reader: inout ByteReader) throws(DecodingFailure) -> ExportDefinition {
        let name = try readExternalName(&reader)
        let definition = try readExternalIndex(&reader)
        let type = try readOptional(&reader, "optional component export type") { reader throws(DecodingFailure) in
            try readExternalType(&reader)
        }
        return ExportDefinition(name: name, definition: definition, type: type)
    }

    /// Reads a name with its attributes, of each kind of which there is at most one.
    func readExternalName(_ reader: inout ByteReader) throws(DecodingFailure) -> ExternalName {
        let start = reader.position
        switch try reader.readByte() {
        case 0x00, 0x01: return ExternalName(try reader.readShortName())
        case 0x02: break
        case let byte: throw .leadingByte(byte, "component name", at: start)
        }
        let name = try reader.readShortName()
        var implements: String?
        var externalID: String?
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            switch try reader.readByte() {
            case 0x00:
                guard implements == nil else { throw .invalid("duplicate 'implements' option in name", at: start) }
                implements = try reader.readShortName()
            case 0x01:
                throw .unsupported("version suffixes of names are not implemented", at: start)
            case 0x02:
                guard externalID == nil else { throw .invalid("duplicate 'external-id' option in name", at: start) }
                externalID = try reader.readShortName()
            case let byte:
                throw .leadingByte(byte, "name option", at: start)
            }
        }
        return ExternalName(name, implements: implements, externalID: externalID)
    }

    func readExternalType(_ reader: inout ByteReader) throws(DecodingFailure) -> ExternalTypeDefinition {
        let start = reader.position
        switch try reader.readByte() {
        case 0x00:
            let byte = try reader.readByte()
            guard byte == 0x11 else { throw .leadingByte(byte, "component external kind", at: start + 1) }
            return .coreModule(try reader.readU32())
        case 0x01: return .function(try reader.readU32())
        case 0x02: throw .unsupported("values of components are not implemented", at: start)
        case 0x03:
            switch try reader.readByte() {
            case 0x00: return .equalType(try reader.readU32())
            case 0x01: return .resourceType
            case let byte: throw .leadingByte(byte, "type bound", at: start + 1)
            }
        case 0x04: return .component(try reader.readU32())
        case 0x05: return .instance(try reader.readU32())
        case let byte: throw .leadingByte(byte, "component external kind", at: start)
        }
    }

    /// Reads what can be exported by its sort and index. Of the core sorts, that is the core module only.
    private func readExternalIndex(_ reader: inout ByteReader) throws(DecodingFailure) -> SortIndex {
        let start = reader.position
        let sort = try readSort(&reader, "component external kind")
        switch sort {
        case .coreModule, .function, .type, .component, .instance: break
        default:
            let byte = try ByteReader(binary, in: start + 1..<reader.position).peek()
            throw .leadingByte(byte, "component external kind", at: start + 1)
        }
        return SortIndex(sort, try reader.readU32())
    }

    private func readSort(_ reader: inout ByteReader, _ what: String) throws(DecodingFailure) -> Sort {
        let start = reader.position
        switch try reader.readByte() {
        case 0x00: return try readCoreSort(&reader, what)
        case 0x01: return .function
        case 0x02: throw .unsupported("values of components are not implemented", at: start)
        case 0x03: return .type
        case 0x04: return .component
        case 0x05: return .instance
        case let byte: throw .leadingByte(byte, what, at: start)
        }
    }

    private func readCoreSort(_ reader: inout ByteReader, _ what: String) throws(DecodingFailure) -> Sort {
        let start = reader.position
        switch try reader.readByte() {
        case 0x00: return .coreFunction
        case 0x01: return .coreTable
        case 0x02: return .coreMemory
        case 0x03: return .coreGlobal
        case 0x04: return .coreTag
        case 0x10: return .coreType
        case 0x11: return .coreModule
        case 0x12: return .coreInstance
        case let byte: throw .leadingByte(byte, what, at: start)
        }
    }
}
