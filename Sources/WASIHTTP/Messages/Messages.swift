import HTTP
import WASIPreview2

/// The resource `incoming-request` of `wasi:http/types`.
final class IncomingRequest {
    let exchange: any IncomingHTTPExchange
    let fields: Fields
    /// `nil` once it has been taken.
    private var body: IncomingBody?

    init(_ exchange: any IncomingHTTPExchange, in memory: HostMemory) throws {
        self.exchange = exchange
        fields = try Fields(received: exchange.headers, in: memory)
        body = IncomingBody(ExchangeSource(exchange))
    }

    func consume() -> IncomingBody? { body.take() }
}

/// The resource `incoming-response` of `wasi:http/types`.
final class IncomingResponse {
    let status: Status
    let fields: Fields
    /// `nil` once it has been taken.
    private var body: IncomingBody?

    init(_ status: Status, _ headers: Headers, _ body: IncomingBody, in memory: HostMemory) throws {
        self.status = status
        fields = try Fields(received: headers, in: memory)
        self.body = body
    }

    func consume() -> IncomingBody? { body.take() }
}

/// The resource `outgoing-request` of `wasi:http/types`.
final class OutgoingRequest {
    let fields: Fields
    private(set) var line = RequestLine()
    /// Where the component writes the body; `nil` until it has asked for that.
    private(set) var pipe: BodyPipe?
    private let share: HostMemory.Share

    /// What a component says of a request beside its fields.
    struct RequestLine {
        var method = Method.get
        var pathWithQuery: String?
        var scheme: Scheme?
        var authority: String?
    }

    init(_ fields: Fields, in memory: HostMemory) throws {
        self.fields = try Fields(fields, isMutable: false, in: memory)
        share = memory.share()
    }

    /// Changes the request line.
    ///
    /// - Returns: false, and changes nothing, if that makes it longer than any server takes.
    func change(_ body: (inout RequestLine) -> Void) throws(ResourceError) -> Bool {
        var changed = line
        body(&changed)
        guard changed.isShort else { return false }
        try share.resize(to: changed.byteCount)
        line = changed
        return true
    }

    /// Where the body is written; `nil` if that has been handed out, or if the component has too many bodies.
    func makeBody(countedBy count: PipeCount) throws -> OutgoingBody? {
        guard pipe == nil, !count.isFull, let length = try? fields.contentLengthOrNone else { return nil }
        let pipe = try BodyPipe(countedBy: count)
        self.pipe = pipe
        return OutgoingBody(RequestTarget(pipe), length: length.value, isOfRequest: true)
    }
}

extension OutgoingRequest.RequestLine {
    /// No host name has more than 253 bytes; servers take some kilobytes of a path, and have methods of one word.
    fileprivate var isShort: Bool {
        method.rawValue.utf8.count <= 256 && (pathWithQuery?.utf8.count ?? 0) <= 64 << 10
            && (scheme?.byteCount ?? 0) <= 256 && (authority?.utf8.count ?? 0) <= 512
    }

    fileprivate var byteCount: Int {
        method.rawValue.utf8.count + (pathWithQuery?.utf8.count ?? 0) + (scheme?.byteCount ?? 0)
            + (authority?.utf8.count ?? 0)
    }
}

/// The resource `outgoing-response` of `wasi:http/types`.
final class OutgoingResponse {
    let fields: Fields
    var status = Status.ok
    /// Where the component writes the body; `nil` until it has asked for that.
    private(set) var target: ResponseTarget?
    private let memory: HostMemory

    init(_ fields: Fields, in memory: HostMemory) throws {
        self.fields = try Fields(fields, isMutable: false, in: memory)
        self.memory = memory
    }

    deinit {
        // A response that was dropped, and not sent, has nobody to read its body.
        target?.discard()
    }

    /// Where the body is written; `nil` if that has been handed out.
    func makeBody() -> OutgoingBody? {
        guard target == nil, let length = try? fields.contentLengthOrNone else { return nil }
        let target = ResponseTarget(in: memory)
        self.target = target
        return OutgoingBody(target, length: length.value, isOfRequest: false)
    }
}

extension Fields {
    /// The declared length, in a form that tells none from a contradiction.
    fileprivate var contentLengthOrNone: (value: UInt64?, Void) {
        get throws(Problem) { (try contentLength, ()) }
    }
}
