import Testing
import WebAssemblyRuntime

@testable import ComponentModel

/// Strings of characters at which encodings change the number of their bytes, from each encoding into each.
@Suite struct StringEdgeTests {
    /// An encoding in which a string stands, with the option that lets it.
    struct Form: CustomTestStringConvertible, Sendable {
        let option: CanonicalOptions.StringEncoding
        let encoding: StringSource.Encoding

        var testDescription: String { "\(option) \(encoding)" }

        func bytes(_ text: String) -> [UInt8]? {
            switch encoding {
            case .utf8: return Array(text.utf8)
            case .utf16: return text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            case .latin1:
                guard text.unicodeScalars.allSatisfy({ $0.value < 0x100 }) else { return nil }
                return text.unicodeScalars.map { UInt8($0.value) }
            }
        }
    }

    static let forms = [
        Form(option: .utf8, encoding: .utf8), Form(option: .utf16, encoding: .utf16),
        Form(option: .latin1OrUTF16, encoding: .utf16), Form(option: .latin1OrUTF16, encoding: .latin1),
    ]

    /// The first and the last characters of each length, and of each first byte that is looked at.
    private static let edges: [Unicode.Scalar] = [
        "\0", "a", "\u{7F}", "\u{80}", "\u{BF}", "\u{C0}", "\u{FE}", "\u{FF}", "\u{100}", "\u{101}", "\u{7FE}",
        "\u{7FF}", "\u{800}", "\u{801}", "\u{FFF}", "\u{1000}", "\u{D7FF}", "\u{E000}", "\u{FFFE}", "\u{FFFF}",
        "\u{10000}", "\u{10001}", "\u{103FF}", "\u{10400}", "\u{3FFFF}", "\u{40000}", "\u{FFFFF}", "\u{100000}",
        "\u{10FFFF}",
    ]

    /// Each alone, and after and before others.
    private static let texts: [String] = {
        var texts = [""]
        for edge in edges.map({ String($0) }) {
            for other in ["", "a", "\u{E9}", "aa\u{E9}", "\u{2603}", "\u{1F370}"] {
                texts += [other + edge, edge + other, other + edge + other + other]
            }
        }
        return texts
    }()

    /// What stands in memory before, no two neighbours of which are alike.
    private static let surroundings = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }

    @Test("Strings become what the standard library makes of them, and bytes around them stay", arguments: forms)
    func transcoding(_ source: Form) throws {
        for text in Self.texts {
            guard let bytes = source.bytes(text) else { continue }
            for target in [.utf8, .utf16, .latin1OrUTF16] as [CanonicalOptions.StringEncoding] {
                try transcode(text, bytes, source, target)
            }
            let found = try bytes.withUnsafeBytes { bytes in
                try StringSource(bytes: bytes, encoding: source.encoding, option: source.option).text()
            }
            #expect(Array(found.utf8) == Array(text.utf8))
        }
    }

    private func transcode(
        _ text: String, _ bytes: [UInt8], _ source: Form, _ target: CanonicalOptions.StringEncoding
    ) throws {
        let store = Store()
        let guest = try GuestMemory(heapStart: 64, in: store)
        try guest.memory.write(Self.surroundings, at: 0)
        let state = ComponentState(
            layouts: LayoutTable.Builder().finish(), resources: [], instanceCount: 1, store: store)
        // The guest does not keep its state.
        defer { withExtendedLifetime(state) {} }
        let side = GuestSide(
            state: state, instance: 0, memory: guest.memory, reallocate: guest.reallocate, stringEncoding: target,
            task: -1)
        let (pointer, taggedLength) = try bytes.withUnsafeBytes { bytes in
            let string = StringSource(bytes: bytes, encoding: source.encoding, option: source.option)
            try string.validate()
            return try side.lower(string)
        }
        let isLatin1 = target == .latin1OrUTF16 && text.unicodeScalars.allSatisfy { $0.value < 0x100 }
        let form = Form(option: target, encoding: target == .utf8 ? .utf8 : isLatin1 ? .latin1 : .utf16)
        let expected = try #require(form.bytes(text))
        let length = UInt32(form.encoding == .utf16 ? expected.count / 2 : expected.count)
        let isTagged = target == .latin1OrUTF16 && !isLatin1
        let place = "\(Array(text.unicodeScalars.map(\.value))) from \(source) to \(target)"
        #expect(taggedLength == (isTagged ? length | GuestSide.utf16Tag : length), "\(place)")
        #expect(try guest.memory.read(pointer, count: UInt32(expected.count)) == expected, "\(place)")
        // What was never allocated is as it was, before the first allocation and after the last.
        #expect(try guest.memory.read(0, count: 64) == Array(Self.surroundings[..<64]), "\(place)")
        let end = guest.calls.reduce(UInt32(64)) { end, call in
            if call[0] != 0 && call[3] <= call[1] { return end }
            return (end + call[2] - 1) & ~(call[2] - 1) + call[3]
        }
        #expect(try guest.memory.read(end, count: 64) == Array(Self.surroundings[Int(end)..<Int(end) + 64]), "\(place)")
        // What is left of a longer allocation is as it was written at first.
        if source.encoding == .utf16, source.option == .latin1OrUTF16, isLatin1 {
            let count = UInt32(expected.count)
            #expect(
                try guest.memory.read(pointer + count, count: count) == Array(bytes[Int(count)...]), "\(place)")
        }
    }

    @Test(
        "Surrogates are paired, the leading one first",
        arguments: [
            ([0xD800, 0xDC00], nil), ([0xDBFF, 0xDFFF], nil), ([0x61, 0xD83C, 0xDF70, 0x62], nil),
            ([0xD7FF, 0xE000], nil), ([0xD800], (0xD800, 0)), ([0xDC00], (0xDC00, 0)), ([0xDC00, 0xDC00], (0xDC00, 0)),
            ([0xD800, 0xD800], (0xD800, 0)), ([0xD800, 0x61], (0xD800, 0)), ([0xD800, 0xE000], (0xD800, 0)),
            ([0xD800, 0xDBFF], (0xD800, 0)), ([0x61, 0xD800, 0xDC00, 0xDFFF], (0xDFFF, 3)),
            ([0xD800, 0xDC00, 0xDBFF], (0xDBFF, 2)), ([0xDFFF, 0xDC00], (0xDFFF, 0)),
        ] as [([UInt16], (unit: UInt16, index: Int)?)])
    func surrogates(_ units: [UInt16], _ fault: (unit: UInt16, index: Int)?) {
        let message = units.withUnsafeBytes { bytes -> String? in
            do throws(Trap) {
                try StringSource(bytes: bytes, encoding: .utf16, option: .utf16).validate()
                return nil
            } catch {
                return error.message
            }
        }
        #expect(
            message
                == fault.map {
                    "invalid utf-16: unpaired surrogate 0x\(String($0.unit, radix: 16)) at unit \($0.index)"
                })
    }
}
