import WebAssembly

/// Reads the binary format section by section, and has each definition validated before it reads the next.
///
/// A definition refers only to those before it, so one pass is enough, and each error has the offset of what it is about.
struct ComponentDecoder {
    /// How deep components may be nested, component types and instance types counted too.
    static let maximumDepth = 100

    /// How many core modules may be in a component and all components in it, as in other implementations.
    static let maximumModuleCount = 1000

    let binary: ModuleBinary
    var validator = ComponentValidator()
    /// What is being read, the outermost first.
    private var place: [String] = []
    private let modules: EmbeddedModules
    private var moduleCount = 0

    init(_ binary: ModuleBinary, isKnownToBeValid: Bool) {
        self.binary = binary
        modules = EmbeddedModules(in: binary, areKnownToBeValid: isKnownToBeValid)
    }

    mutating func decode() throws(ComponentError) -> ComponentParts {
        do throws(DecodingFailure) {
            let parts = try readComponent(ByteReader(binary, in: 0..<binary.count))
            try validator.leaveComponent(at: 0)
            return parts
        } catch {
            let kind: ComponentError.Kind =
                switch error.kind {
                case .malformed: .malformed
                case .invalid: .invalid
                case .unsupported: .unsupported
                }
            throw ComponentError(kind: kind, message: error.message, offset: error.offset, place: place.reversed())
        }
    }

    /// A component, which `reader` has to itself, preamble included.
    private mutating func readComponent(_ reader: consuming ByteReader) throws(DecodingFailure) -> ComponentParts {
        var parts = ComponentParts(binary: binary, range: reader.position..<reader.end)
        let start = reader.position
        try readPreamble(&reader)
        try validator.enter(.component, at: start)
        while !reader.isAtEnd {
            let start = reader.position
            let id = try reader.readByte()
            guard let section = ComponentSection(rawValue: id) else {
                throw .malformed("malformed section id \(id)", at: start)
            }
            try validator.budget.spend(1, at: start)
            place.append("the \(section.name) section")
            let size = Int(try reader.readU32())
            guard size <= reader.remaining else {
                throw .malformed("unexpected end-of-file: the section has \(size) bytes", at: start)
            }
            var content = try reader.readSlice(size)
            try read(section, &content, into: &parts)
            guard content.isAtEnd else {
                throw .malformed(
                    "section size mismatch: \(content.remaining) bytes follow the content", at: content.position)
            }
            place.removeLast()
        }
        return parts
    }

    /// The number of elements of a vector, each of which takes a step of validation at least.
    mutating func readCount(_ reader: inout ByteReader) throws(DecodingFailure) -> Int {
        let start = reader.position
        let count = try reader.readCount()
        try validator.budget.spend(count, at: start)
        return count
    }

    private func readPreamble(_ reader: inout ByteReader) throws(DecodingFailure) {
        guard reader.remaining >= 8 else {
            throw .malformed("unexpected end: a component begins with a preamble of eight bytes", at: reader.end)
        }
        let start = reader.position
        guard try reader.readFixed32() == 0x6D73_6100 else {
            throw .malformed("magic header not detected: a component begins with the four bytes \\0asm", at: start)
        }
        switch try reader.readFixed32() {
        case 0x0001_000D: break
        case 1:
            throw .malformed("expected a version header for a component: this is a core module", at: start + 4)
        case let version:
            throw .malformed("unknown binary version 0x\(String(version, radix: 16))", at: start + 4)
        }
    }

    private mutating func read(
        _ section: ComponentSection, _ reader: inout ByteReader, into parts: inout ComponentParts
    ) throws(DecodingFailure) {
        switch section {
        case .custom:
            let name = try reader.readShortName()
            parts.customSections.append(CustomSection(name: name, bytes: try reader.skip(reader.remaining)))
        case .coreModule:
            parts.definitions.append(.coreModule(try readModule(&reader)))
        case .component:
            parts.definitions.append(.component(try readNestedComponent(&reader)))
        case .start:
            throw .unsupported("start functions of components are not implemented", at: reader.position)
        case .value:
            throw .unsupported("values of components are not implemented", at: reader.position)
        default:
            for _ in 0..<(try readCount(&reader)) {
                try readDefinition(section, &reader, into: &parts.definitions)
            }
        }
    }

    private mutating func readDefinition(
        _ section: ComponentSection, _ reader: inout ByteReader, into definitions: inout [Definition]
    ) throws(DecodingFailure) {
        let start = reader.position
        switch section {
        case .coreInstance:
            let instance = try readCoreInstance(&reader)
            try validator.define(instance, at: start)
            definitions.append(.coreInstance(instance))
        case .coreType:
            for type in try readCoreType(&reader) { definitions.append(.coreType(type)) }
        case .instance:
            let instance = try readInstance(&reader)
            try validator.define(instance, at: start)
            definitions.append(.instance(instance))
        case .alias:
            let alias = try readAlias(&reader)
            try validator.define(alias, at: start)
            definitions.append(.alias(alias))
        case .type:
            definitions.append(.type(try readType(&reader)))
        case .canonical:
            let canonical = try readCanonical(&reader)
            try validator.define(canonical, at: start)
            definitions.append(.canonical(canonical))
        case .import:
            let declaration = try readImport(&reader)
            try validator.define(declaration, at: start)
            definitions.append(.import(declaration))
        case .export:
            let export = try readExport(&reader)
            try validator.define(export, at: start)
            definitions.append(.export(export))
        case .custom, .coreModule, .component, .start, .value:
            preconditionFailure("sections that are no vectors are read elsewhere")
        }
    }

    private mutating func readModule(_ reader: inout ByteReader) throws(DecodingFailure) -> Module {
        let range = try reader.skip(reader.remaining)
        moduleCount += 1
        guard moduleCount <= ComponentDecoder.maximumModuleCount else {
            throw .unsupported("more than \(ComponentDecoder.maximumModuleCount) core modules", at: range.lowerBound)
        }
        if range.count >= 8, binary.bytes(in: range).prefix(8).elementsEqual(ComponentDecoder.preamble) {
            throw .malformed("expected a version header for a module: this is a component", at: range.lowerBound + 4)
        }
        let module: Module
        do throws(ModuleError) {
            module = try modules.module(in: range, of: binary)
        } catch {
            place[place.count - 1] = "core module \(validator.scope.coreModules.count)"
            if let function = error.functionIndex {
                place.append("function \(function)" + (error.functionName.map { " (\($0))" } ?? ""))
            } else if let section = error.section {
                place.append("the \(section) section")
            }
            throw DecodingFailure(kind: error.kind, offset: error.offset, message: error.message)
        }
        try validator.define(module, at: range.lowerBound)
        return module
    }

    static let preamble: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00]

    private mutating func readNestedComponent(_ reader: inout ByteReader) throws(DecodingFailure) -> Component {
        place[place.count - 1] = "component \(validator.scope.components.count)"
        let start = reader.position
        let component = Component(try readComponent(reader.readSlice(reader.remaining)))
        try validator.leaveComponent(at: start)
        return component
    }
}
