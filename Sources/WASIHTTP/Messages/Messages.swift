import HTTP

/// The resource `incoming-request` of `wasi:http/types`.
final class IncomingRequest {
    let exchange: any IncomingHTTPExchange
    let fields: Fields
    /// `nil` once it has been taken.
    private var body: IncomingBody?

    init(_ exchange: any IncomingHTTPExchange) {
        self.exchange = exchange
        fields = Fields(received: exchange.headers)
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

    init(_ status: Status, _ headers: Headers, _ body: IncomingBody) {
        self.status = status
        fields = Fields(received: headers)
        self.body = body
    }

    func consume() -> IncomingBody? { body.take() }
}

/// The resource `outgoing-request` of `wasi:http/types`.
final class OutgoingRequest {
    let fields: Fields
    var method = Method.get
    var pathWithQuery: String?
    var scheme: Scheme?
    var authority: String?
    /// Where the component writes the body; `nil` until it has asked for that.
    private(set) var pipe: BodyPipe?

    init(_ fields: Fields) {
        self.fields = Fields(fields, isMutable: false)
    }

    /// Where the body is written; `nil` if that has been handed out, or if the component has too many bodies.
    func makeBody(countedBy count: PipeCount) throws -> OutgoingBody? {
        guard pipe == nil, !count.isFull, let length = try? fields.contentLengthOrNone else { return nil }
        let pipe = try BodyPipe(countedBy: count)
        self.pipe = pipe
        return OutgoingBody(RequestTarget(pipe), length: length.value, isOfRequest: true)
    }
}

/// The resource `outgoing-response` of `wasi:http/types`.
final class OutgoingResponse {
    let fields: Fields
    var status = Status.ok
    /// Where the component writes the body; `nil` until it has asked for that.
    private(set) var target: ResponseTarget?

    init(_ fields: Fields) {
        self.fields = Fields(fields, isMutable: false)
    }

    deinit {
        // A response that was dropped, and not sent, has nobody to read its body.
        target?.discard()
    }

    /// Where the body is written; `nil` if that has been handed out.
    func makeBody() -> OutgoingBody? {
        guard target == nil, let length = try? fields.contentLengthOrNone else { return nil }
        let target = ResponseTarget()
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
