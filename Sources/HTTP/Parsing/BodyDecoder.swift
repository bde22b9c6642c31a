/// Finds a body in the bytes that follow a head, and undoes its chunking (RFC 9112 sections 6 and 7).
struct BodyDecoder {
    /// What a call of `decode` came to.
    enum Progress: Equatable {
        /// So many bytes of the body have been put out, at least one.
        case bytes(Int)
        /// All input is consumed, and more is needed.
        case needsInput
        /// The body is over; what follows in the input is the next message.
        case end
    }

    /// The longest line that may announce a chunk, its extensions included.
    private static let maximumChunkLine = 1024
    /// By how much a body may consist of chunk overhead.
    private static let maximumOverhead = 16 << 10

    private enum State {
        /// Inside a body of known length or inside a chunk: so many bytes to come.
        case data(Int64)
        case untilClose
        case chunkSize(digits: Int, value: Int64)
        case blankAfterChunkSize(value: Int64)
        case chunkExtension(value: Int64)
        case lineFeedAfterChunkSize(value: Int64)
        case carriageReturnAfterChunk
        case lineFeedAfterChunk
        case trailers
        case end
    }

    private var state: State
    private let isChunked: Bool
    private let limits: HeadLimits
    private var chunkLineLength = 0
    /// Bytes that announced chunks beyond what is reasonable for the data they brought.
    private var overhead: Int64 = 0
    private var trailerBytes: [UInt8] = []
    private var trailerLines = HeadLines()
    private var trailerFields: [Headers.Bounds] = []

    init(framing: BodyFraming, limits: HeadLimits) {
        self.limits = limits
        isChunked = framing == .chunked
        switch framing {
        case .none: state = .end
        case .length(let length): state = length == 0 ? .end : .data(length)
        case .chunked: state = .chunkSize(digits: 0, value: 0)
        case .untilClose: state = .untilClose
        }
    }

    /// Whether the body is over.
    var isAtEnd: Bool {
        if case .end = state { true } else { false }
    }

    /// Whether the body ends with the connection.
    var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// The bytes still to come, unless the body is chunked or ends with the connection.
    var knownRemainder: Int64? {
        switch state {
        case .end: 0
        case .data(let count) where !isChunked: count
        default: nil
        }
    }

    /// The fields after a chunked body.
    var trailers: Headers {
        Headers(bytes: trailerBytes, fields: trailerFields)
    }

    /// How many of the next bytes of input are body as they are: they may be received straight into their destination,
    /// if `didReceiveDirectly` is told.
    var directAllowance: Int64 {
        switch state {
        case .data(let count): count
        case .untilClose: .max
        default: 0
        }
    }

    mutating func didReceiveDirectly(_ count: Int) {
        if case .data(let remaining) = state { leaveData(remaining - Int64(count)) }
    }

    /// Moves body from `input` to `output`, which has room for at least one byte, until one of them is used up. (Not
    /// only one chunk at a time: a body may consist of chunks of one byte.)
    mutating func decode(
        from input: ReceiveBuffer, into output: UnsafeMutableRawBufferPointer
    ) throws(MessageError) -> Progress {
        var filled = 0
        while true {
            switch state {
            case .end:
                return filled > 0 ? .bytes(filled) : .end
            case .data, .untilClose:
                let count = min(Int(clamping: directAllowance), input.count, output.count - filled)
                guard count > 0 else { return filled > 0 ? .bytes(filled) : .needsInput }
                UnsafeMutableRawBufferPointer(rebasing: output[filled...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: input.readable[..<count]))
                input.consume(count)
                filled += count
                didReceiveDirectly(count)
            case .trailers:
                guard try takeTrailers(from: input) else { return filled > 0 ? .bytes(filled) : .needsInput }
            default:
                guard try takeFraming(from: input) else { return filled > 0 ? .bytes(filled) : .needsInput }
            }
        }
    }

    private mutating func leaveData(_ remaining: Int64) {
        if remaining > 0 {
            state = .data(remaining)
        } else {
            state = isChunked ? .carriageReturnAfterChunk : .end
        }
    }

