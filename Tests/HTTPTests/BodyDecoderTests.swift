import TestSupport
import Testing

@testable import HTTP

@Suite("Decoding bodies")
struct BodyDecoderTests {
    private static let limits = HeadLimits(maximumStartLine: 100, maximumHead: 300, maximumFields: 5)

    struct Decoded: Equatable {
        var body: String
        var rest: String
        var isComplete: Bool
        var trailers: [String]
    }

    /// Decodes `text`, which arrives in pieces, into an output that has room for `room` bytes.
    private static func decode(
        _ text: String, _ framing: BodyFraming = .chunked, pieceSize: Int = .max, room: Int = 1000
    ) throws(MessageError) -> Decoded {
        var decoder = BodyDecoder(framing: framing, limits: limits)
        let input = ReceiveBuffer()
        let bytes = Array(text.utf8)
        var arrived = 0
        var body: [UInt8] = []
        var output = [UInt8](repeating: 0, count: room)
        while true {
            let progress = try output.withUnsafeMutableBytes { output in
                Result { () throws(MessageError) in try decoder.decode(from: input, into: output) }
            }.get()
            switch progress {
            case .bytes(let count):
                body += output[..<count]
                continue
            case .end:
                let rest = Array(input.readable) + bytes[arrived...]
                return Decoded(
                    body: String(decoding: body, as: UTF8.self), rest: String(decoding: rest, as: UTF8.self),
                    isComplete: true, trailers: decoder.trailers.map { "\($0.name)=\($0.value)" })
            case .needsInput:
                guard arrived < bytes.count else {
                    return Decoded(
                        body: String(decoding: body, as: UTF8.self), rest: "", isComplete: false, trailers: [])
                }
                let next = min(pieceSize, bytes.count - arrived)
                bytes[arrived..<arrived + next].withUnsafeBytes { input.append($0) }
                arrived += next
            }
        }
    }

    @Test("chunks are joined, extensions and trailers taken off, however they are cut", arguments: 1...40)
    func chunks(pieceSize: Int) throws {
        let text = "4\r\nWiki\r\n00B ;x=\"y\"\r\npedia, in\r\n\r\n0\r\nX: 1\r\nY:\r\n\r\nGET"
        for room in [1, 3, 100] {
            let decoded = try Self.decode(text, pieceSize: pieceSize, room: room)
            #expect(
                decoded
                    == Decoded(body: "Wikipedia, in\r\n", rest: "GET", isComplete: true, trailers: ["X=1", "Y="]))
        }
    }

    @Test(
        "malformed chunks are refused",
        arguments: [
            "\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\na\r\n", "1\na\r\n0\r\n\r\n", "1\r\nab\r\n",
            "1\r\na\n0\r\n\r\n", "1\r\na\rb", "1\rX", "1;a\u{0}\r\n", "1;a\rb", "1 x\r\n", ";\r\n",
            "0\r\nX: 1\n\r\n", "0\r\n X: 1\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\n\n",
        ])
    func malformed(text: String) {
        #expect(throws: MessageError.self, "\(text.debugDescription)") { try Self.decode(text) }
    }

    @Test("sizes that overflow, endless lines, endless extensions and endless trailers are refused")
    func hostile() {
        #expect(throws: MessageError.self) { try Self.decode("FFFFFFFFFFFFFFFF\r\n") }
        #expect(throws: MessageError.self) { try Self.decode("10000000000000000\r\n") }
        #expect(throws: MessageError.self) { try Self.decode("1;" + String(repeating: "a", count: 2000)) }
        #expect(throws: MessageError.self) { try Self.decode(String(repeating: "0", count: 2000)) }
        let chunk = "1;" + String(repeating: "a", count: 900) + "\r\nb\r\n"
        #expect(throws: MessageError.self) { try Self.decode(String(repeating: chunk, count: 100)) }
        #expect(throws: MessageError.self) { try Self.decode("0\r\n" + String(repeating: "X: 1\r\n", count: 6)) }
        #expect(throws: MessageError.self) { try Self.decode("0\r\nX: " + String(repeating: "a", count: 400)) }
    }

    @Test("chunks of one byte come out together, as far as there is room")
    func tinyChunks() throws {
        var decoder = BodyDecoder(framing: .chunked, limits: Self.limits)
        let input = ReceiveBuffer()
        Array((String(repeating: "1\r\na\r\n", count: 50) + "0\r\n\r\n").utf8).withUnsafeBytes { input.append($0) }
        var output = [UInt8](repeating: 0, count: 30)
        var counts: [BodyDecoder.Progress] = []
        for _ in 0..<3 {
            counts.append(
                try output.withUnsafeMutableBytes { output in
                    Result { () throws(MessageError) in try decoder.decode(from: input, into: output) }
                }.get())
        }
        #expect(counts == [.bytes(30), .bytes(20), .end])
    }

    @Test("a body of known length ends with its last byte")
    func length() throws {
        #expect(
            try Self.decode("abcdef", .length(4), pieceSize: 1)
                == Decoded(body: "abcd", rest: "ef", isComplete: true, trailers: []))
        #expect(try !Self.decode("abc", .length(4)).isComplete)
        #expect(try Self.decode("abc", .none).rest == "abc")
    }

    @Test("the limit on trailers holds to the byte, however they are cut", arguments: [1, 2, 3, 100, .max])
    func trailerLimit(pieceSize: Int) throws {
        // The empty line behind the field belongs to what is limited.
        for (length, fits) in [(295, true), (296, false), (400, false)] {
            let text = "0\r\nX: " + String(repeating: "a", count: length) + "\r\n\r\n"
            let result = Result { () throws(MessageError) in try Self.decode(text, pieceSize: pieceSize) }
            #expect(((try? result.get().isComplete) ?? false) == fits, "\(length)")
        }
    }

    @Test("random chunked bodies never crash the decoder, and are read the same however they are cut")
    func garbage() {
        var generator = SeededGenerator(seed: 2)
        let alphabet = Array("0123aF;\r\n\r\n \tx:".utf8)
        for _ in 0..<3000 {
            let noise = (0..<40).map { _ in alphabet.randomElement(using: &generator)! }
            let text = "3\r\nabc\r\n" + String(decoding: noise, as: UTF8.self)
            let whole = Result { () throws(MessageError) in try Self.decode(text) }
            let cut = Result { () throws(MessageError) in try Self.decode(text, pieceSize: 1, room: 2) }
            #expect((try? whole.get()) == (try? cut.get()))
        }
    }
}
