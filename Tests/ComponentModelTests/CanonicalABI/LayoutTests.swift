import Testing

@testable import ComponentModel

/// Sizes, alignments and core values of types, where the vectors have no type that shows them.
@Suite struct LayoutTests {
    typealias ValueType = ComponentModel.ValueType

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let type: ValueType
        let size: UInt32
        let alignment: UInt32
        /// Empty if there are too many to be passed flat.
        let flat: [CoreValueType]
        var isPlain = false

        var testDescription: String { name }
    }

    private static func fixedLengthList(_ element: ValueType, _ length: UInt32) -> ValueType {
        ValueType(.fixedLengthList(element, length: length))
    }

    private static func enumeration(_ count: Int) -> ValueType {
        ValueType(.enumeration((0..<count).map { "c\($0)" }))
    }

    private static func flags(_ count: Int) -> ValueType { ValueType(.flags((0..<count).map { "f\($0)" })) }

    static let cases: [Case] = [
        Case(name: "bool", type: .bool, size: 1, alignment: 1, flat: [.i32]),
        Case(name: "s8", type: .s8, size: 1, alignment: 1, flat: [.i32], isPlain: true),
        Case(name: "u16", type: .u16, size: 2, alignment: 2, flat: [.i32], isPlain: true),
        Case(name: "s32", type: .s32, size: 4, alignment: 4, flat: [.i32], isPlain: true),
        Case(name: "u64", type: .u64, size: 8, alignment: 8, flat: [.i64], isPlain: true),
        Case(name: "f32", type: .f32, size: 4, alignment: 4, flat: [.f32]),
        Case(name: "f64", type: .f64, size: 8, alignment: 8, flat: [.f64]),
        Case(name: "char", type: .char, size: 4, alignment: 4, flat: [.i32]),
        Case(name: "string", type: .string, size: 8, alignment: 4, flat: [.i32, .i32]),
        Case(name: "list", type: .list(.u64), size: 8, alignment: 4, flat: [.i32, .i32]),
        Case(name: "map", type: ValueType(.map(key: .u8, value: .u64)), size: 8, alignment: 4, flat: [.i32, .i32]),
        Case(name: "a stream", type: ValueType(.stream(.u8)), size: 4, alignment: 4, flat: [.i32]),
        Case(name: "a handle", type: .own(ResourceType(ofComponent: "r")), size: 4, alignment: 4, flat: [.i32]),
        Case(
            name: "a record without gaps", type: .record(("a", .u32), ("b", .u16), ("c", .u16)), size: 8, alignment: 4,
            flat: [.i32, .i32, .i32], isPlain: true),
        Case(
            name: "a record with a gap", type: .record(("a", .u8), ("b", .u64)), size: 16, alignment: 8,
            flat: [.i32, .i64]),
        Case(
            name: "a record with a gap at its end", type: .record(("a", .u64), ("b", .u8)), size: 16, alignment: 8,
            flat: [.i64, .i32]),
        Case(
            name: "a record with a number of any bits in it", type: .record(("a", .f32), ("b", .u32)), size: 8,
            alignment: 4, flat: [.f32, .i32]),
        Case(
            name: "16 numbers", type: fixedLengthList(.u16, 16), size: 32, alignment: 2,
            flat: Array(repeating: .i32, count: 16), isPlain: true),
        Case(name: "17 numbers", type: fixedLengthList(.u16, 17), size: 34, alignment: 2, flat: [], isPlain: true),
        Case(
            name: "3 texts", type: fixedLengthList(.string, 3), size: 24, alignment: 4,
            flat: Array(repeating: .i32, count: 6)),
        Case(
            name: "what fits into no memory", type: fixedLengthList(fixedLengthList(.u64, 1 << 28), 1 << 31),
            size: 1 << 31, alignment: 8, flat: [], isPlain: true),
        Case(name: "256 cases", type: enumeration(256), size: 1, alignment: 1, flat: [.i32]),
        Case(name: "257 cases", type: enumeration(257), size: 2, alignment: 2, flat: [.i32]),
        Case(name: "65,536 cases", type: enumeration(65_536), size: 2, alignment: 2, flat: [.i32]),
        Case(name: "65,537 cases", type: enumeration(65_537), size: 4, alignment: 4, flat: [.i32]),
        Case(name: "an option of 64 bits", type: .option(.u64), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "an option of a byte", type: .option(.u8), size: 2, alignment: 1, flat: [.i32, .i32]),
        Case(name: "a result", type: .result(), size: 1, alignment: 1, flat: [.i32]),
        Case(name: "f32 or u32", type: .result(.f32, .u32), size: 8, alignment: 4, flat: [.i32, .i32]),
        Case(name: "u32 or f32", type: .result(.u32, .f32), size: 8, alignment: 4, flat: [.i32, .i32]),
        Case(name: "f32 or f32", type: .result(.f32, .f32), size: 8, alignment: 4, flat: [.i32, .f32]),
        Case(name: "f32 or f64", type: .result(.f32, .f64), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "f32 or u64", type: .result(.f32, .u64), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "u32 or u64", type: .result(.u32, .u64), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "u64 or u32", type: .result(.u64, .u32), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "u64 or f32", type: .result(.u64, .f32), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "u32 or f64", type: .result(.u32, .f64), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "f64 or f32", type: .result(.f64, .f32), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(name: "f64 or u32", type: .result(.f64, .u32), size: 16, alignment: 8, flat: [.i32, .i64]),
        Case(
            name: "a longer payload after a shorter one", type: .result(.u8, .tuple(.f32, .f64)), size: 24,
            alignment: 8, flat: [.i32, .i32, .f64]),
        Case(
            name: "a payload of 15 core values", type: .option(fixedLengthList(.u8, 15)), size: 16, alignment: 1,
            flat: Array(repeating: .i32, count: 16)),
        Case(
            name: "a payload of 16 core values", type: .option(fixedLengthList(.u8, 16)), size: 17, alignment: 1,
            flat: []),
        Case(name: "8 flags", type: flags(8), size: 1, alignment: 1, flat: [.i32]),
        Case(name: "9 flags", type: flags(9), size: 2, alignment: 2, flat: [.i32]),
        Case(name: "16 flags", type: flags(16), size: 2, alignment: 2, flat: [.i32]),
        Case(name: "17 flags", type: flags(17), size: 4, alignment: 4, flat: [.i32]),
    ]

    @Test("Types have the size, the alignment and the core values that the specification gives them", arguments: cases)
    func layouts(_ test: Case) {
        var builder = LayoutTable.Builder()
        let number = builder.add(test.type)
        let layout = builder.layout(number)
        #expect(layout.size == test.size)
        #expect(layout.alignment == test.alignment)
        #expect(layout.flatCount == (test.flat.isEmpty ? 17 : UInt32(test.flat.count)))
        #expect(builder.flatTypes(of: number) == test.flat)
        #expect(layout.isPlain == test.isPlain)
    }

    @Test("Flags have a bit for each label")
    func masks() {
        var builder = LayoutTable.Builder()
        for (count, mask) in [(1, 1), (8, 0xFF), (9, 0x1FF), (31, 0x7FFF_FFFF), (32, 0xFFFF_FFFF)] as [(Int, UInt32)] {
            #expect(builder.layout(of: Self.flags(count)).mask == mask)
        }
    }

    @Test("Fields and payloads know their places in memory and among core values")
    func parts() {
        var builder = LayoutTable.Builder()
        let record = builder.layout(of: .record(("a", .u8), ("b", .string), ("c", .u16), ("d", .u64)))
        let variant = builder.layout(of: .variant(("a", nil), ("b", .u16), ("c", .u64)))
        let number = builder.addRecord([])
        let empty = builder.layout(number)
        let parts = builder.finish().parts
        let fields = parts[Int(record.first)..<Int(record.first + record.count)]
        #expect(fields.map(\.offset) == [0, 4, 12, 16])
        #expect(fields.map(\.flatOffset) == [0, 1, 3, 4])
        let cases = parts[Int(variant.first)..<Int(variant.first + variant.count)]
        #expect(cases.map(\.offset) == [8, 8, 8])
        #expect(cases.map(\.flatOffset) == [1, 1, 1])
        #expect(cases.map { $0.layout >= 0 } == [false, true, true])
        #expect(variant.discriminantSize == 1)
        #expect((empty.size, empty.alignment, empty.flatCount, empty.count) == (0, 1, 0, 0))
        #expect(!empty.isPlain)
    }

    @Test("A type has one layout, and a resource type one number")
    func numbers() {
        var builder = LayoutTable.Builder()
        let type = ValueType.list(.string)
        #expect(builder.add(type) == builder.add(type))
        let resources = (0..<3).map { ResourceType(ofComponent: "r\($0)") }
        for _ in 0..<2 {
            for (number, resource) in resources.enumerated() {
                #expect(builder.number(of: resource) == UInt32(number))
                #expect(builder.layout(of: .borrow(resource)).resource == UInt32(number))
            }
        }
        #expect(builder.resourceTypes == resources)
    }
}

extension LayoutTable.Builder {
    /// A type's layout, which is made.
    mutating func layout(of type: ComponentModel.ValueType) -> Layout {
        let number = add(type)
        return layout(number)
    }
}
