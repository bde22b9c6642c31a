import HTTP

/// Where the sockets of components may lead.
package struct SocketPolicy: Sendable {
    /// A host and the one port of it that may be reached.
    package struct Destination: Hashable, Sendable {
        /// A name in lower case, or an IP address without brackets.
        package let host: String
        package let port: UInt16

        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    private let destinations: Set<Destination>
    private let allowsAll: Bool
    private let forbiddenLocalPorts: Set<UInt16>
    /// Told what was refused and what to do, in a sentence: the component only gets a code.
    private let problemObserver: (@Sendable (String) -> Void)?

    /// No socket leads anywhere.
    package static let nothing = SocketPolicy(destinations: [])

    /// - Parameters:
    ///   - allowsAll: whether any destination is allowed.
    ///   - forbiddenLocalPorts: Ports of this machine that components may not reach, whatever else is allowed.
    package init(
        destinations: Set<Destination>, allowsAll: Bool = false, forbiddenLocalPorts: Set<UInt16> = [],
        problemObserver: (@Sendable (String) -> Void)? = nil
    ) {
        self.destinations = destinations
        self.allowsAll = allowsAll
        self.forbiddenLocalPorts = forbiddenLocalPorts
        self.problemObserver = problemObserver
    }

    var allowsNothing: Bool { destinations.isEmpty && !allowsAll }

    /// Whether the addresses of a host may be looked up.
    func allows(name: String) -> Bool {
        allowsAll || destinations.contains { $0.host == name }
    }

    /// Whether a component may connect to an address, or send datagrams there.
    ///
    /// - Parameter resolved: what the component has looked up.
    func allows(_ address: SocketAddress, _ resolved: ResolvedAddresses) -> Bool {
        if allowsAll { return true }
        return destinations.contains { destination in
            guard destination.port == address.port else { return false }
            return SocketAddress.parseIP(destination.host)?.withoutScope == address.ip.withoutScope
                || resolved.contains(address.ip, of: destination.host)
                || (address.isLoopback && ProxySettings.isLoopback(destination.host)
                    && SocketAddress.parseIP(destination.host) == nil)
        }
    }

    /// Whether a connection that is there leads to a server that components may not reach: no name and no other spelling
    /// of an address can hide that, nor the address that the component has bound its own end to.
    func forbids(connectionOf socket: Int32) -> Bool {
        guard let peer = SocketAddress(peerOf: socket), forbiddenLocalPorts.contains(peer.port) else { return false }
        return peer.isOfThisMachine
    }

    func reportRefusalOfSockets() {
        problemObserver?(
            "a socket was refused: no host is allowed. '--allow-outbound http://HOST:PORT' allows connections to one")
    }

    func reportRefusal(ofName name: String) {
        problemObserver?(
            "the name \(name) was not looked up: it is not the host of an allowed URL. "
                + "'--allow-outbound http://\(name):PORT' allows it, and connections to this port")
    }

    func reportRefusal(of destination: String) {
        problemObserver?(
            "a connection to \(destination) was refused: it is not the host and port of an allowed URL. "
                + "'--allow-outbound http://\(destination)' allows it")
    }
}

/// Which addresses names have been found to stand for.
struct ResolvedAddresses {
    private var hosts: [SocketAddress.IP: Set<String>] = [:]

    mutating func add(_ ip: SocketAddress.IP, of host: String) { hosts[ip.withoutScope, default: []].insert(host) }

    func contains(_ ip: SocketAddress.IP, of host: String) -> Bool {
        hosts[ip.withoutScope]?.contains(host) == true
    }
}

extension SocketAddress {
    /// Whether a socket of this machine can be bound to the address.
    fileprivate var isOfThisMachine: Bool {
        if isLoopback { return true }
        // Without a socket to try it with, nobody can tell.
        guard let probe = try? HostSocket(.datagrams, ip.family) else { return true }
        return (try? probe.bind(to: SocketAddress(ip: ip, port: 0))) != nil
    }
}

extension SocketAddress.IP {
    fileprivate var withoutScope: SocketAddress.IP {
        if case .v6(let high, let low, _) = self { .v6(high: high, low: low, scope: 0) } else { self }
    }
}
