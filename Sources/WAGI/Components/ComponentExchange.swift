import Bindle
import HTTP
import WASIHTTP
import WebAssemblyRuntime

/// The way of one request into a component that answers it itself.
///
/// Sendable because one thread uses it: the one that runs the component.
final class ComponentExchange: GuestExchange, IncomingHTTPExchange, @unchecked Sendable {
    // The component's calls arrive on the thread that runs it, which is the only one to use this.
    let method: Method
    let pathWithQuery: String
    let scheme: String
    let authority: String
    let headers: Headers
    /// `nil` once the request is over.
    private var body: RequestBody?
    private let writer: ResponseWriter
    private var response: GuestResponse
    private(set) var output = FailureReport.Output()
    private static let keptOutput = 4096
    private(set) var interruptedWait: ClientWait?
    /// Whether the component has ended its response.
    private(set) var isFinished = false

    /// - Parameter defaultHost: `HOST[:PORT]`, for requests without a `Host` field.
    init(
        _ request: Request, route: Route, defaultHost: String, body: RequestBody, writer: ResponseWriter,
        maximumBodyBytes: Int64, insertion: ScriptInsertion?
    ) {
        method = request.method
        pathWithQuery = request.target
        scheme = request.isSecured ? "https" : "http"
        authority = request.headers["Host"].flatMap { $0.isEmpty ? nil : $0 } ?? defaultHost
        headers = SpinFields.replacing(
            in: request.headers, route: route, path: request.target, url: "\(scheme)://\(authority)\(request.target)",
            client: request.remoteAddress?.description)
        self.body = body
        self.writer = writer
        response = GuestResponse(
            writer: writer, maximumBodyBytes: maximumBodyBytes, insertion: insertion, isHead: request.method == .head)
    }

    // MARK: The request

    func readBody(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let body else { throw RequestBodyError.disconnected }
        do {
            return try body.read(into: buffer)
        } catch RequestBodyError.cancelled {
            interruptedWait = .requestBody
            throw Trap(kind: .interrupted)
        }
    }

    var awaitedDescriptor: Int32? { body?.awaitedDescriptor }

    var requestTrailers: Headers { SpinFields.removing(from: body?.trailers ?? Headers()) }

    func whileWaiting(_ wait: () -> Void) { writer.whileWaiting(wait) }

    /// The request is over, and its connection and its thread have gone on: a component that has kept a handle to it gets
    /// nothing by that.
    func end() { body = nil }

    // MARK: The response

    let warnings: [String] = []

    func writeInterim(_ status: Status, _ headers: Headers) throws {
        try requireRequest()
        try writer.writeInterim(status, headers)
    }

    func writeHead(_ status: Status, _ headers: Headers) throws {
        try requireRequest()
        response.begin(status, headers)
    }

    private func requireRequest() throws { if body == nil { throw ResponseError.exchangeIsOver } }

    func writeBody(_ bytes: UnsafeRawBufferPointer) throws {
        output.bytes += bytes.prefix(Self.keptOutput - output.bytes.count)
        output.byteCount += bytes.count
        try interruptible { try response.write(bytes) }
    }

    /// A guest that ends after its last flush has a response of one piece so; one that goes on, or waits, has it sent.
    func flush() throws { try interruptible { try response.commit() } }

    func finish(trailers: Headers) throws {
        try interruptible {
            try response.finish()
            if !trailers.isEmpty { try writer.setTrailers(trailers) }
            try writer.end()
        }
        isFinished = true
    }

    private func interruptible(_ write: () throws -> Void) throws {
        try requireRequest()
        do {
            try write()
        } catch ResponseError.cancelled {
            interruptedWait = .response
            throw Trap(kind: .interrupted)
        }
    }

    /// The component has ended it already, if it has come to its end.
    func finish() throws {}

    func endPage() throws -> Bool { try response.endPage() }
}
