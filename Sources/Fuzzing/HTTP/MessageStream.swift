@testable import HTTP

/// What reads the heads of requests, or of responses.
protocol HeadParser {
    associatedtype Head

    mutating func parse(_ head: UnsafeRawBufferPointer) throws(MessageError) -> (Head, byteCount: Int)?
}

extension RequestHeadParser: HeadParser {}
extension ResponseHeadParser: HeadParser {}

/// One message of a connection, told so that it can be compared.
struct Message: Equatable {
    struct Field: Equatable {
        let name: [UInt8]
        let value: [UInt8]
    }

    /// The start line, as it would be written.
    let startLine: String
    let fields: [Field]
    let framing: BodyFraming
    /// Whether the connection stays, and whether the client waits for `100 Continue`.
    let keepsAlive: Bool
    var expectsContinue = false
    /// The head as it arrived.
    var head: [UInt8] = []
    var body: [UInt8] = []
    var trailers: [Field] = []

    /// The message as it can be sent, its chunks of one size.
    func bytes(chunkSize: Int) -> [UInt8] {
        var bytes = Array("\(startLine)\r\n".utf8)
        bytes += fields.lines
        guard framing == .chunked else { return bytes + body }
        for start in stride(from: 0, to: body.count, by: chunkSize) {
            let chunk = body[start..<min(start + chunkSize, body.count)]
            ResponseHeadEncoder.appendChunkSize(chunk.count, to: &bytes)
            bytes += chunk
            bytes += "\r\n".utf8
        }
        bytes += "0\r\n".utf8
        return bytes + trailers.lines
    }

    /// Whether two messages say the same, however they were written.
    func says(_ other: Message) -> Bool {
        var one = self
        one.head = other.head
        return one == other
    }
}

extension [Message.Field] {
    /// A line for each, and the empty line after them.
    var lines: [UInt8] {
        var bytes: [UInt8] = []
        for field in self {
            bytes += field.name
            bytes += ": ".utf8
            bytes += field.value
            bytes += "\r\n".utf8
        }
        bytes += "\r\n".utf8
        return bytes
    }
}

extension Headers {
    /// The fields, byte by byte.
    var messageFields: [Message.Field] {
        withFields { $0.map { Message.Field(name: Array($0.name), value: Array($0.value)) } }
    }
}

/// Bytes of a connection, taken apart into the messages that they are.
struct MessageStream: Equatable {
    enum End: Equatable {
        /// A message is malformed, or beyond the limits. Its status can depend on how it was cut: what is wrong with a
        /// line that has come in full may be another thing than what was wrong with its beginning.
        case refused
        /// All is read, and the last message is this far; `nil` if there is nothing of one.
        case atEnd(unfinished: Message?)
    }

    private(set) var messages: [Message] = []
    private(set) var end = End.refused

    /// - Parameters:
    ///   - room: How many bytes of a body are asked for at a time.
    ///   - message: Tells a head.
    init<Parser: HeadParser>(
        _ bytes: [UInt8], cut: Cut, room: Int, limits: HeadLimits, parser makeParser: () -> Parser,
        message: (Parser.Head) -> Message
    ) {
        let input = ReceiveBuffer()
        var arrived = 0
        func receive() -> Bool {
            let count = cut.next(after: arrived, of: bytes.count)
            bytes[arrived..<arrived + count].withUnsafeBytes { input.append($0) }
            arrived += count
            return count > 0
        }
        do {
            while true {
                var parser = makeParser()
                var found: Message?
                while found == nil {
                    if !input.isEmpty, let (head, byteCount) = try parser.parse(input.readable) {
                        found = message(head)
                        found?.head = Array(input.readable[..<byteCount])
                        input.consume(byteCount)
                    } else if !receive() {
                        end = .atEnd(unfinished: nil)
                        return
                    }
                }
                guard var found else { return }
                var decoder = BodyDecoder(framing: found.framing, limits: limits)
                var output = [UInt8](repeating: 0, count: room)
                reading: while true {
                    switch try output.withUnsafeMutableBytes({ try decoder.decode(from: input, into: $0) }) {
                    case .bytes(let count): found.body += output[..<count]
                    case .end: break reading
                    case .needsInput:
                        guard receive() else {
                            end = .atEnd(unfinished: found)
                            return
                        }
                    }
                }
                found.trailers = decoder.trailers.messageFields
                messages.append(found)
            }
        } catch {
            end = .refused
        }
    }
}
