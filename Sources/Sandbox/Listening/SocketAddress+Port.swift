import HTTP

extension SocketAddress {
    /// The same IP address at another port.
    func withPort(_ port: UInt16) -> SocketAddress { SocketAddress(ip: ip, port: port) }
}
