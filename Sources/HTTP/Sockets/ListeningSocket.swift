/// A TCP socket that listens, closed with its last reference.
public final class ListeningSocket: Sendable {
    /// The local address, with the port that was given by the system if 0 was asked for.
    public let address: SocketAddress
    public let fileDescriptor: Int32

    /// Listens on `address`.
    public init(binding address: SocketAddress, backlog: Int32 = 1024) throws(ServerError) { fatalError() }

    /// Takes over a socket that listens already, as a child process inherits one.
    public init(adopting fileDescriptor: Int32) throws(ServerError) { fatalError() }
}
