@testable import HTTP

/// A chunked body, and what follows it. The first byte says how it is cut. A decoder that has all bytes before it, and does no
/// more than the grammar says (RFC 9112 section 7.1), has to find the same.
enum ChunkedBodies {
    private struct Body: Equatable {
        var data: [UInt8] = []
        var trailers: [Message.Field] = []
        /// How many bytes follow.
        var rest = 0
    }

    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let choice = input.first else { return }
        let bytes = Array(input.dropFirst())
        let expected = reference(bytes)
        for (cut, room) in [(Cut.whole, 4_096), (Cut(choice), 1 + Int(choice >> 4))] {
            let body = decode(bytes, cut, room: room)
            guard body == expected else {
                fatalError("the chunks come to \(String(describing: body)), not \(String(describing: expected))")
            }
        }
    }

    private static func decode(_ bytes: [UInt8], _ cut: Cut, room: Int) -> Body? {
        var decoder = BodyDecoder(framing: .chunked, limits: HTTPMessages.limits)
        let input = ReceiveBuffer()
        var body = Body()
        var arrived = 0
        var output = [UInt8](repeating: 0, count: room)
        while true {
            let progress = try? output.withUnsafeMutableBytes { try decoder.decode(from: input, into: $0) }
            switch progress {
            case nil: return nil
            case .bytes(let count): body.data += output[..<count]
            case .end:
                body.trailers = decoder.trailers.messageFields
                body.rest = input.count + bytes.count - arrived
                return body
            case .needsInput:
                let count = cut.next(after: arrived, of: bytes.count)
                guard count > 0 else { return nil }
                bytes[arrived..<arrived + count].withUnsafeBytes { input.append($0) }
                arrived += count
            }
        }
    }

    /// The body; `nil` for one that is malformed or not whole.
    private static func reference(_ bytes: [UInt8]) -> Body? {
        var body = Body()
        var rest = bytes[...]
        var overhead = 0
        while true {
            guard let line = takeLine(&rest), line.count + 1 <= 1_024 else { return nil }
            let digits = line.prefix { Character(UnicodeScalar($0)).isHexDigit }
            guard (1...15).contains(digits.count), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            let part = line.dropFirst(digits.count)
            let extensions = part.drop { $0 == 0x20 || $0 == 0x09 }
            guard part.isEmpty || extensions.first == UInt8(ascii: ";"), extensions.allSatisfy(isContent) else {
                return nil
            }
            overhead = max(0, overhead + line.count + 1 - 16 - size)
            guard overhead <= 16 << 10 else { return nil }
            if size == 0 { break }
            guard rest.count >= size else { return nil }
            body.data += rest.prefix(size)
            rest = rest.dropFirst(size)
            guard takeLine(&rest)?.isEmpty == true else { return nil }
        }
        var length = 0
        while let line = takeLine(&rest) {
            guard length + line.count <= HTTPMessages.limits.maximumHead else { return nil }
            if line.isEmpty {
                body.rest = rest.count
                return body
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy(isToken), body.trailers.count < HTTPMessages.limits.maximumFields
            else { return nil }
            length += line.count + 2
            var value = line[(colon + 1)...]
            while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
            while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
            guard value.allSatisfy(isContent) else { return nil }
            body.trailers.append(Message.Field(name: Array(line[..<colon]), value: Array(value)))
        }
        return nil
    }

    /// The bytes up to the next CR LF.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let lineFeed = rest.firstIndex(of: 0x0A), lineFeed > rest.startIndex, rest[lineFeed - 1] == 0x0D else {
            return nil
        }
        let line = rest[..<(lineFeed - 1)]
        rest = rest[(lineFeed + 1)...]
        return line
    }

    private static func isContent(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }

    private static func isToken(_ byte: UInt8) -> Bool {
        byte < 0x80 && Character(UnicodeScalar(byte)).isLetter || (0x30...0x39).contains(byte)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
