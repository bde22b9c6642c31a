/// What the validation of function bodies needs to know of the module: arrays of integers, shared by all threads.
///
/// The buffers belong to a ``ValidationArena`` that outlives the validation; every index is compared with a buffer's
/// count before use, since each such comparison is a rule of validation.
///
/// Sendable because nothing writes to the buffers during a validation.
struct ValidationTables: @unchecked Sendable {
    let features: Features
    let binary: UnsafeRawBufferPointer
    /// The offset in the binary after the code section.
    let codeSectionEnd: Int
    let types: UnsafeBufferPointer<TypeShape>
    let valueTypes: UnsafeBufferPointer<UInt32>
    let fields: UnsafeBufferPointer<FieldShape>
    /// The type index of each function.
    let functions: UnsafeBufferPointer<UInt32>
    /// Whether `ref.func` may name each function.
    let referableFunctions: UnsafeBufferPointer<Bool>
    let importedFunctionCount: Int
    let tables: UnsafeBufferPointer<TableShape>
    /// The raw value of each memory's address type.
    let memories: UnsafeBufferPointer<UInt32>
    let globals: UnsafeBufferPointer<GlobalShape>
    /// The type index of each tag.
    let tags: UnsafeBufferPointer<UInt32>
    /// The raw value of each element segment's type.
    let elementSegments: UnsafeBufferPointer<UInt32>
    /// The number of data segments, or `nil` if there is no data count section.
    let dataCount: UInt32?

    func parameters(of type: TypeShape) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(rebasing: valueTypes[type.parameters])
    }

    func results(of type: TypeShape) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(rebasing: valueTypes[type.results])
    }
}

struct TableShape {
    let element: UInt32
    let addressType: UInt32

    init(_ table: TableType) {
        element = table.element.rawValue
        addressType = table.addressType.valueType.rawValue
    }
}

struct GlobalShape {
    let type: UInt32
    let isMutable: Bool

    init(_ global: GlobalType) {
        type = global.valueType.rawValue
        isMutable = global.isMutable
    }
}

extension ModuleDecoder {
    /// Tables of the module as decoded so far, valid as long as `arena` is.
    func makeValidationTables(in arena: ValidationArena) -> ValidationTables {
        ValidationTables(
            features: features,
            binary: parts.binary.bytes,
            codeSectionEnd: parts.codeSection?.upperBound ?? 0,
            types: arena.copy(shapes.types),
            valueTypes: arena.copy(shapes.valueTypes),
            fields: arena.copy(shapes.fields),
            functions: arena.copy(functionTypeIndices),
            referableFunctions: arena.copy(referableFunctions),
            importedFunctionCount: parts.importedFunctionCount,
            tables: arena.copy(parts.tables.map(TableShape.init)),
            memories: arena.copy(parts.memories.map(\.addressType.valueType.rawValue)),
            globals: arena.copy(parts.globals.map(GlobalShape.init)),
            tags: arena.copy(tagTypeIndices),
            elementSegments: arena.copy(parts.elementSegments.map(\.type.rawValue)),
            dataCount: dataCount)
    }
}

/// Owns copies of arrays that threads read through plain buffers, without counting references.
final class ValidationArena {
    private var allocations: [UnsafeMutableRawPointer] = []

    func copy<Element: BitwiseCopyable>(_ array: [Element]) -> UnsafeBufferPointer<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: array.count)
        _ = buffer.initialize(fromContentsOf: array)
        if let start = buffer.baseAddress { allocations.append(UnsafeMutableRawPointer(start)) }
        return UnsafeBufferPointer(buffer)
    }

    deinit {
        for allocation in allocations { allocation.deallocate() }
    }
}
