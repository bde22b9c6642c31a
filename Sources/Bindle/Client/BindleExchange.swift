package import HTTP
import TOML

/// A request that was sent and the response to it, whose body is still to be read.
struct BindleExchange {
    let method: Method
    let url: HTTPURL
    let response: ClientResponse
    /// Whether the request said nothing of who it is from.
    let isAnonymous: Bool

    var encoding: DocumentEncoding {
        response.headers["Content-Type"].flatMap { DocumentEncoding(mediaType: $0) } ?? .toml
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(BindleClientError) -> Int {
        do { return try response.read(into: buffer) } catch { throw .transport(method: method.rawValue, error) }
    }

    func body(limit: Int) throws(BindleClientError) -> [UInt8] {
        do { return try response.readAll(limit: limit) } catch { throw .transport(method: method.rawValue, error) }
    }

    func table(limit: Int) throws(BindleClientError) -> TOMLTable {
        let bytes = try body(limit: limit)
        do { return try encoding.decode(bytes) } catch { throw malformed(error.description) }
    }

    func malformed(_ problem: String) -> BindleClientError {
        .malformed(method: method.rawValue, url: url.description, problem: problem)
    }

    /// The error for a status that is not a success, with what the server says of it.
    func refusal() -> BindleClientError {
        var message: String?
        if let bytes = try? response.readAll(limit: 1 << 20) {
            message = (try? encoding.decode(bytes))?["error"]?.string
            if message == nil, !bytes.isEmpty, let text = String(validating: bytes.prefix(500), as: UTF8.self) {
                message = text.trimmingWhitespace()
            }
        }
        // A date may stand there too; then the policy's own delay is taken.
        let retryAfter = response.headers["Retry-After"].flatMap { Int($0) }.map { Duration.seconds(max(0, $0)) }
        return .refused(
            method: method.rawValue, url: url.description, status: response.status, message: message,
            retryAfter: retryAfter, isAnonymous: isAnonymous)
    }
}

extension String {
    fileprivate func trimmingWhitespace() -> String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

/// Why a request to a Bindle server failed. The description names the request.
package enum BindleClientError: Error, Hashable, CustomStringConvertible {
    case invalidURL(HTTPURLError)
    /// There was no answer, or none that is HTTP.
    case transport(method: String, ClientError)
    /// The server said no; `message` is its reason.
    ///
    /// `isAnonymous` is whether the request said nothing of who it is from.
    case refused(
        method: String, url: String, status: Status, message: String?, retryAfter: Duration? = nil,
        isAnonymous: Bool = false)
    /// The server said yes, and what it sent is not what was asked for.
    case malformed(method: String, url: String, problem: String)
    /// What was to be done with a parcel's bytes failed.
    case receiver(String)

    /// The status of a server's refusal.
    package var status: Status? {
        if case .refused(_, _, let status, _, _, _) = self { status } else { nil }
    }

    /// What the server said of its refusal.
    var message: String? {
        if case .refused(_, _, _, let message, _, _) = self { message } else { nil }
    }

    /// How long the server asks to wait before the request is sent again.
    var retryAfter: Duration? {
        if case .refused(_, _, _, _, let delay, _) = self { delay } else { nil }
    }

    /// Whether the same request may well succeed a little later.
    var isTransient: Bool {
        switch self {
        case .transport(_, let error):
            switch error.reason {
            case .cannotConnect, .connectTimedOut, .timedOut, .disconnected, .system: true
            default: false
            }
        case .refused(_, _, let status, _, _, _): [408, 425, 429, 500, 502, 503, 504].contains(status.code)
        default: false
        }
    }

    /// Some servers say 403 to those who do not say who they are. What was yanked is refused to everybody, in the same way.
    private static func isAboutYanking(_ message: String?) -> Bool { message?.contains("yanked") ?? false }

    package var description: String {
        switch self {
        case .invalidURL(let error): error.description
        case .transport(let method, let error): "\(method) \(error)"
        case .refused(let method, let url, let status, let message, _, let isAnonymous):
            "\(method) \(url): the server answered \(status)" + (message.map { ": \($0)" } ?? "")
                + (status == .unauthorized || status == .forbidden && isAnonymous && !Self.isAboutYanking(message)
                    ? " (log in, or give a token or a name and password)" : "")
                + (status == .notFound && !url.contains("/v1/")
                    ? " (the URL of a Bindle server ends with /v1, as in \(BindleClient.defaultURL))" : "")
        case .malformed(let method, let url, let problem):
            "\(method) \(url): the server's answer makes no sense: \(problem)"
        case .receiver(let message): message
        }
    }
}
