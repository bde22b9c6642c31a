package import ComponentModel
import Platform

/// `error-code` of `wasi:sockets/network`, in the order of its cases.
package enum NetworkErrorCode: Int, CaseIterable, Error, Sendable {
    case unknown, accessDenied, notSupported, invalidArgument, outOfMemory, timeout, concurrencyConflict
    case notInProgress, wouldBlock, invalidState, newSocketLimit, addressNotBindable, addressInUse, remoteUnreachable
    case connectionRefused, connectionReset, connectionAborted, datagramTooLarge, nameUnresolvable
    case temporaryResolverFailure, permanentResolverFailure

    /// The code for an `errno` of the host's.
    package init(hostError: Int32) {
        self =
            switch hostError {
            case EAGAIN, EINTR: .wouldBlock
            case EPERM, EACCES: .accessDenied
            case EADDRINUSE: .addressInUse
            case EADDRNOTAVAIL: .addressNotBindable
            case EALREADY: .concurrencyConflict
            case ETIMEDOUT: .timeout
            case ECONNREFUSED: .connectionRefused
            case ECONNRESET: .connectionReset
            case ECONNABORTED: .connectionAborted
            case EINVAL: .invalidArgument
            case EHOSTUNREACH, EHOSTDOWN, ENETDOWN, ENETUNREACH, ENETRESET, ENONET: .remoteUnreachable
            case EISCONN, ENOTCONN, EDESTADDRREQ: .invalidState
            case ENFILE, EMFILE: .newSocketLimit
            case EMSGSIZE: .datagramTooLarge
            case ENOMEM, ENOBUFS: .outOfMemory
            case EOPNOTSUPP, ENOPROTOOPT, EPFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE, ESOCKTNOSUPPORT, EAFNOSUPPORT:
                .notSupported
            default: .unknown
            }
    }

    /// The code for what `getaddrinfo` returned.
    package init(resolverError: Int32) {
        self =
            switch resolverError {
            case EAI_AGAIN: .temporaryResolverFailure
            case EAI_MEMORY: .outOfMemory
            case EAI_FAIL: .permanentResolverFailure
            default: .nameUnresolvable
            }
    }

    /// The code for what the system call that has just failed on this thread left in `errno`.
    static var current: NetworkErrorCode { NetworkErrorCode(hostError: errno) }

    /// Its name in the interface.
    package var label: String { Self.labels[rawValue] }

    static let labels = [
        "unknown", "access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout",
        "concurrency-conflict", "not-in-progress", "would-block", "invalid-state", "new-socket-limit",
        "address-not-bindable", "address-in-use", "remote-unreachable", "connection-refused", "connection-reset",
        "connection-aborted", "datagram-too-large", "name-unresolvable", "temporary-resolver-failure",
        "permanent-resolver-failure",
    ]

    package var value: Value { .enumeration(rawValue) }
}
