import Testing
import WebAssembly

@Suite("Types across modules")
struct CanonicalTypeTests {
    /// `(rec (type (sub (struct (field (ref null 0))))))`, then a subtype of it with one field more.
    private static let list: [UInt8] =
        [0x4E, 0x02]
        + [0x50, 0x00, 0x5F, 0x01, 0x63, 0x00, 0x00]
        + [0x50, 0x01, 0x00, 0x5F, 0x02, 0x63, 0x00, 0x00, 0x7F, 0x01]

    @Test("equal function types are the same type, whatever their place")
    func functions() throws {
        let first = try Module(bytes: module(typeSection(function([i32], [i64]), function([], []))))
        let second = try Module(bytes: module(typeSection(function([], []), function([], []), function([i32], [i64]))))
        #expect(first.types[0] == second.types[2])
        #expect(first.types[1] == second.types[0])
        #expect(second.types[0] == second.types[1])
        #expect(first.types[0] == CanonicalType(FunctionType(parameters: [.i32], results: [.i64])))
    }

    @Test("equal recursion groups are the same types, and members of different groups are not")
    func groups() throws {
        let first = try Module(bytes: module(typeSection(Self.list)))
        // The same group behind another type has other indices, which makes no difference.
        let shifted: [UInt8] =
            [0x4E, 0x02]
            + [0x50, 0x00, 0x5F, 0x01, 0x63, 0x01, 0x00]
            + [0x50, 0x01, 0x01, 0x5F, 0x02, 0x63, 0x01, 0x00, 0x7F, 0x01]
        let second = try Module(bytes: module(typeSection(function([], []), shifted)))
        #expect(first.types[0] == second.types[1])
        #expect(first.types[1] == second.types[2])

        let alone = try Module(bytes: module(typeSection([0x50, 0x00, 0x5F, 0x01, 0x63, 0x00, 0x00])))
        #expect(alone.types[0] != first.types[0])
    }

    @Test("a subtype is told by any of its supertypes")
    func subtyping() throws {
        let types = try Module(bytes: module(typeSection(Self.list))).types
        #expect(types[1].isSubtype(of: types[0]))
        #expect(!types[0].isSubtype(of: types[1]))
        #expect(types[1].depth == 1)

        let child = HeapType.concrete(types[1])
        #expect(child.isSubtype(of: .abstract(.structure)))
        #expect(child.isSubtype(of: .abstract(.any)))
        #expect(!child.isSubtype(of: .abstract(.array)))
        #expect(HeapType.abstract(.none).isSubtype(of: child))
        #expect(!HeapType.abstract(.noFunction).isSubtype(of: child))

        let nullable = ReferenceType(to: child, isNullable: true)
        #expect(nullable.nonNullable.isSubtype(of: nullable))
        #expect(!nullable.isSubtype(of: nullable.nonNullable))
    }

    @Test("abstract heap types form four hierarchies")
    func hierarchies() {
        for type in AbstractHeapType.allCases {
            #expect(type.isSubtype(of: type.top))
            #expect(type.bottom.isSubtype(of: type))
            for other in AbstractHeapType.allCases where other.top != type.top {
                #expect(!type.isSubtype(of: other))
            }
        }
        #expect(AbstractHeapType.i31.isSubtype(of: .equatable))
        #expect(!AbstractHeapType.i31.isSubtype(of: .structure))
        #expect(!AbstractHeapType.any.isSubtype(of: .equatable))
    }

    @Test(
        "definitions that do not match their supertype are refused",
        arguments: [
            // A final type is extended.
            [[0x5F, 0x00], [0x50, 0x01, 0x00, 0x5F, 0x00]],
            // A field is missing.
            [[0x50, 0x00, 0x5F, 0x01, 0x7F, 0x00], [0x50, 0x01, 0x00, 0x5F, 0x00]],
            // A mutable field changes its type.
            [[0x50, 0x00, 0x5F, 0x01, 0x6D, 0x01], [0x50, 0x01, 0x00, 0x5F, 0x01, 0x6C, 0x01]],
            // Another kind of type.
            [[0x50, 0x00, 0x5F, 0x00], [0x50, 0x01, 0x00, 0x5E, 0x7F, 0x00]],
        ] as [[[UInt8]]])
    func mismatches(types: [[UInt8]]) {
        #expect(refusal(of: module([1] + sized(vector(types))))?.message.hasPrefix("sub type 1") == true)
    }

    @Test("a supertype comes before its subtypes")
    func forwardSupertype() {
        let group: [UInt8] = [0x4E, 0x02, 0x50, 0x01, 0x01, 0x5F, 0x00, 0x50, 0x00, 0x5F, 0x00]
        #expect(refusal(of: module(typeSection(group)))?.message.hasPrefix("unknown type 1") == true)
    }

    @Test("import matching follows types, limits and mutability")
    func importMatching() {
        let memory = { MemoryType(limits: Limits(minimum: $0, maximum: $1)) }
        #expect(ExternalType.memory(memory(2, 3)).isSubtype(of: .memory(memory(1, 4))))
        #expect(ExternalType.memory(memory(2, 3)).isSubtype(of: .memory(memory(2, nil))))
        #expect(!ExternalType.memory(memory(2, nil)).isSubtype(of: .memory(memory(1, 4))))
        #expect(!ExternalType.memory(memory(0, 4)).isSubtype(of: .memory(memory(1, 4))))

        let funcref = ValueType.functionReference
        let nonNull = ValueType.reference(ReferenceType(to: .abstract(.function), isNullable: false))
        let global = { ExternalType.global(GlobalType(valueType: $0, isMutable: $1)) }
        #expect(global(nonNull, false).isSubtype(of: global(funcref, false)))
        #expect(!global(nonNull, true).isSubtype(of: global(funcref, true)))
        #expect(!global(.i32, true).isSubtype(of: global(.i32, false)))
    }
}
