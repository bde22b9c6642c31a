import HTTP
import WASIPreview2

/// Where an outgoing body goes.
protocol BodyTarget: ByteSink {
    /// Ends the body, with fields after it.
    func finish(_ trailers: Headers, _ call: WASICall) throws

    /// The body will not be whole.
    ///
    /// - Parameter reason: `nil` if the component has just dropped it.
    func abort(_ reason: HTTPErrorCode?)

    /// Whether the body may be shorter than was declared, as that of a response to HEAD.
    var mayBeShort: Bool { get }
}

/// The resource `outgoing-body` of `wasi:http/types`.
final class OutgoingBody {
    private let target: any BodyTarget
    /// How long the message's fields say that it is.
    private let length: UInt64?
    private let isOfRequest: Bool
    private var hasStream = false
    private var isOver = false
    fileprivate var written: UInt64 = 0

    init(_ target: any BodyTarget, length: UInt64?, isOfRequest: Bool) {
        self.target = target
        self.length = length
        self.isOfRequest = isOfRequest
    }

    deinit {
        abandon()
    }

    /// Where the bytes are written; `nil` if that has been handed out.
    func makeStream() -> OutputStream? {
        guard !hasStream else { return nil }
        hasStream = true
        return OutputStream(CountingSink(self, target))
    }

    /// Ends the body.
    ///
    /// - Throws: an `HTTPErrorCode` if it is not as long as it was said to be.
    func finish(_ trailers: Headers, _ call: WASICall) throws {
        guard !isOver else { return }
        isOver = true
        if let length, written != length, !(written < length && target.mayBeShort) {
            let code = sizeError(written)
            target.abort(code)
            throw code
        }
        try target.finish(trailers, call)
    }

    /// The component has dropped the body without finishing it.
    func abandon() {
        guard !isOver else { return }
        isOver = true
        target.abort(nil)
    }

    /// Counts bytes that are to be written.
    fileprivate func count(_ bytes: Int) throws(StreamFailure) {
        written += UInt64(bytes)
        guard let length, written > length else { return }
        isOver = true
        let code = sizeError(written)
        target.abort(code)
        throw .failed(IOError(.other(code)))
    }

    private func sizeError(_ size: UInt64) -> HTTPErrorCode {
        isOfRequest ? .requestBodySize(size) : .responseBodySize(size)
    }
}

/// Counts what goes into a body.
private final class CountingSink: ByteSink {
    // The stream is a child of the body, and cannot outlive it in a component; a store's end takes both away.
    private weak var body: OutgoingBody?
    private let target: any BodyTarget

    init(_ body: OutgoingBody, _ target: any BodyTarget) {
        self.body = body
        self.target = target
    }

    func budget(_ call: WASICall) throws(StreamFailure) -> Int { try target.budget(call) }

    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        try body?.count(bytes.count)
        try target.write(bytes, call)
    }

    func flush(_ call: WASICall) throws(StreamFailure) { try target.flush(call) }

    var readiness: Readiness { target.readiness }
}
