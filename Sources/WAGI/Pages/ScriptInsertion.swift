import HTTP

/// What has to be done to the response of a request so that the page in it reloads itself.
///
/// Pages are the HTML documents that a browser navigates to. Whatever else is requested, or comes back, is left byte
/// for byte alone: what scripts fetch, parts and compressed bodies, downloads, XHTML (which a stray element would make
/// malformed), text that is not a superset of ASCII.
struct ScriptInsertion: Sendable {
    /// Where scripts of the sandbox's own are, apart from the app's.
    static let pathPrefix = "/.hippo/"

    /// The revision that makes the page, and the run of the sandbox that it is a revision of.
    let revision: String
    /// The status's serial number, for pages that show the status.
    let statusSerial: Int?
    private let requestMethod: Method
    private let requestNumber: UInt64
    private let host: String?
    /// Whether the browser holds a page of this revision, which `304 Not Modified` would make it show.
    private let isRevalidation: Bool
    /// The request as the app is to get it: with its own entity tags.
    let request: Request

    /// `nil` if the request is not for a page.
    init?(for request: Request, revision: String, statusSerial: Int? = nil) {
        guard Self.isNavigation(request) else { return nil }
        self.revision = revision
        self.statusSerial = statusSerial
        requestMethod = request.method
        requestNumber = request.id
        host = request.headers["Host"]
        let tag = request.headers["If-None-Match"].flatMap { PageTag(text: $0) }
        isRevalidation = tag?.revision == revision
        guard request.headers.contains("If-None-Match") || request.headers.contains("If-Modified-Since") else {
            self.request = request
            return
        }
        var headers = request.headers
        if let tag, isRevalidation {
            headers.set("If-None-Match", tag.original)
        } else {
            // The app may have the same page still, but the script in it would take it for an old one.
            headers.remove("If-None-Match")
            headers.remove("If-Modified-Since")
        }
        self.request = request.with(headers)
    }

    /// A request that is not for a page, without the entity tags that only pages have: the app does not know them.
    static func withoutPageTags(_ request: Request) -> Request {
        guard let text = request.headers["If-None-Match"], PageTag(text: text) != nil else { return request }
        var headers = request.headers
        headers.remove("If-None-Match")
        headers.remove("If-Modified-Since")
        return request.with(headers)
    }

    /// Whether a browser asks for a document to show in a window or a frame.
    static func isNavigation(_ request: Request) -> Bool {
        guard request.method != .head, !request.headers.contains("Range") else { return false }
        if let isNavigation = PageRequest.saysNavigation(request) { return isNavigation }
        // Browsers send Sec-Fetch fields to trustworthy addresses only, and other machines' are not. This field
        // they send with nothing but navigations.
        return request.headers["Upgrade-Insecure-Requests"] == "1" && PageRequest.accepts(request)
    }

    // MARK: The response

    /// The element to be put into the response's body, the headers having been changed to go with it; `nil` if the
    /// response has nothing to do with a page.
    ///
    /// - Parameter beginning: bytes that the body begins with, if it has any.
    func element(for status: Status, _ headers: inout Headers, bodyBeginning beginning: some Collection<UInt8>)
        -> [UInt8]?
    {
        if status == .notModified {
            if isRevalidation { adapt(&headers, nonce: nil) }
            return nil
        }
        guard Self.isPage(status, headers), !PagePrologue.isWide(beginning) else { return nil }
        let policies = ContentSecurityPolicies(headers)
        let ownNonce = policies.lacksNonce ? String(UInt64.random(in: 0 ... .max), radix: 36) : nil
        let nonce = policies.nonce ?? ownNonce
        adapt(&headers, nonce: ownNonce)
        var attributes =
            "src=\"\(Self.pathPrefix)reload.js\" data-revision=\"\(revision)\" data-request=\"\(requestNumber)\""
        if requestMethod != .get { attributes += " data-method=\"\(HTML.escaped(requestMethod.rawValue))\"" }
        if let statusSerial { attributes += " data-status=\"\(statusSerial)\"" }
        if let nonce { attributes += " nonce=\"\(HTML.escaped(nonce))\"" }
        // A policy in the page itself holds from its place on: the script has to be connected by then.
        if !Self.mayHavePolicy(beginning) { attributes += " async" }
        let element = Array("<script \(attributes)></script>".utf8)
        if let length = headers["Content-Length"].flatMap({ Int64($0) }) {
            headers.set("Content-Length", String(length + Int64(element.count)))
        }
        return element
    }

