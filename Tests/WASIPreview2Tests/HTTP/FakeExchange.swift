import HTTP
import WASIHTTP

/// A request in memory, and the response to it.
final class FakeExchange: IncomingHTTPExchange {
    var method = Method.get
    var pathWithQuery = "/path?query"
    var scheme = "http"
    var authority = "example.org:8080"
    var headers: Headers = ["Host": "example.org:8080", "X-One": "1", "x-two": "a", "X-Two": "b"]
    var requestTrailers = Headers()
    var awaitedDescriptor: Int32?

    /// The parts in which the request's body comes.
    var parts: [[UInt8]] = []
    /// What reading fails with, after the parts.
    var readError: (any Error)?
    /// What writing fails with.
    var writeError: (any Error)?

    private(set) var interim: [(Status, Headers)] = []
    private(set) var status: Status?
    private(set) var responseHeaders = Headers()
    private(set) var body: [UInt8] = []
    private(set) var flushes = 0
    private(set) var trailers: Headers?

    var text: String { String(decoding: body, as: UTF8.self) }

    func readBody(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let part = parts.first else {
            if let readError { throw readError }
            return 0
        }
        let count = min(buffer.count, part.count)
        buffer.copyBytes(from: part[..<count])
        if count == part.count { parts.removeFirst() } else { parts[0].removeFirst(count) }
        return count
    }

    func writeInterim(_ status: Status, _ headers: Headers) throws {
        if let writeError { throw writeError }
        interim.append((status, headers))
    }

    func writeHead(_ status: Status, _ headers: Headers) throws {
        self.status = status
        responseHeaders = headers
    }

    func writeBody(_ bytes: UnsafeRawBufferPointer) throws {
        if let writeError { throw writeError }
        body.append(contentsOf: bytes)
    }

    func flush() throws { flushes += 1 }

    func finish(trailers: Headers) throws {
        if let writeError { throw writeError }
        self.trailers = trailers
    }
}
