import HTTP
import WASI

/// The way of one request into a module and of what it writes back to the client.
///
/// Sendable because one thread uses it: the one that runs the handler, on which the guest's calls arrive.
final class CGIExchange: GuestExchange, @unchecked Sendable {
    // The guest's functions are called on the thread that runs the handler, which is the only one to use this.
    private let writer: ResponseWriter
    private var response: GuestResponse
    private var input: Input
    private var parser = CGIResponseParser()
    /// The beginning of what the module has written.
    private(set) var output = FailureReport.Output()
    private static let keptOutput = 4096
    /// What the module waited for when its time was up, if it waited for its client.
    private(set) var interruptedWait: ClientWait?

    private enum Input {
        case body(RequestBody)
        case bytes(ArraySlice<UInt8>)
    }

    /// - Parameter bufferedBody: the body, if it had to be read already.
    init(
        body: RequestBody, bufferedBody: [UInt8]?, writer: ResponseWriter, maximumBodyBytes: Int64,
        insertion: ScriptInsertion? = nil, isHead: Bool = false
    ) {
        input = bufferedBody.map { .bytes($0[...]) } ?? .body(body)
        self.writer = writer
        response = GuestResponse(
            writer: writer, maximumBodyBytes: maximumBodyBytes, insertion: insertion, isHead: isHead)
    }

    /// Fills the buffer with the request's next bytes; 0 is the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        switch input {
        case .body(let body):
            do {
                return try body.read(into: buffer)
            } catch RequestBodyError.cancelled {
                interruptedWait = .requestBody
                throw ErrorNumber.interrupted
            }
        case .bytes(let rest):
            let piece = rest.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            input = .bytes(rest.dropFirst(piece.count))
            return piece.count
        }
    }

    /// Runs `wait`, which waits for something but the client; what the module has written leaves before.
    func whileWaiting(_ wait: () -> Void) { writer.whileWaiting(wait) }

    /// Only with the program's end, the response ends.
    let isFinished = false

    /// What is odd about the module's header block.
    var warnings: [String] { parser.warnings }

    /// Takes what the module writes.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        do {
            try take(bytes)
        } catch ResponseError.cancelled {
            interruptedWait = .response
            throw ErrorNumber.interrupted
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        output.bytes += bytes.prefix(Self.keptOutput - output.bytes.count)
        output.byteCount += bytes.count
        guard isHeaderMissing else { return try response.write(bytes) }
        guard let (head, consumed) = try parser.parse(bytes) else { return }
        response.begin(head.status, head.headers)
        try response.write(UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
    }

    /// Whether the module has not come to the end of its header block yet.
    var isHeaderMissing: Bool { response.status == nil }

    /// To be called when the module has failed after it has begun to answer: see ``GuestResponse/endPage()``.
    func endPage() throws -> Bool {
        guard !isHeaderMissing else { return false }
        return try response.endPage()
    }

    /// To be called when the module has ended: fails when it has left the response incomplete.
    func finish() throws {
        guard !isHeaderMissing else { throw parser.endedEarly }
        if response.isTooShort, let length = response.declaredLength {
            throw CGIResponseParser.Malformed(
                "the module wrote a body of \(response.bodyBytes) bytes after a Content-Length of \(length)",
                status: 502
            )
        }
        try response.finish()
    }
}
