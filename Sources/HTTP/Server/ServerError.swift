package import Platform

/// Why a server could not start.
package enum ServerError: Error, Hashable, CustomStringConvertible {
    /// Another process listens there.
    case addressInUse(SocketAddress)
    /// The address is not one of this machine's.
    case addressNotAvailable(SocketAddress)
    /// The system does not let this user listen there: ports below 1024.
    case permissionDenied(SocketAddress)
    /// The descriptor to be adopted is not a listening TCP socket.
    case notAListeningSocket(fileDescriptor: Int32)
    /// Any other call that failed.
    case system(SystemError)

    package var description: String {
        switch self {
        case .addressInUse(let address):
            """
            cannot listen on \(address): the address is in use. Stop the program that has it, or choose another port \
            (port 0 takes any that is free).
            """
        case .addressNotAvailable(let address):
            """
            cannot listen on \(address): this machine has no such address. Use 127.0.0.1 for this machine only, \
            0.0.0.0 for all of its addresses.
            """
        case .permissionDenied(let address):
            "cannot listen on \(address): not permitted. Choose a port from 1024 on."
        case .notAListeningSocket(let fileDescriptor):
            "cannot accept connections on file descriptor \(fileDescriptor): it is not a listening TCP socket."
        case .system(let error):
            "cannot start the server: \(error)"
        }
    }
}