    /// Consumes what stands between the data of two chunks; false when more input is needed.
    private mutating func takeFraming(from input: ReceiveBuffer) throws(MessageError) -> Bool {
        let bytes = input.readable
        var index = 0
        defer { input.consume(index) }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch state {
            case .chunkSize(let digits, let value):
                try countChunkLine()
                if let digit = hexadecimalValue(byte) {
                    guard digits < 15 else { throw MessageError(.contentTooLarge, "a chunk beyond all limits") }
                    state = .chunkSize(digits: digits + 1, value: value << 4 | Int64(digit))
                } else if digits == 0 {
                    throw MessageError("a chunk without a size")
                } else {
                    try leaveChunkSize(byte, value: value)
                }
            case .blankAfterChunkSize(let value):
                try countChunkLine()
                guard isBlank(byte) || byte == UInt8(ascii: ";") else {
                    throw MessageError("an invalid character in a chunk's size")
                }
                if byte == UInt8(ascii: ";") { state = .chunkExtension(value: value) }
            case .chunkExtension(let value):
                try countChunkLine()
                if byte == 0x0D {
                    state = .lineFeedAfterChunkSize(value: value)
                } else if !CharacterClass.isFieldContent(byte) {
                    throw MessageError("an invalid character in a chunk extension")
                }
            case .lineFeedAfterChunkSize(let value):
                guard byte == 0x0A else { throw MessageError("a line with CR but no LF") }
                try beginChunk(value)
                return true
            case .carriageReturnAfterChunk:
                guard byte == 0x0D else { throw MessageError("a chunk that is longer than its size") }
                state = .lineFeedAfterChunk
            case .lineFeedAfterChunk:
                guard byte == 0x0A else { throw MessageError("a line with CR but no LF") }
                state = .chunkSize(digits: 0, value: 0)
            case .data, .untilClose, .trailers, .end:
                preconditionFailure("no chunk framing in this state")
            }
        }
        return false
    }

    private mutating func leaveChunkSize(_ byte: UInt8, value: Int64) throws(MessageError) {
        switch byte {
        case 0x0D: state = .lineFeedAfterChunkSize(value: value)
        case UInt8(ascii: ";"): state = .chunkExtension(value: value)
        case 0x20, 0x09: state = .blankAfterChunkSize(value: value)
        default: throw MessageError("an invalid character in a chunk's size")
        }
    }

    private mutating func countChunkLine() throws(MessageError) {
        chunkLineLength += 1
        guard chunkLineLength <= Self.maximumChunkLine else { throw MessageError("a chunk's size line is too long") }
    }

    private mutating func beginChunk(_ size: Int64) throws(MessageError) {
        // Sixteen bytes a line are anybody's right; more must be paid for with data.
        overhead = max(0, overhead + Int64(chunkLineLength) - 16 - size)
        guard overhead <= Self.maximumOverhead else { throw MessageError("too many chunk extensions") }
        chunkLineLength = 0
        state = size > 0 ? .data(size) : .trailers
    }

    /// Collects the trailer section; false when more input is needed.
    private mutating func takeTrailers(from input: ReceiveBuffer) throws(MessageError) -> Bool {
        let before = trailerBytes.count
        trailerBytes.append(contentsOf: input.readable)
        let end = try scanTrailers()
        guard let end else {
            if limits.areExceeded(byUnfinished: trailerBytes.count) {
                throw MessageError(.requestHeaderFieldsTooLarge, "too many trailer fields")
            }
            input.consume(trailerBytes.count - before)
            return false
        }
        input.consume(end - before)
        trailerBytes.removeSubrange(end...)
        state = .end
        return true
    }

    /// Parses the trailers' lines that are there; the number of bytes up to the section's end, if it has come.
    private mutating func scanTrailers() throws(MessageError) -> Int? {
        let result = trailerBytes.withUnsafeBytes { bytes in
            Result { () throws(MessageError) -> Int? in
                while let line = try trailerLines.next(in: bytes) {
                    guard line.upperBound <= limits.maximumHead,
                        line.isEmpty || trailerFields.count < limits.maximumFields
                    else {
                        throw MessageError(.requestHeaderFieldsTooLarge, "too many trailer fields")
                    }
                    if line.isEmpty { return line.upperBound + 2 }
                    trailerFields.append(try Headers.Bounds(parsing: line, of: bytes))
                }
                return nil
            }
        }
        return try result.get()
    }
}
