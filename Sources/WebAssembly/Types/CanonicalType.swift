import Synchronization

/// A type definition, identified across all modules of the process.
///
/// Recursion groups that are equal up to the names of their members get the same identifiers, whichever module defines
/// them; so two types are equal exactly if their identifiers are, and a test for subtyping takes constant time.
/// Identifiers are never given up: what they cost is bounded by the different groups that modules were loaded with.
package struct CanonicalType: Hashable, Sendable {
    /// Counts up from 0.
    package let id: UInt32

    init(id: UInt32) {
        self.id = id
    }

    /// The function type that stands alone: in a group of its own, final and without a supertype, which is what type
    /// definitions of WebAssembly 1.0 and 2.0, and host functions, have.
    ///
    /// Stops the process if it has used up all ``TypeRegistry/capacity`` identifiers.
    package init(_ type: FunctionType) {
        guard let first = TypeRegistry.shared.intern([SubType(composite: .function(type))]) else {
            preconditionFailure("the process has defined more than \(TypeRegistry.capacity) different types")
        }
        self.init(id: first)
    }

    /// The function type that stands alone, or `nil` if the process has used up all ``TypeRegistry/capacity`` identifiers.
    ///
    /// For types that come from outside, where ``init(_:)`` must not stop the process.
    package static func standalone(_ type: FunctionType) -> CanonicalType? {
        TypeRegistry.shared.intern([SubType(composite: .function(type))]).map(CanonicalType.init(id:))
    }

    /// The ``HeapType/code`` of this type, for a ``TypeResolver``.
    package var heapTypeCode: UInt32 { HeapType.firstConcreteCode + id }

    package var definition: SubType { TypeRegistry.shared.entry(id).pointee.definition }

    package var kind: CompositeType.Kind { TypeRegistry.shared.entry(id).pointee.kind }

    /// The number of types above this one.
    package var depth: Int { Int(TypeRegistry.shared.entry(id).pointee.depth) }

    package var functionType: FunctionType? {
        if case .function(let type) = definition.composite { type } else { nil }
    }

    package var structureType: StructureType? {
        if case .structure(let type) = definition.composite { type } else { nil }
    }

    package var arrayType: ArrayType? {
        if case .array(let type) = definition.composite { type } else { nil }
    }

    /// Whether this is `other`, or extends it directly or indirectly.
    package func isSubtype(of other: CanonicalType) -> Bool {
        if id == other.id { return true }
        let entry = TypeRegistry.shared.entry(id)
        let depth = TypeRegistry.shared.entry(other.id).pointee.depth
        return entry.pointee.depth > depth && entry.pointee.supertypes[Int(depth)] == other.id
    }
}

extension CanonicalType: CustomStringConvertible {
    package var description: String {
        "(\(definition.composite))"
    }
}

/// All type definitions of the process.
///
/// Entries stand in chunks that never move, so that reading one needs no lock: whoever has an identifier got it after
/// the entry was written.
final class TypeRegistry: Sendable {
    static let shared = TypeRegistry()

    /// The greatest number of different types.
    static let capacity = chunkCapacity * chunkCount

    /// The greatest number of types above a type, as in other implementations.
    static let maximumDepth = 63

    private static let chunkCapacity = 1 << 10
    private static let chunkCount = 1 << 13

    struct Entry {
        let definition: SubType
        let kind: CompositeType.Kind
        let depth: UInt32
        /// The identifiers of all types above, the topmost first.
        let supertypes: UnsafeMutablePointer<UInt32>
    }

    private struct State {
        var count = 0
        /// The first identifier of a group, by the group's members in canonical form.
        var groups: [[SubType]: UInt32] = [:]
    }

    private let state = Mutex(State())
    nonisolated(unsafe) private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>

    private init() {
        chunks = .allocate(capacity: TypeRegistry.chunkCount)
        chunks.initialize(repeating: nil, count: TypeRegistry.chunkCount)
    }

    /// The entry of an identifier that ``intern(_:)`` gave out.
    @inline(__always)
    func entry(_ id: UInt32) -> UnsafeMutablePointer<Entry> {
        chunks[Int(id) / TypeRegistry.chunkCapacity].unsafelyUnwrapped + Int(id) % TypeRegistry.chunkCapacity
    }

    /// The identifier of the group's first member, the others following; `nil` if there are too many types.
    ///
    /// Members refer to each other by ``HeapType/groupMemberMarker`` and the place in the group; a supertype stands
    /// before its subtype, and types are at most ``maximumDepth`` deep.
    func intern(_ group: [SubType]) -> UInt32? {
        state.withLock { state in
            if let first = state.groups[group] { return first }
            guard state.count + group.count <= TypeRegistry.capacity else { return nil }
            let first = UInt32(state.count)
            for (index, member) in group.enumerated() {
                add(member.resolved(groupAt: first), id: first + UInt32(index))
            }
            state.count += group.count
            state.groups[group] = first
            return first
        }
    }

    private func add(_ definition: SubType, id: UInt32) {
        let chunk = Int(id) / TypeRegistry.chunkCapacity
        if chunks[chunk] == nil { chunks[chunk] = .allocate(capacity: TypeRegistry.chunkCapacity) }
        var above: [UInt32] = []
        if let supertype = definition.supertype {
            let entry = entry(supertype.id).pointee
            above = Array(UnsafeBufferPointer(start: entry.supertypes, count: Int(entry.depth)))
            above.append(supertype.id)
        }
        let supertypes = UnsafeMutablePointer<UInt32>.allocate(capacity: above.count)
        for (index, id) in above.enumerated() { supertypes[index] = id }
        entry(id).initialize(
            to: Entry(
                definition: definition, kind: definition.composite.kind, depth: UInt32(above.count),
                supertypes: supertypes))
    }
}

// Replacing references to members of a group by identifiers.

extension ValueType {
    fileprivate func resolved(groupAt first: UInt32) -> ValueType {
        guard isReference, rawValue & HeapType.groupMemberMarker != 0 else { return self }
        let place = rawValue & (HeapType.groupMemberMarker - 1)
        let reference = ReferenceType(rawValue: rawValue)
        let type = HeapType.concrete(CanonicalType(id: first + place))
        return .reference(ReferenceType(to: type, isNullable: reference.isNullable))
    }
}

extension FieldType {
    fileprivate func resolved(groupAt first: UInt32) -> FieldType {
        guard case .value(let type) = storage else { return self }
        return FieldType(storage: .value(type.resolved(groupAt: first)), isMutable: isMutable)
    }
}

extension SubType {
    fileprivate func resolved(groupAt first: UInt32) -> SubType {
        let supertype = supertype.map { supertype in
            supertype.id & HeapType.groupMemberMarker == 0
                ? supertype : CanonicalType(id: first + (supertype.id & ~HeapType.groupMemberMarker))
        }
        let composite: CompositeType =
            switch composite {
            case .function(let type):
                .function(
                    FunctionType(
                        parameters: type.parameters.map { $0.resolved(groupAt: first) },
                        results: type.results.map { $0.resolved(groupAt: first) }))
            case .structure(let type):
                .structure(StructureType(fields: type.fields.map { $0.resolved(groupAt: first) }))
            case .array(let type):
                .array(ArrayType(element: type.element.resolved(groupAt: first)))
            }
        return SubType(isFinal: isFinal, supertype: supertype, composite: composite)
    }
}
