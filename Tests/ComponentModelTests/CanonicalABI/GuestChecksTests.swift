import Testing
import WebAssembly
import WebAssemblyRuntime

@testable import ComponentModel

/// What is checked of pointers, lengths and numbers that a guest gives: where the checks begin, and what traps say.
@Suite struct GuestChecksTests {
    /// Of 300 MB, no page of which is touched.
    private static let pageCount = 4_800
    private static let byteCount = pageCount * 65_536

    private let state: ComponentState
    private let memory: Memory
    private let layouts: [Layout]

    /// The layouts of `u8`, `u16`, `u64`, a record of 12 bytes, an enum of three cases, a character, bytes.
    private static let types: [ComponentModel.ValueType] = [
        .u8, .u16, .u64, .tuple(.u32, .u8, .u32), .enumeration("a", "b", "c"), .char, .bytes,
    ]

    init() throws {
        let store = Store()
        memory = try Memory(MemoryType(limits: Limits(minimum: UInt64(Self.pageCount))), in: store)
        var builder = LayoutTable.Builder()
        layouts = Self.types.map { builder.layout(of: $0) }
        state = ComponentState(layouts: builder.finish(), resources: [], instanceCount: 1, store: store)
    }

    /// A guest whose `realloc` always gives the same.
    private func guest(
        _ encoding: CanonicalOptions.StringEncoding = .utf8, reallocating pointer: UInt32 = 0
    ) -> GuestSide {
        GuestSide(
            state: state, instance: 0, memory: memory,
            reallocate: Function(
                WebAssemblyRuntime.HostFunction([.i32, .i32, .i32, .i32], to: [.i32]) { $0.setResult(pointer) },
                in: state.store), stringEncoding: encoding, task: -1)
    }

    private func message<Value>(_ body: () throws(Trap) -> Value) -> String {
        do throws(Trap) {
            return "it returned \(try body())"
        } catch {
            return error.message
        }
    }

    private static func beyond(_ what: String, _ count: Int, _ pointer: UInt32) -> String {
        "\(what) content out-of-bounds: \(what) pointer/length out of bounds of memory: "
            + "\(count) bytes at \(pointer) of \(byteCount)"
    }

