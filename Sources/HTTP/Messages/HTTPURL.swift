/// An absolute URL of scheme `http` or `https`, in its parts (RFC 3986, RFC 9110 section 4.2), parsed strictly.
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    public let scheme: String
    /// The host in lower case, an IPv6 address without its brackets.
    public let host: String
    /// 80 or 443 if the URL does not say.
    public let port: UInt16
    /// The path and query as they are sent, at least `/`.
    public let target: String

    /// The URL that `text` writes; fragments are dropped.
    public init(_ text: String) throws(HTTPURLError) { fatalError() }

    /// The URL that `reference`, absolute or relative, means in a document at this one (RFC 3986 section 5).
    public func resolving(_ reference: String) throws(HTTPURLError) -> HTTPURL { fatalError() }

    /// This URL with `path` (encoded by the caller; query and all) appended to its path, with one slash in between.
    public func appending(_ path: String) throws(HTTPURLError) -> HTTPURL { fatalError() }

    public var description: String { fatalError() }
}

/// Why a text is no URL.
public struct HTTPURLError: Error, Hashable, CustomStringConvertible {
    public let text: String
    public let problem: String

    public var description: String { "invalid URL \(text.debugDescription): \(problem)" }
}
