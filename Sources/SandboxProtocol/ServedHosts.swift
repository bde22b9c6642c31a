package import JSON

/// The hosts for whose requests a WAGI process answers. Connections pass on whose next request is for another one.
///
/// Hosts are in lower case, without a port.
package enum ServedHosts: Hashable, Sendable {
    /// All but these, which are those of channels: the hosts of the process that serves the working copy.
    case allBut(Set<String>)
    /// A channel's own.
    case only(String)

    /// - Parameter host: `nil` for that of a request that names none, which is for the working copy.
    package func includes(_ host: String?) -> Bool {
        switch self {
        case .allBut(let others): host.map { !others.contains($0) } ?? true
        case .only(let own): host == own
        }
    }
}

extension ServedHosts {
    var json: JSONObject {
        switch self {
        case .allBut(let others): ["others": .array(others.sorted().map { .string($0) })]
        case .only(let own): ["own": .string(own)]
        }
    }

    init?(json: JSONObject) {
        if let own = json["own"]?.string {
            self = .only(own)
        } else if let others = json["others"]?.array {
            let hosts = others.compactMap(\.string)
            guard hosts.count == others.count else { return nil }
            self = .allBut(Set(hosts))
        } else {
            return nil
        }
    }
}