    @Test("Lists of 268,435,455 bytes are the longest, and end with the memory at the latest")
    func lists() throws {
        let guest = guest()
        let longest: UInt32 = 268_435_455
        #expect(try guest.checkList(1, count: longest, of: layouts[0]) == longest)
        #expect(
            message { () throws(Trap) in try guest.checkList(1, count: longest + 1, of: layouts[0]) }
                == "list content out-of-bounds: list too long: 268435456 bytes, where 268,435,455 are the most")
        #expect(try guest.checkList(8, count: longest / 8, of: layouts[2]) == longest / 8 * 8)
        #expect(
            message { () throws(Trap) in try guest.checkList(8, count: .max, of: layouts[2]) }
                == "list content out-of-bounds: list too long: 34359738360 bytes, where 268,435,455 are the most")

        let end = UInt32(Self.byteCount)
        #expect(try guest.checkList(end - 24, count: 3, of: layouts[2]) == 24)
        #expect(try guest.checkList(end, count: 0, of: layouts[2]) == 0)
        #expect(
            message { () throws(Trap) in try guest.checkList(end - 16, count: 3, of: layouts[2]) }
                == Self.beyond("list", 24, end - 16))
        #expect(
            message { () throws(Trap) in try guest.checkList(end + 8, count: 0, of: layouts[2]) }
                == Self.beyond("list", 0, end + 8))
        #expect(try guest.checkList(end - 2, count: 2, of: layouts[0]) == 2)
        let slots = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 8)
        defer { slots.deallocate() }
        slots.storeBytes(of: UInt64(end - 2), as: UInt64.self)
        slots.storeBytes(of: 3, toByteOffset: 8, as: UInt64.self)
        var lifting = guest
        #expect(
            message { () throws(Trap) in try lifting.lift(index(6), from: .flat(slots)) }
                == Self.beyond("list", 3, end - 2))
        #expect(
            message { () throws(Trap) in try guest.checkList(end - 2, count: 3, of: layouts[0]) }
                == Self.beyond("list", 3, end - 2))
        #expect(
            message { () throws(Trap) in try guest.checkList(.max, count: 2, of: layouts[0]) }
                == Self.beyond("list", 2, .max))
        for (alignment, layout) in [(2, layouts[1]), (8, layouts[2])] {
            #expect(
                message { () throws(Trap) in try guest.checkList(65, count: 0, of: layout) }
                    == "unaligned pointer: 65 is no multiple of \(alignment)")
        }
        #expect(
            message { () throws(Trap) in try guest.checkList(68, count: 0, of: layouts[2]) }
                == "unaligned pointer: 68 is no multiple of 8")
    }

    @Test("Strings of 268,435,455 bytes are the longest, and end with the memory at the latest")
    func strings() throws {
        let longest: UInt32 = 268_435_455
        let tag: UInt32 = 1 << 31
        let end = UInt32(Self.byteCount)
        typealias Row = (CanonicalOptions.StringEncoding, UInt32, UInt32, StringSource.Encoding)
        let rows: [Row] = [
            (.utf8, 1, 0, .utf8), (.utf16, 2, 0, .utf16), (.latin1OrUTF16, 1, 0, .latin1),
            (.latin1OrUTF16, 2, tag, .utf16),
        ]
        for (option, width, tag, encoding) in rows {
            let guest = guest(option)
            let most = longest / width
            let source = try guest.string(2, taggedLength: most | tag)
            #expect(source.encoding == encoding)
            #expect(source.option == option)
            #expect(source.bytes.count == Int(most * width))
            #expect(
                message { () throws(Trap) in try guest.string(2, taggedLength: most + 1 | tag).codeUnitCount }
                    == Self.beyond("string", Int((most + 1) * width), 2))
            #expect(try guest.string(end - 6, taggedLength: 6 / width | tag).codeUnitCount == 6 / width)
            #expect(
                message { () throws(Trap) in try guest.string(end - 4, taggedLength: 6 / width | tag).codeUnitCount }
                    == Self.beyond("string", 6, end - 4))
            #expect(
                message { () throws(Trap) in try guest.string(end + 2, taggedLength: tag).codeUnitCount }
                    == Self.beyond("string", 0, end + 2))
        }
        #expect(try guest(.utf8).string(3, taggedLength: 1).codeUnitCount == 1)
        for option in [.utf16, .latin1OrUTF16] as [CanonicalOptions.StringEncoding] {
            #expect(
                message { () throws(Trap) in try guest(option).string(3, taggedLength: 1).codeUnitCount }
                    == "unaligned pointer: 3 is no multiple of 2")
        }
        #expect(
            message { () throws(Trap) in try guest(.latin1OrUTF16).string(3, taggedLength: 1 | tag).codeUnitCount }
                == "unaligned pointer: 3 is no multiple of 2")
    }

    @Test("Text may end where the memory ends")
    func textAtEnd() throws {
        for text in ["", "a", "é☃", "abcdefgh", "abcdefghé"] {
            let pointer = UInt32(Self.byteCount - text.utf8.count)
            try memory.write(Array(text.utf8), at: pointer)
            #expect(try guest().string(pointer, taggedLength: UInt32(text.utf8.count)).text() == text)
        }
    }

    @Test("A record of parameters or of results is aligned, and ends with the memory at the latest")
    func records() throws {
        let guest = guest()
        let end = UInt32(Self.byteCount)
        try guest.checkRecord(end - 12, layouts[3])
        #expect(
            message { () throws(Trap) in try guest.checkRecord(end - 8, layouts[3]) }
                == "pointer out of bounds of memory: 12 bytes at \(end - 8) of \(end)")
        #expect(
            message { () throws(Trap) in try guest.checkRecord(UInt32.max - 3, layouts[3]) }
                == "pointer out of bounds of memory: 12 bytes at 4294967292 of \(end)")
        #expect(
            message { () throws(Trap) in try guest.checkRecord(66, layouts[3]) }
                == "unaligned pointer: 66 is no multiple of 4")
        let bytes = Layout(kind: .record, size: 3, alignment: 1, flatCount: 3)
        try guest.checkRecord(end - 3, bytes)
        #expect(
            message { () throws(Trap) in try guest.checkRecord(end - 2, bytes) }
                == "pointer out of bounds of memory: 3 bytes at \(end - 2) of \(end)")
    }

    @Test("What realloc gives is aligned, and ends with the memory at the latest")
    func allocations() throws {
        let end = UInt32(Self.byteCount)
        let last = guest(reallocating: end - 8)
        #expect(try last.allocate(8, alignment: 8, for: .list) == end - 8)
        #expect(
            message { () throws(Trap) in try last.allocate(9, alignment: 8, for: .list) }
                == "realloc return: beyond end of memory: list content out-of-bounds: 9 bytes at \(end - 8) of \(end)")
        #expect(
            message { () throws(Trap) in try guest(reallocating: .max).allocate(2, alignment: 1, for: .string) }
                == "realloc return: beyond end of memory: string content out-of-bounds: 2 bytes at 4294967295 of \(end)"
        )
        let odd = guest(reallocating: 12)
        #expect(try odd.allocate(8, alignment: 4, for: .value) == 12)
        #expect(
            message { () throws(Trap) in try odd.allocate(8, alignment: 8, for: .value) }
                == "realloc return: result not aligned: unaligned pointer: 12 is no multiple of 8")
        // A realloc that returned may call outside again.
        #expect(state.instances[0].mayLeave)
        #expect(state.tasks.isEmpty)
    }

    @Test("Each allocation gives its stack back")
    func allocationStack() throws {
        let store = Store(limits: StoreLimits(stackBytes: 64 << 10))
        let guest = try GuestMemory(in: store)
        let state = ComponentState(
            layouts: LayoutTable.Builder().finish(), resources: [], instanceCount: 1, store: store)
        // The guest does not keep its state.
        defer { withExtendedLifetime(state) {} }
        let side = GuestSide(
            state: state, instance: 0, memory: guest.memory, reallocate: guest.reallocate, stringEncoding: .utf8,
            task: -1)
        for _ in 0..<5_000 { _ = try side.allocate(8, alignment: 1, for: .value) }
        #expect(guest.calls.count == 5_000)
    }

    @Test("Numbers of cases and characters that are none trap by their number")
    func numbers() throws {
        let slots = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
        defer { slots.deallocate() }
        var guest = guest()
        slots.storeBytes(of: 3, as: UInt64.self)
        #expect(
            message { () throws(Trap) in try guest.lift(index(4), from: .flat(slots)) }
                == "invalid variant discriminant: 3 of 3 cases")
        slots.storeBytes(of: 2, as: UInt64.self)
        #expect(try guest.lift(index(4), from: .flat(slots)) == .variant(2, nil))
        slots.storeBytes(of: 0xD800, as: UInt64.self)
        #expect(
            message { () throws(Trap) in try guest.lift(index(5), from: .flat(slots)) }
                == "invalid `char` bit pattern: 0xd800")
    }

    /// The number of a layout.
    private func index(_ type: Int) -> Int { state.layouts.layouts.firstIndex { $0.kind == layouts[type].kind } ?? 0 }

    @Test("A call lifts 257 MiB, headers of objects included, and no more")
    func budget() throws {
        var guest = guest()
        try guest.spendObject((257 << 20) - 64 * 32)
        for _ in 0..<63 { try guest.spendObject(0) }
        #expect(
            message { () throws(Trap) in try guest.spendObject(0) }
                == "a call passes too much to the host: lists and strings of more than 257 MiB outside of the guest")
    }

    @Test("Values take of what a call may lift as many bytes as the host allocates for them")
    func spending() throws {
        /// A value whose core values are all one number, and what it takes beside the header of an object.
        struct Case {
            let type: ComponentModel.ValueType
            var encoding = CanonicalOptions.StringEncoding.utf8
            var slot: UInt64 = 100
            let byteCount: Int
        }
        let value = MemoryLayout<ComponentModel.Value>.stride
        let cases = [
            Case(type: .string, byteCount: 100),
            // A code unit may take three bytes in UTF-8.
            Case(type: .string, encoding: .utf16, byteCount: 2 * 200),
            Case(type: .bytes, byteCount: 100), Case(type: .list(.bool), byteCount: 100 * value),
            Case(type: ComponentModel.ValueType(.fixedLengthList(.u8, length: 4)), byteCount: 4 * value),
            Case(type: .tuple(.u8, .u8, .u8), byteCount: 3 * value),
            Case(type: .option(.u8), slot: 1, byteCount: value),
        ]
        var builder = LayoutTable.Builder()
        let numbers = cases.map { builder.add($0.type) }
        let store = Store()
        let state = ComponentState(layouts: builder.finish(), resources: [], instanceCount: 1, store: store)
        // The guest does not keep its state.
        defer { withExtendedLifetime(state) {} }
        let memory = try Memory(MemoryType(limits: Limits(minimum: 1)), in: store)
        let slots = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
        defer { slots.deallocate() }
        for (number, expected) in zip(numbers, cases) {
            slots.initializeMemory(as: UInt64.self, repeating: expected.slot, count: 8)
            for missing in [0, 1] {
                var guest = GuestSide(
                    state: state, instance: 0, memory: memory, reallocate: nil, stringEncoding: expected.encoding,
                    task: -1)
                let headers = 2 * GuestSide.objectHeaderByteCount
                try guest.spendObject(GuestSide.maximumLiftedByteCount - expected.byteCount - headers + missing)
                let said = message { () throws(Trap) in _ = try guest.lift(number, from: .flat(slots)) }
                #expect(
                    said.hasPrefix("a call passes too much to the host") == (missing == 1), "\(expected.type): \(said)")
            }
        }
    }
}
