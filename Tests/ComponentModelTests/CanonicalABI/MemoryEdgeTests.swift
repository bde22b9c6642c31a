import Testing
import WebAssembly
import WebAssemblyRuntime

@testable import ComponentModel

/// Values take the bytes that their type has, and no others: the last ones of a memory, or some amid others.
@Suite struct MemoryEdgeTests {
    typealias ValueType = ComponentModel.ValueType
    typealias Value = ComponentModel.Value

    struct Case: CustomTestStringConvertible, Sendable {
        let type: ValueType
        let value: Value
        let bytes: [UInt8]

        var testDescription: String { "\(value)" }
    }

    private static func enumeration(_ count: Int) -> ValueType {
        ValueType(.enumeration((0..<count).map { "c\($0)" }))
    }

    private static func flags(_ count: Int) -> ValueType { ValueType(.flags((0..<count).map { "f\($0)" })) }

    static let cases: [Case] = [
        Case(type: .bool, value: .bool(true), bytes: [1]),
        Case(type: .bool, value: .bool(false), bytes: [0]),
        Case(type: .s8, value: .s8(-2), bytes: [0xFE]),
        Case(type: .u8, value: .u8(200), bytes: [200]),
        Case(type: .s16, value: .s16(-2), bytes: [0xFE, 0xFF]),
        Case(type: .u16, value: .u16(0x1234), bytes: [0x34, 0x12]),
        Case(type: .s32, value: .s32(-2), bytes: [0xFE, 0xFF, 0xFF, 0xFF]),
        Case(type: .u32, value: .u32(0x1234_5678), bytes: [0x78, 0x56, 0x34, 0x12]),
        Case(type: .s64, value: .s64(-2), bytes: [0xFE] + Array(repeating: 0xFF, count: 7)),
        Case(type: .u64, value: .u64(1 << 56 | 2), bytes: [2, 0, 0, 0, 0, 0, 0, 1]),
        Case(type: .f32, value: .f32(1), bytes: [0, 0, 0x80, 0x3F]),
        Case(type: .f64, value: .f64(1), bytes: [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]),
        Case(type: .char, value: .char("é"), bytes: [0xE9, 0, 0, 0]),
        Case(type: enumeration(3), value: .variant(2, nil), bytes: [2]),
        Case(type: enumeration(256), value: .variant(255, nil), bytes: [255]),
        Case(type: enumeration(257), value: .variant(256, nil), bytes: [0, 1]),
        Case(type: enumeration(65_537), value: .variant(65_536, nil), bytes: [0, 0, 1, 0]),
        Case(type: flags(8), value: .flags(0x81), bytes: [0x81]),
        Case(type: flags(9), value: .flags(0x101), bytes: [1, 1]),
        Case(type: flags(17), value: .flags(0x1_0001), bytes: [1, 0, 1, 0]),
        Case(type: .tuple(.u8, .bool), value: .record([.u8(7), .bool(true)]), bytes: [7, 1]),
        Case(
            type: ValueType(.fixedLengthList(.u16, length: 2)), value: .list([.u16(1), .u16(2)]), bytes: [1, 0, 2, 0]),
        Case(type: .option(.u8), value: .some(.u8(3)), bytes: [1, 3]),
    ]

    private static let end: UInt32 = 65_536

    private func guest(_ state: ComponentState, _ instance: Int) throws -> (side: GuestSide, memory: Memory) {
        let memory = try Memory(MemoryType(limits: Limits(minimum: 1)), in: state.store)
        try memory.write(Array(repeating: 0xCC, count: 64), at: Self.end - 64)
        let side = GuestSide(
            state: state, instance: instance, memory: memory, reallocate: nil, stringEncoding: .utf8, task: -1)
        return (side, memory)
    }

    @Test("A value takes the bytes of its type", arguments: cases)
    func bytes(_ test: Case) throws {
        var builder = LayoutTable.Builder()
        let layout = builder.add(test.type)
        let state = ComponentState(layouts: builder.finish(), resources: [], instanceCount: 2, store: Store())
        // The guest does not keep its state.
        defer { withExtendedLifetime(state) {} }
        var (source, sourceMemory) = try guest(state, 0)
        var (target, targetMemory) = try guest(state, 1)
        let rest: [UInt8] = Array(repeating: 0xCC, count: 64)
        for address in [Self.end - UInt32(test.bytes.count), Self.end - 32] {
            let before = Int(address) - Int(Self.end) + 64
            let expected = Array(rest[..<before] + test.bytes + rest[(before + test.bytes.count)...])
            try source.lower(test.value, layout, to: .memory(address))
            #expect(try sourceMemory.read(Self.end - 64, count: 64) == expected)
            #expect(try source.lift(layout, from: .memory(address)) == test.value)
            try source.transfer(layout, from: .memory(address), to: &target, at: .memory(address))
            #expect(try targetMemory.read(Self.end - 64, count: 64) == expected)
            try sourceMemory.write(rest, at: Self.end - 64)
            try targetMemory.write(rest, at: Self.end - 64)
        }
    }

    @Test("Flags that the host gives beyond the labels are left out", arguments: [3, 9, 17])
    func surplusFlags(count: Int) throws {
        var builder = LayoutTable.Builder()
        let layout = builder.add(Self.flags(count))
        let state = ComponentState(layouts: builder.finish(), resources: [], instanceCount: 1, store: Store())
        // The guest does not keep its state.
        defer { withExtendedLifetime(state) {} }
        var (side, _) = try guest(state, 0)
        let slots = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
        defer { slots.deallocate() }
        for location in [.memory(64), .flat(slots)] as [Location] {
            try side.lower(.flags(.max), layout, to: location)
            #expect(try side.load(location, as: UInt32.self) == 1 << UInt32(count) - 1)
        }
    }
}
