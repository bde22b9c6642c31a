import Testing
import WebAssemblyRuntime

@testable import ComponentModel

/// Values of the host: those that are not of the type, and where they end up.
@Suite struct HostValueTests {
    typealias ValueType = ComponentModel.ValueType
    typealias Value = ComponentModel.Value

    private func lower(_ value: Value, _ type: ValueType, isAtEnd: Bool = false) throws(Trap) -> (Value, [[UInt32]]) {
        var builder = LayoutTable.Builder()
        let layout = builder.add(type)
        let store = Store()
        let state = ComponentState(layouts: builder.finish(), resources: [], instanceCount: 1, store: store)
        // The guest does not keep its state.
        defer { withExtendedLifetime(state) {} }
        guard let guest = try? GuestMemory(isAtEnd: isAtEnd, in: store) else { throw Trap(kind: .unreachable) }
        var side = GuestSide(
            state: state, instance: 0, memory: guest.memory, reallocate: guest.reallocate, stringEncoding: .utf8,
            task: -1)
        let slots = UnsafeMutableRawPointer.allocate(byteCount: 17 * 8, alignment: 8)
        defer { slots.deallocate() }
        try side.lower(value, layout, to: .flat(slots))
        return (try side.lift(layout, from: .flat(slots)), guest.calls)
    }

    private func message(_ value: Value, _ type: ValueType) -> String {
        do throws(Trap) {
            return "it is written as \(try lower(value, type).0)"
        } catch {
            return error.message
        }
    }

    private static let fixed = ValueType(.fixedLengthList(.u8, length: 2))

    @Test(
        "A value of the host that is not of the type traps",
        arguments: [
            (.u8(1), .u16, "u16"), (.s8(1), .u8, "u8"), (.bool(true), .u8, "u8"), (.u8(1), .bool, "bool"),
            (.string("x"), .char, "char"), (.char("x"), .string, "string"), (.record([]), .tuple(.u8), "record"),
            (.record([.u8(1), .u8(2)]), .tuple(.u8), "record"), (.record([.u8(1)]), .tuple(.u8, .u8), "record"),
            (.list([.u8(1)]), fixed, "fixedLengthList"), (.list([.u8(1), .u8(2), .u8(3)]), fixed, "fixedLengthList"),
            (.variant(-1, nil), .enumeration("a", "b"), "variant"),
            (.variant(2, nil), .enumeration("a", "b"), "variant"),
            (.variant(0, .u8(1)), .option(.u8), "variant"), (.variant(1, nil), .option(.u8), "variant"),
            (.variant(-1, .u8(1)), .result(.u8, .u8), "variant"), (.u8(1), .flags("a"), "flags"),
            (.list([.u8(1), .u16(2)]), .list(.u8), "u8"),
        ] as [(Value, ValueType, String)])
    func nonconforming(_ value: Value, _ type: ValueType, _ kind: String) {
        #expect(message(value, type) == "the host gave a value that is not of the type: a \(kind) is wanted")
    }

    @Test("A list of bytes may be given as a list of numbers, and is allocated alike")
    func listOfBytes() throws {
        let bytes = try lower(.bytes([1, 2, 3]), .bytes)
        let numbers = try lower(.list([.u8(1), .u8(2), .u8(3)]), .bytes)
        #expect(bytes.0 == .bytes([1, 2, 3]))
        #expect(numbers.0 == .bytes([1, 2, 3]))
        #expect(bytes.1 == [[0, 0, 1, 3]])
        #expect(numbers.1 == [[0, 0, 1, 3]])
    }

    @Test("Lists and strings of the host have to fit into 32-bit addresses")
    func addresses() throws {
        #expect(try GuestSide.byteCount(of: 0, size: 8) == 0)
        #expect(try GuestSide.byteCount(of: 4_294_967_295, size: 1) == .max)
        #expect(try GuestSide.byteCount(of: 1_431_655_765, size: 3) == .max)
        for (count, size) in [(4_294_967_296, 1), (1_431_655_766, 3), (.max, 8), (.max, 2)] as [(Int, UInt32)] {
            #expect {
                try GuestSide.byteCount(of: count, size: size)
            } throws: { error in
                (error as? Trap)?.message.contains("list or string of \(count) elements, which fits into no 32-bit")
                    ?? false
            }
        }
    }

    @Test("Lists may end where the memory ends")
    func atEnd() throws {
        for (value, type) in [
            (.bytes([1, 2, 3]), .bytes), (.list([.u16(1), .u16(2)]), .list(.u16)), (.list([.bool(true)]), .list(.bool)),
            (.list([]), .list(.u64)), (.bytes([]), .bytes), (.string("abc"), .string),
        ] as [(Value, ValueType)] {
            #expect(try lower(value, type, isAtEnd: true).0 == value)
        }
    }

    @Test("All bits of a number that is none are those of the canonical one; infinities and all other numbers stay")
    func canonicalNumbers() {
        for bits in [0x7F80_0001, 0xFF80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FC0_0000, 0x7FA0_0000] as [UInt32] {
            #expect(canonicalNaN(bits) == 0x7FC0_0000)
        }
        for bits in [0, 0x8000_0000, 1, 0x7F80_0000, 0xFF80_0000, 0x7F7F_FFFF, 0xFF7F_FFFF] as [UInt32] {
            #expect(canonicalNaN(bits) == bits)
        }
        for bits in [0x7FF0_0000_0000_0001, 0xFFF0_0000_0000_0001, 0x7FFF_FFFF_FFFF_FFFF, .max] as [UInt64] {
            #expect(canonicalNaN(bits) == 0x7FF8_0000_0000_0000)
        }
        for bits in [0, 1 << 63, 1, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF] as [UInt64] {
            #expect(canonicalNaN(bits) == bits)
        }
    }
}