    /// Whether a document that begins with these bytes may have a policy for its scripts in a `meta` element.
    private static func mayHavePolicy(_ beginning: some Collection<UInt8>) -> Bool {
        let name = Array("content-security-policy".utf8)
        var rest = beginning[...]
        while let start = rest.firstIndex(where: { $0 | 0x20 == name[0] }) {
            rest = rest[start...]
            if rest.prefix(name.count).elementsEqual(name, by: { $0 | 0x20 == $1 | 0x20 }) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    private static func isPage(_ status: Status, _ headers: Headers) -> Bool {
        guard !status.forbidsBody, status.code != 206, !headers.contains("Content-Range"),
            let contentType = headers["Content-Type"]?.lowercased()
        else { return false }
        let parts = contentType.split(separator: ";").map { $0.filter { !$0.isWhitespace && $0 != "\"" } }
        guard parts.first == "text/html",
            !parts.contains(where: { $0.hasPrefix("charset=utf-16") || $0.hasPrefix("charset=utf-32") })
        else { return false }
        if let encoding = headers["Content-Encoding"], encoding.lowercased() != "identity" { return false }
        return headers["Content-Disposition"]?.lowercased().hasPrefix("attachment") != true
    }

    private func adapt(_ headers: inout Headers, nonce: String?) {
        if let tag = headers["ETag"] { headers.set("ETag", PageTag(original: tag, revision: revision).text) }
        headers.remove("Accept-Ranges")
        headers.add("Vary", "Sec-Fetch-Dest, Sec-Fetch-Mode")
        if let host { ContentSecurityPolicies.allow("\(host)\(Self.pathPrefix)", nonce: nonce, in: &headers) }
    }

    /// The response with the element in it, if it is to have one.
    func apply(to response: Response) -> Response {
        var response = response
        guard
            let element = element(
                for: response.status, &response.headers, bodyBeginning: Self.beginning(of: response.body))
        else { return response }
        response.isStored = false
        switch response.body {
        case .empty: response.body = .bytes(element)
        case .bytes(let bytes): response.body = .bytes(Self.insert(element, into: bytes).flatMap(\.self))
        case .file(let file, let range): response.body = .pieces(Self.insert(element, into: file, range))
        case .pieces(let pieces): response.body = .pieces(pieces + [.bytes(element)])
        case .stream, .events: break
        }
        return response
    }

    private static func beginning(of body: Response.Body) -> [UInt8] {
        switch body {
        case .bytes(let bytes): Array(bytes.prefix(searchedBytes))
        case .file(let file, let range): read(file, range.prefix(searchedBytes))
        case .empty, .pieces, .stream, .events: []
        }
    }

    private static func insert(_ element: [UInt8], into bytes: [UInt8]) -> [[UInt8]] {
        var prologue = PagePrologue()
        var output: [UInt8] = []
        let end = bytes.withUnsafeBytes { prologue.scan($0, passing: &output) } ?? bytes.count
        return [output, element, prologue.held, Array(bytes[end...])]
    }

    /// How much of a page is looked at before it is sent. In a file, where the place is not in this, the element is put
    /// at the end.
    private static let searchedBytes = 16 << 10

    private static func insert(_ element: [UInt8], into file: OpenFile, _ range: Range<Int64>) -> [Response.Piece] {
        let beginning = read(file, range.prefix(searchedBytes))
        var prologue = PagePrologue()
        var output: [UInt8] = []
        let place =
            beginning.withUnsafeBytes { prologue.scan($0, passing: &output) } == nil && beginning.count < range.count
            ? range.upperBound : range.lowerBound + Int64(output.count)
        return [.file(file, range.lowerBound..<place), .bytes(element), .file(file, place..<range.upperBound)]
    }

    private static func read(_ file: OpenFile, _ range: Range<Int64>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < buffer.count,
                let read = try? file.read(
                    at: range.lowerBound + Int64(count),
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])),
                read > 0
            { count += read }
        }
    }
}

/// An entity tag of a page that a script has been put into: it holds for one revision only, since the script knows it.
struct PageTag {
    /// As the app has made it.
    let original: String
    let revision: String

    private static let mark = "hippo-"

    init(original: String, revision: String) {
        self.original = original
        self.revision = revision
    }

    /// Reads a field with one such tag; `nil` for any other.
    init?(text: String) {
        guard text.hasPrefix("W/\"\(Self.mark)"), text.hasSuffix("\"") else { return nil }
        let parts = text.dropFirst(3 + Self.mark.count).dropLast().split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        revision = String(parts[0])
        original = (parts[1] == "w" ? "W/\"" : "\"") + parts[2] + "\""
    }

    /// A weak tag: the same page comes with another number in it for each request.
    var text: String {
        let isWeak = original.hasPrefix("W/")
        let opaque = original.drop { $0 != "\"" }.dropFirst().dropLast()
        return "W/\"\(Self.mark)\(revision)/\(isWeak ? "w" : "s")/\(opaque)\""
    }
}

extension Request {
    /// The same request with other headers.
    func with(_ headers: Headers) -> Request {
        Request(
            method: method, target: target, version: version, headers: headers, remoteAddress: remoteAddress,
            isSecured: isSecured, receivedAt: receivedAt, id: id)
    }
}

extension Range<Int64> {
    /// The first part, of so many bytes at most.
    fileprivate func prefix(_ count: Int) -> Range<Int64> {
        lowerBound..<Swift.min(upperBound, lowerBound + Int64(count))
    }
}
