@testable import HTTP

/// Requests, or responses, one after the other on a connection. The first byte says how they are cut.
///
/// However they are cut into packets, they are the same messages; each line of a head is one field; and what was read, written
/// again, is read as the same.
enum HTTPMessages {
    static let limits = HeadLimits(maximumStartLine: 120, maximumHead: 400, maximumFields: 8)
    /// For what is written again: a target in absolute form becomes a Host field, which is longer.
    private static let generousLimits = HeadLimits(maximumStartLine: 1_000, maximumHead: 4_000, maximumFields: 100)

    static func runRequests(_ input: UnsafeBufferPointer<UInt8>) {
        run(input) { bytes, cut, room, limits in
            MessageStream(bytes, cut: cut, room: room, limits: limits, parser: { RequestHeadParser(limits: limits) }) {
                Message(
                    startLine: "\($0.method.rawValue) \($0.target) \($0.version)", fields: $0.headers.messageFields,
                    framing: $0.framing, keepsAlive: $0.keepsAlive, expectsContinue: $0.expectsContinue)
            }
        }
    }

    static func runResponses(_ input: UnsafeBufferPointer<UInt8>) {
        let method: Method = input.first.map { $0 & 0xE0 == 0xE0 } == true ? .head : .get
        run(input) { bytes, cut, room, limits in
            MessageStream(
                bytes, cut: cut, room: room, limits: limits,
                parser: { ResponseHeadParser(limits: limits, requestMethod: method) },
                message: {
                    Message(
                        startLine: "\($0.version) \($0.status.code) \($0.status.reason)",
                        fields: $0.headers.messageFields, framing: $0.framing, keepsAlive: $0.keepsAlive)
                })
        }
    }

    private static func run(
        _ input: UnsafeBufferPointer<UInt8>, _ read: ([UInt8], Cut, Int, HeadLimits) -> MessageStream
    ) {
        guard let choice = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = read(bytes, .whole, 4_096, limits)
        let cut = read(bytes, Cut(choice), 1 + Int(choice >> 4), limits)
        guard whole == cut else { fatalError("in pieces, other messages arrive:\n\(whole)\n\(cut)") }
        for message in whole.messages {
            check(message)
            let again = read(message.bytes(chunkSize: 1 + Int(choice >> 3)), .whole, 4_096, generousLimits)
            guard again.messages.count == 1, again.messages[0].says(message) else {
                fatalError("what was read is not what is written:\n\(message)\n\(again)")
            }
        }
    }

    /// Compares a head with its lines.
    private static func check(_ message: Message) {
        var lines = message.head.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, lines.allSatisfy({ $0.last == 0x0D }) else {
            fatalError("the head does not end with a line")
        }
        lines = lines.map { $0.dropLast() }
        guard lines.popLast()?.isEmpty == true, lines.allSatisfy({ !$0.contains(0x0D) && !$0.contains(0) }) else {
            fatalError("a line has a character that ends lines")
        }
        if lines.first?.isEmpty == true { lines.removeFirst() }
        let fields = lines.dropFirst().map { line in
            let halves = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
            let value = halves[1].drop(while: isBlank).reversed().drop(while: isBlank).reversed()
            return Message.Field(name: Array(halves[0]), value: Array(value))
        }
        // The authority of a target in absolute form takes the place of the Host field.
        func withoutHost(_ fields: [Message.Field]) -> [Message.Field] {
            fields.filter { String(decoding: $0.name, as: UTF8.self).lowercased() != "host" }
        }
        let isAsWritten = lines.first.map { $0.elementsEqual(message.startLine.utf8) } ?? false
        guard isAsWritten ? message.fields == fields : withoutHost(message.fields) == withoutHost(fields) else {
            fatalError("the fields are not those of the lines:\n\(message)")
        }
        func values(_ name: String) -> [String] {
            fields.filter { String(decoding: $0.name, as: UTF8.self).lowercased() == name }
                .map { String(decoding: $0.value, as: UTF8.self).lowercased() }
        }
        switch message.framing {
        case .chunked where values("transfer-encoding") == ["chunked"] && values("content-length").isEmpty: break
        case .length(let length) where Set(values("content-length").map { Int64($0) }) == [length]: break
        case .none, .untilClose: break
        default: fatalError("the body's length is not what the fields say:\n\(message)")
        }
    }
}
