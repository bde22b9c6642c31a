import Bindle
import ControlPage
import HTTP

/// Where a bindle is fetched from that somebody has given the URL of.
struct FeedURL {
    enum Kind {
        /// A bindle of another Bindle server: `…/v1/_i/NAME/VERSION`.
        case bindle(BindleID, server: HTTPURL)
        /// A standalone bindle that is packed.
        case archive
    }

    let url: HTTPURL
    let kind: Kind

    init(_ text: String) throws(ControlFailure) {
        do { url = try HTTPURL(text) } catch { throw ControlFailure(.badRequest, "'url': \(error)") }
        let path = text.prefix { $0 != "?" && $0 != "#" }
        guard let range = path.ranges(of: "/_i/").last else {
            kind = .archive
            return
        }
        guard let name = PercentEncoding.decode(String(path[range.upperBound...])) else {
            throw ControlFailure(.badRequest, "'url': what follows /_i/ is not percent-encoded as it should be")
        }
        do {
            kind = .bindle(try BindleID(name), server: try HTTPURL(String(path[..<range.lowerBound])))
        } catch {
            throw ControlFailure(.badRequest, "'url': \(error)")
        }
    }

    /// Whether a redirect is followed. What is fetched over TLS goes on so, and nobody elsewhere sends the sandbox to a server
    /// of this machine or of the network that it is in.
    static func allowsRedirect(from origin: HTTPURL) -> @Sendable (HTTPURL) -> Bool {
        { target in
            (origin.scheme == "http" || target.scheme == "https") && (!isNear(target) || isNear(origin))
        }
    }

    /// Whether a server is on this machine or in a private network, as far as its addresses tell.
    private static func isNear(_ url: HTTPURL) -> Bool {
        guard let addresses = url.fixedAddresses ?? (try? url.addresses()) else { return false }
        return addresses.contains(where: \.isPrivate)
    }
}

extension SocketAddress {
    /// Whether the address is of this machine, or of a network that others cannot reach (RFC 1918, 3927, 4193, 4291, 6598).
    fileprivate var isPrivate: Bool {
        switch ip {
        case .v4(let value): Self.isPrivate(value)
        case .v6(let high, let low, _):
            high == 0
                && (low == 1 || low == 0 || low >> 32 == 0xFFFF && Self.isPrivate(UInt32(truncatingIfNeeded: low)))
                || high >> 54 == 0xFE80 >> 6 || high >> 57 == 0xFC00 >> 9
        }
    }

    private static func isPrivate(_ value: UInt32) -> Bool {
        let networks: [(prefix: UInt32, length: UInt32)] = [
            (0, 8), (10 << 24, 8), (127 << 24, 8), (172 << 24 | 16 << 16, 12), (192 << 24 | 168 << 16, 16),
            (169 << 24 | 254 << 16, 16), (100 << 24 | 64 << 16, 10),
        ]
        return networks.contains { value >> (32 - $0.length) == $0.prefix >> (32 - $0.length) }
    }
}
