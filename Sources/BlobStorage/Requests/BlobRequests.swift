import HTTP
import Platform

/// Sends the requests of a blob store, again where it may help, and reads their answers.
struct BlobRequests: Sendable {
    private let client: Client
    private let retry: BlobRetry
    private let cancellation: Platform.Cancellation

    /// - Parameter authorities: A file of certificates that are trusted instead of the system's.
    init(retry: BlobRetry, cancellation: Platform.Cancellation, authorities: String? = nil) {
        var configuration = ClientConfiguration()
        configuration.stallTimeout = .seconds(30)
        configuration.maximumIdlePerHost = 16
        configuration.proxies = ProxySettings(environment: ProcessEnvironment.all)
        configuration.tls.authoritiesPath = authorities
        client = Client(configuration: configuration)
        self.retry = retry
        self.cancellation = cancellation
    }

    /// Sends a request whose answer has a short body, if any.
    /// - Parameters:
    ///   - accepted: The statuses that are no failures.
    ///   - make: Makes the request; for each attempt anew, since a signature has a time.
    func send(
        accepting accepted: Set<Int>, _ make: () throws(BlobError) -> ClientRequest
    ) throws(BlobError) -> BlobAnswer {
        try repeating { () throws(BlobError) in
            let (request, response) = try begin(accepting: accepted, make)
            let body: [UInt8]
            do throws(ClientError) { body = try response.readAll(limit: 16 << 20) } catch {
                throw .transport(method: request.method.rawValue, error)
            }
            return BlobAnswer(
                method: request.method.rawValue, url: Self.shown(request.url), status: response.status,
                headers: response.headers, body: body)
        }
    }

    /// The size of a blob in bytes, as the answer to a HEAD says it; `nil` if there is none.
    /// - Parameter make: Makes the request.
    func size(_ make: () throws(BlobError) -> ClientRequest) throws(BlobError) -> Int? {
        do throws(BlobError) {
            let answer = try send(accepting: [200], make)
            guard let size = answer.headers["Content-Length"].flatMap({ Int($0) }) else {
                throw answer.malformed("it has no size")
            }
            return size
        } catch .noSuchBlob {
            return nil
        }
    }

    /// Reads a body of any length. Where it breaks off, the rest is asked for.
    /// - Parameters:
    ///   - isPart: Whether only a part of the blob is wanted, so that an answer with all of it is none.
    ///   - make: Makes the request for what is behind so many bytes.
    func read(
        isPart: Bool, _ receive: (UnsafeRawBufferPointer) throws(BlobError) -> Void,
        from make: (_ received: Int) throws(BlobError) -> ClientRequest
    ) throws(BlobError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var received = 0
        var wanted: Int?
        try repeating { () throws(BlobError) in
            if received == wanted { return }
            let (request, response) = try begin(accepting: isPart || received > 0 ? [206] : [200, 206]) {
                () throws(BlobError) in
                try make(received)
            }
            if wanted == nil { wanted = response.contentLength.map { Int($0) } }
            while true {
                let count: Int
                do throws(ClientError) { count = try response.read(into: buffer) } catch {
                    throw .transport(method: request.method.rawValue, error)
                }
                if count == 0 { return }
                received += count
                try receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private func begin(
        accepting accepted: Set<Int>, _ make: () throws(BlobError) -> ClientRequest
    ) throws(BlobError) -> (ClientRequest, ClientResponse) {
        var request = try make()
        request.cancellation = { [cancellation] in cancellation.isCancelled }
        let response: ClientResponse
        do { response = try client.send(request) } catch {
            if error.reason == .cancelled { throw .cancelled }
            throw .transport(method: request.method.rawValue, error.withoutQuery)
        }
        guard accepted.contains(response.status.code) else { throw Self.refusal(of: request, response) }
        return (request, response)
    }

    private func repeating<Result>(_ body: () throws(BlobError) -> Result) throws(BlobError) -> Result {
        var attempt = 1
        while true {
            do throws(BlobError) { return try body() } catch {
                guard error.isTransient, attempt < retry.attempts else { throw error }
                try wait(retry.delay(after: attempt, asked: error.retryAfter))
                attempt += 1
            }
        }
    }

    /// Waits in short steps, so that a process that is to end does.
    private func wait(_ delay: Duration) throws(BlobError) {
        // Those who failed together should not come back together.
        let end = MonotonicTime.now + delay * Double.random(in: 0.9...1.2)
        while MonotonicTime.now < end {
            if cancellation.isCancelled { throw .cancelled }
            usleep(20_000)
        }
    }

    private static func refusal(of request: ClientRequest, _ response: ClientResponse) -> BlobError {
        if response.status == .notFound, request.method == .get || request.method == .head {
            response.close()
            return .noSuchBlob(url: shown(request.url))
        }
        let body = (try? response.readAll(limit: 1 << 20)) ?? []
        let error = XMLElement(parsing: body)
        // Some services give a number of seconds, some a date, for which the policy's own delay is taken.
        let delay = response.headers["Retry-After"].flatMap { Int($0) }.map { Duration.seconds(max(0, $0)) }
        var message = error?["Message"]?.text.split(separator: "\n").first.map(String.init)
        if let region = response.headers["x-amz-bucket-region"], [301, 307, 400].contains(response.status.code) {
            message = (message.map { $0 + " " } ?? "") + "The bucket is in the region \(region): set AWS_REGION."
        }
        return .refused(
            method: request.method.rawValue, url: shown(request.url), status: response.status,
            code: error?["Code"]?.text ?? response.headers["x-ms-error-code"], message: message, retryAfter: delay)
    }

    /// A URL without its query, which may have a signature.
    static func shown(_ url: HTTPURL) -> String { String(url.description.prefix { $0 != "?" }) }
}

extension ClientError {
    /// The error of the URL without its query, which may have a signature.
    fileprivate var withoutQuery: ClientError {
        ClientError(reason: reason, url: (try? HTTPURL(BlobRequests.shown(url))) ?? url)
    }
}

/// An answer that was read.
struct BlobAnswer: Sendable {
    let method: String
    let url: String
    let status: Status
    let headers: Headers
    let body: [UInt8]

    /// The body as XML.
    func document() throws(BlobError) -> XMLElement {
        guard let document = XMLElement(parsing: body) else { throw malformed("its body is no XML") }
        return document
    }

    func malformed(_ problem: String) -> BlobError { .malformed(method: method, url: url, problem: problem) }
}
