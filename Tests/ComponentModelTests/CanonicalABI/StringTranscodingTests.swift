import Foundation
import Testing
import WebAssemblyRuntime

@testable import ComponentModel

/// Each pair of encodings has its own sequence of allocations, which guests see.
@Suite struct StringTranscodingTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let source: [UInt8]
        let encoding: StringSource.Encoding
        var option = CanonicalOptions.StringEncoding.utf8
        let target: CanonicalOptions.StringEncoding
        /// The arguments of `realloc`. Memory is given out from address 8 on; what shrinks stays where it is.
        let calls: [[UInt32]]
        let result: [UInt8]
        let taggedLength: UInt32

        var testDescription: String { name }
    }

    private static let tag = GuestSide.utf16Tag
    /// "aé" and "a☃".
    private static let utf8 = (latin: Array("aé".utf8), wide: Array("a☃".utf8))
    private static let utf16: (latin: [UInt8], wide: [UInt8]) = ([0x61, 0, 0xE9, 0], [0x61, 0, 0x03, 0x26])
    private static let latin1: [UInt8] = [0x61, 0xE9]

    static let cases: [Case] = [
        Case(
            name: "UTF-8 to UTF-8", source: utf8.wide, encoding: .utf8, target: .utf8, calls: [[0, 0, 1, 4]],
            result: utf8.wide, taggedLength: 4),
        Case(
            name: "UTF-16 to UTF-8, ASCII", source: [0x61, 0, 0x62, 0], encoding: .utf16, option: .utf16, target: .utf8,
            calls: [[0, 0, 1, 2]], result: [0x61, 0x62], taggedLength: 2),
        Case(
            name: "UTF-16 to UTF-8, the last of ASCII", source: [0x7F, 0], encoding: .utf16, option: .utf16,
            target: .utf8, calls: [[0, 0, 1, 1]], result: [0x7F], taggedLength: 1),
        Case(
            name: "UTF-16 to UTF-8", source: utf16.latin, encoding: .utf16, option: .utf16, target: .utf8,
            calls: [[0, 0, 1, 2], [8, 2, 1, 6], [10, 6, 1, 3]], result: utf8.latin, taggedLength: 3),
        Case(
            name: "Latin-1 to UTF-8", source: latin1, encoding: .latin1, option: .latin1OrUTF16, target: .utf8,
            calls: [[0, 0, 1, 2], [8, 2, 1, 4], [10, 4, 1, 3]], result: utf8.latin, taggedLength: 3),
        Case(
            name: "Latin-1 to UTF-8, as long as can be", source: [0xE9, 0xE9], encoding: .latin1,
            option: .latin1OrUTF16, target: .utf8, calls: [[0, 0, 1, 2], [8, 2, 1, 4]], result: Array("éé".utf8),
            taggedLength: 4),
        Case(
            name: "UTF-8 to UTF-16", source: utf8.latin, encoding: .utf8, target: .utf16,
            calls: [[0, 0, 2, 6], [8, 6, 2, 4]], result: utf16.latin, taggedLength: 2),
        Case(
            name: "UTF-16 to UTF-16", source: utf16.wide, encoding: .utf16, option: .utf16, target: .utf16,
            calls: [[0, 0, 2, 4]], result: utf16.wide, taggedLength: 2),
        Case(
            name: "Latin-1 to UTF-16", source: latin1, encoding: .latin1, option: .latin1OrUTF16, target: .utf16,
            calls: [[0, 0, 2, 4]], result: utf16.latin, taggedLength: 2),
        Case(
            name: "UTF-8 to Latin-1", source: utf8.latin, encoding: .utf8, target: .latin1OrUTF16,
            calls: [[0, 0, 2, 3], [8, 3, 2, 2]], result: latin1, taggedLength: 2),
        Case(
            name: "UTF-8 to UTF-16 where Latin-1 would do for less", source: utf8.wide, encoding: .utf8,
            target: .latin1OrUTF16, calls: [[0, 0, 2, 4], [8, 4, 2, 8], [12, 8, 2, 4]], result: utf16.wide,
            taggedLength: 2 | tag),
        Case(
            name: "UTF-16 to Latin-1", source: utf16.latin, encoding: .utf16, option: .utf16, target: .latin1OrUTF16,
            calls: [[0, 0, 2, 2]], result: latin1, taggedLength: 2),
        Case(
            name: "UTF-16 to UTF-16 where Latin-1 would do for less", source: utf16.wide, encoding: .utf16,
            option: .utf16, target: .latin1OrUTF16, calls: [[0, 0, 2, 2], [8, 2, 2, 4]], result: utf16.wide,
            taggedLength: 2 | tag),
        Case(
            name: "Latin-1 to Latin-1", source: latin1, encoding: .latin1, option: .latin1OrUTF16,
            target: .latin1OrUTF16, calls: [[0, 0, 2, 2]], result: latin1, taggedLength: 2),
        Case(
            name: "UTF-16 by choice to Latin-1", source: utf16.latin, encoding: .utf16, option: .latin1OrUTF16,
            target: .latin1OrUTF16, calls: [[0, 0, 2, 4], [8, 4, 1, 2]], result: latin1, taggedLength: 2),
        Case(
            name: "UTF-16 by choice to the same", source: utf16.wide, encoding: .utf16, option: .latin1OrUTF16,
            target: .latin1OrUTF16, calls: [[0, 0, 2, 4]], result: utf16.wide, taggedLength: 2 | tag),
    ]

    @Test("Strings are transcoded with the allocations of the specification", arguments: cases)
    func transcoding(_ test: Case) throws {
        let calls = try lower(test, isAtEnd: false)
        #expect(calls == test.calls)
    }

    @Test("Strings may end where the memory ends", arguments: cases)
    func transcodingAtEnd(_ test: Case) throws {
        let calls = try lower(test, isAtEnd: true)
        #expect(calls.map { $0[3] } == test.calls.map { $0[3] })
    }

    /// Checks what a string becomes, and gives the calls of `realloc`.
    private func lower(_ test: Case, isAtEnd: Bool) throws -> [[UInt32]] {
        let store = Store()
        let guest = try GuestMemory(isAtEnd: isAtEnd, in: store)
        let end = UInt32(GuestMemory.byteCount)
        let before = (0..<64).map { UInt8(200 - $0) }
        try guest.memory.write(before, at: end - 64)
        let state = ComponentState(
            layouts: LayoutTable.Builder().finish(), resources: [], instanceCount: 1, store: store)
        // The guest does not keep its state.
        defer { withExtendedLifetime(state) {} }
        let side = GuestSide(
            state: state, instance: 0, memory: guest.memory, reallocate: guest.reallocate,
            stringEncoding: test.target, task: -1)
        let (pointer, taggedLength) = try test.source.withUnsafeBytes { bytes in
            try side.lower(StringSource(bytes: bytes, encoding: test.encoding, option: test.option))
        }
        #expect(taggedLength == test.taggedLength)
        #expect(try guest.memory.read(pointer, count: UInt32(test.result.count)) == test.result)
        // What was never allocated is as it was.
        let longest = guest.calls.map { ($0[3] + $0[2] - 1) & ~($0[2] - 1) }.max() ?? 0
        let rest = 64 - (isAtEnd ? longest : 0)
        #expect(try guest.memory.read(end - 64, count: rest) == Array(before[..<Int(rest)]))
        return guest.calls
    }

    @Test("Text is not read beyond its end")
    func readToTheEnd() throws {
        // Behind the first page is one that cannot be read.
        let page = Int(getpagesize())
        let pages = try #require(mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(pages, 2 * page) }
        try #require(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0)
        for text in (0...24).flatMap({ [String(repeating: "a", count: $0), String(repeating: "é", count: $0)] }) {
            let bytes = Array(text.utf8)
            let place = UnsafeMutableRawBufferPointer(start: pages + page - bytes.count, count: bytes.count)
            place.copyBytes(from: bytes)
            #expect(UTF8Check.fault(in: UnsafeRawBufferPointer(place)) == nil)
        }
    }

    @Test(
        "Bytes that are no text are told from text that ends too early",
        arguments: [
            ([0x61, 0x80], .invalid(offset: 1)), ([0xC0, 0x80], .invalid(offset: 0)),
            ([0xED, 0xA0, 0x80], .invalid(offset: 0)), ([0xF4, 0x90, 0x80, 0x80], .invalid(offset: 0)),
            ([0xE0, 0x9F, 0x80], .invalid(offset: 0)), ([0xF0, 0x8F, 0x80, 0x80], .invalid(offset: 0)),
            ([0xF5, 0x80, 0x80, 0x80], .invalid(offset: 0)), ([0xE2, 0x98, 0x41], .invalid(offset: 0)),
            ([0x61, 0xE2, 0x98], .incomplete(offset: 1)), ([0xF0, 0x9F, 0x8D], .incomplete(offset: 0)),
            (Array("0123456789é☃🍰".utf8), nil), ([], nil),
        ] as [([UInt8], UTF8Check.Fault?)])
    func validity(_ bytes: [UInt8], _ fault: UTF8Check.Fault?) {
        #expect(bytes.withUnsafeBytes { UTF8Check.fault(in: $0) } == fault)
        #expect((String(validating: bytes, as: UTF8.self) == nil) == (fault != nil))
    }
}
