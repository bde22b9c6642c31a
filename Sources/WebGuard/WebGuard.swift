package import HTTP
import Platform

/// Decides which requests a listener answers at all, and which may change something or see what only the developer may.
///
/// It is asked before any route is looked at.
package struct WebGuard: Sendable {
    package let names: HostNames
    private let origins: Set<String>

    /// - Parameters:
    ///   - names: those by which the listener may be addressed.
    ///   - origins: whose pages count as the listener's own, besides those of the name that a request is for: as
    ///     `HTTPURL.origin` writes them.
    package init(names: HostNames = HostNames(), origins: Set<String> = []) {
        self.names = names
        self.origins = origins
    }

    /// Why a request is not answered.
    package enum Refusal: Error, Hashable, Sendable {
        /// The listener is not known by the name in `Host`.
        case unknownName(String)
        /// A page of another site, or of another port, has sent it.
        case foreignPage

        package var status: Status {
            switch self {
            case .unknownName: .misdirectedRequest
            case .foreignPage: .forbidden
            }
        }

        /// What is wrong, and what to do about it: one sentence or two, without a line break.
        package var message: String {
            switch self {
            case .unknownName(let host):
                "this server is not known as '\(host)'; if it should be, start it with --allow-host and this name"
            case .foreignPage: "a page of another site has sent this request: only this address's own pages may"
            }
        }

        /// The refusal as plain text.
        package var response: Response { Response(status: status, text: "\(status): \(message)\n") }
    }

    /// Why a request is not answered; `nil` if it is. `/healthz` answers under every name.
    package func refusal(of request: Request) -> Refusal? {
        guard !names.accept(request), request.path != "/healthz" else { return nil }
        let field = request.headers["Host"] ?? ""
        return .unknownName(Self.printable(HostNames.host(of: field).map(String.init) ?? field))
    }

    /// Why a request may not change anything, or see what is for the developer only; `nil` if it may.
    package func developerRefusal(of request: Request) -> Refusal? {
        refusal(of: request) ?? (isOwn(request) ? nil : .foreignPage)
    }

    /// Whether a request passes both checks.
    package func admits(_ request: Request) -> Bool { names.accept(request) && isOwn(request) }

    /// Whether a request comes from a page of the same origin, or of another one that counts as such, or from no page at all.
    ///
    /// Browsers say where a request comes from in `Sec-Fetch-Site` (Fetch Metadata, section 2.4) and `Origin` (RFC 6454
    /// section 7), which no script can set. Programs such as curl send neither. Another port of the same host is another
    /// origin.
    package func isOwn(_ request: Request) -> Bool {
        let named = request.headers.all("Origin")
        // For the browser, it is another one.
        if !origins.isEmpty, named.count == 1, origins.contains(named[0].lowercased()) { return true }
        for site in request.headers.all("Sec-Fetch-Site") where site != "same-origin" && site != "none" { return false }
        for origin in named where !Self.isOwn(origin: origin, host: request.headers["Host"]) {
            return false
        }
        return true
    }

    /// Whether a browser opens a page of its own by this request, wherever the link stood: nobody else can read what comes.
    /// (Fetch Metadata, sections 2.1 and 2.2.) It is for what shows no data and changes nothing.
    package static func isTopLevelNavigation(_ request: Request) -> Bool {
        (request.method == .get || request.method == .head) && !request.headers.contains("Origin")
            && request.headers.all("Sec-Fetch-Mode") == ["navigate"]
            && request.headers.all("Sec-Fetch-Dest") == ["document"]
    }

    private static func isOwn(origin: String, host: String?) -> Bool {
        guard let host = host?.lowercased() else { return false }
        // A server before this one may have ended TLS.
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where origin.lowercased().hasPrefix(scheme) {
            let authority = origin.lowercased().dropFirst(scheme.count)
            // An origin leaves its scheme's port out.
            return authority == host || "\(authority)\(port)" == host
        }
        return false
    }

    /// At most 100 characters, and no control characters, which could move a terminal's cursor.
    private static func printable(_ text: String) -> String { PrintableText.line(String(text.prefix(100))) }
}
