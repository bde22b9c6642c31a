import HTTP
import WASI

/// What a client can make a module wait for.
enum ClientWait {
    case requestBody, response
}

/// The way of one request into a module and of what it writes back to the client.
final class CGIExchange: @unchecked Sendable {
    // The guest's functions are called on the thread that runs the handler, which is the only one to use this.
    private let writer: ResponseWriter
    private let maximumBodyBytes: Int64
    /// Whether the request's method is HEAD, whose response has no body.
    private let isHead: Bool
    private var input: Input
    private var parser = CGIResponseParser()
    private var bodyBytes: Int64 = 0
    /// What is to be done if the response is a page.
    private let insertion: ScriptInsertion?
    /// The head, until the body's first bytes come: what goes wrong before can still be answered with.
    private var pendingHead: CGIResponseParser.Head?
    /// Whether the response is a page with a script in it, of a length that has not been declared.
    private var isFollowedPage = false
    /// While the place of the element in the page is searched.
    private var search: (prologue: PagePrologue, element: [UInt8])?
    private(set) var state = State.header
    /// The beginning of what the module has written.
    private(set) var output = FailureReport.Output()
    private static let keptOutput = 4096
    /// The length of the body that the module has declared.
    private var declaredLength: Int64?
    /// What the module waited for when its time was up, if it waited for its client.
    private(set) var interruptedWait: ClientWait?

    enum State {
        case header
        /// The head is known; what follows is the body.
        case body(Status)
    }

    private enum Input {
        case body(RequestBody)
        case bytes(ArraySlice<UInt8>)
    }

    /// - Parameter bufferedBody: the body, if it had to be read already.
    init(
        body: RequestBody, bufferedBody: [UInt8]?, writer: ResponseWriter, maximumBodyBytes: Int64,
        insertion: ScriptInsertion? = nil, isHead: Bool = false
    ) {
        self.isHead = isHead
        self.insertion = insertion
        input = bufferedBody.map { .bytes($0[...]) } ?? .body(body)
        self.writer = writer
        self.maximumBodyBytes = maximumBodyBytes
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
        switch state {
        case .body: try writeBody(bytes)
        case .header:
            guard let (head, consumed) = try parser.parse(bytes) else { return }
            declaredLength = head.headers["Content-Length"].flatMap { Int64($0) }
            pendingHead = head
            state = .body(head.status)
            try writeBody(UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
        }
    }

    private func writeBody(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        bodyBytes += Int64(bytes.count)
        guard bodyBytes <= maximumBodyBytes else { throw GuestFailure.responseTooLarge(limit: maximumBodyBytes) }
        try writeHead(bodyBeginning: bytes)
        try writePage(bytes)
    }

    private func writeHead(bodyBeginning bytes: UnsafeRawBufferPointer) throws {
        guard var head = pendingHead else { return }
        pendingHead = nil
        if let element = insertion?.element(for: head.status, &head.headers, bodyBeginning: bytes) {
            search = (PagePrologue(), element)
            isFollowedPage = !head.headers.contains("Content-Length")
        }
        try writer.writeHead(head.status, head.headers)
    }

    private func writePage(_ bytes: UnsafeRawBufferPointer) throws {
        guard search != nil else { return try writer.write(bytes) }
        var output: [UInt8] = []
        guard let end = search!.prologue.scan(bytes, passing: &output) else { return try writer.write(output) }
        output += search!.element + search!.prologue.held
        search = nil
        try writer.write(output)
        try writer.write(UnsafeRawBufferPointer(rebasing: bytes[end...]))
    }

    /// Whether the module has not come to the end of its header block yet.
    var isHeaderMissing: Bool { if case .header = state { true } else { false } }

    /// To be called when the module has failed after it has begun to answer.
    ///
    /// - Returns: whether the response is whole for the browser nevertheless: a page that can tell by itself what has
    ///   happened. Browsers may drop what they have of a page that is cut off, however much that is.
    func endPage() throws -> Bool {
        guard isFollowedPage, !writer.hasFailed else { return false }
        try finish()
        return true
    }

    /// To be called when the module has ended: fails when it has left the response incomplete.
    func finish() throws {
        if case .header = state { throw parser.endedEarly }
        if case .body(let status) = state, let declaredLength, declaredLength > bodyBytes, !isHead, !status.forbidsBody,
            status.code != 205
        {
            throw CGIResponseParser.Malformed(
                "the module wrote a body of \(bodyBytes) bytes after a Content-Length of \(declaredLength)", status: 502
            )
        }
        try writeHead(bodyBeginning: UnsafeRawBufferPointer(start: nil, count: 0))
        guard let (prologue, element) = search else { return }
        search = nil
        try writer.write(element + prologue.held)
    }
}
