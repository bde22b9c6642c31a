import Glibc
package import HTTP

/// The names by which a listener may be addressed.
///
/// A web page of a stranger can let a name of its own resolve to this machine (DNS rebinding). For the browser, whatever
/// this machine answers under that name then belongs to the page. The name stands in the request's `Host` field, so a
/// listener answers only to names that a stranger cannot own.
package struct HostNames: Sendable {
    /// Names that nobody can register (RFC 6761, 6762 and 8375, and what ICANN has reserved).
    private static let localDomains = [".localhost", ".local", ".test", ".internal", ".home.arpa"]

    private let acceptsAll: Bool
    private let names: Set<String>

    /// Accepts every name: for a server that stands behind another one, or is open to everybody anyway.
    package static let all = HostNames(allowing: ["*"])

    /// Accepts IP addresses, local names, and others that are allowed.
    ///
    /// - Parameters:
    ///   - allowed: Further names, without a port. `*` accepts every name.
    ///   - machineName: The name of this machine; an empty one is ignored.
    package init(allowing allowed: [String] = [], machineName: String = "") {
        acceptsAll = allowed.contains("*")
        names = Set((allowed + [machineName]).filter { !$0.isEmpty }.map { Self.normalized($0[...]) })
    }

    /// Accepts IP addresses, local names, the name of this machine, and others that are allowed.
    package static func ofThisMachine(allowing allowed: [String] = []) -> HostNames {
        var buffer = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&buffer, buffer.count - 1) == 0
        let name = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return HostNames(allowing: allowed, machineName: isKnown ? String(decoding: name, as: UTF8.self) : "")
    }

    /// Whether a request names one of them in its `Host` field. A request without the field, which only HTTP/1.0 allows,
    /// comes from no browser, and is accepted.
    package func accept(_ request: Request) -> Bool {
        guard !acceptsAll, let field = request.headers["Host"] else { return true }
        return accept(hostField: field)
    }

    /// Whether a `Host` field (RFC 9110 section 7.2) names one of them.
    package func accept(hostField: String) -> Bool {
        acceptsAll || Self.isUsual(hostField) || Self.host(of: hostField).map(acceptsHost) ?? false
    }

    /// Whether a field is `localhost` or `127.0.0.1`, with or without a port: nearly every request's is, and this costs
    /// no allocation.
    private static func isUsual(_ field: String) -> Bool {
        for name in ["localhost", "127.0.0.1"] as [StaticString] {
            let utf8 = field.utf8
            let isEqual = name.withUTF8Buffer { utf8.starts(with: $0) }
            guard isEqual else { continue }
            let rest = utf8.dropFirst(name.utf8CodeUnitCount)
            return rest.isEmpty || rest.first == 0x3A && rest.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
        }
        return false
    }

    private func acceptsHost(_ host: Substring) -> Bool {
        // A name is never an address: an address is what a name would have to mean first.
        if host.hasPrefix("[") || SocketAddress.parse("\(host):1") != nil { return true }
        let name = Self.normalized(host)
        guard !name.isEmpty else { return false }
        return !name.contains(".") || names.contains(name) || Self.localDomains.contains { name.hasSuffix($0) }
    }

    /// The host that a `Host` field names, in lower case, without its port and without a dot at its end; `nil` if the field
    /// is not well-formed.
    package static func name(inHostField field: String) -> String? { host(of: field).map(normalized) }

    /// The host of a `Host` field without its port; `nil` if that is not well-formed.
    static func host(of field: String) -> Substring? {
        if field.hasPrefix("[") {
            // An IPv6 address, whose port may be missing.
            let isAddress = SocketAddress.parse(field) != nil || SocketAddress.parse("\(field):1") != nil
            return isAddress ? field[...] : nil
        }
        guard let colon = field.firstIndex(of: ":") else { return field[...] }
        let port = field[field.index(after: colon)...]
        return port.utf8.allSatisfy { (0x30...0x39).contains($0) } ? field[..<colon] : nil
    }

    /// In lower case and without the dot that may end a domain name (RFC 1034 section 3.1).
    private static func normalized(_ name: Substring) -> String {
        let lowercase = name.lowercased()
        return lowercase.hasSuffix(".") ? String(lowercase.dropLast()) : lowercase
    }
}
