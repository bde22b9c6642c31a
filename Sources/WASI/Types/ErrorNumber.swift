import Glibc

/// An error code that a WASI function returns to its guest: `errno` of the specification, whose numbers are not the
/// host's.
package enum ErrorNumber: UInt16, Error, CaseIterable, Sendable {
    case success = 0
    case argumentListTooLong = 1
    case permissionDenied = 2
    case addressInUse = 3
    case addressNotAvailable = 4
    case addressFamilyNotSupported = 5
    case tryAgain = 6
    case alreadyInProgress = 7
    case badDescriptor = 8
    case badMessage = 9
    case busy = 10
    case cancelled = 11
    case noChildProcess = 12
    case connectionAborted = 13
    case connectionRefused = 14
    case connectionReset = 15
    case deadlock = 16
    case destinationAddressRequired = 17
    case outOfDomain = 18
    case quotaExceeded = 19
    case fileExists = 20
    case badAddress = 21
    case fileTooLarge = 22
    case hostUnreachable = 23
    case identifierRemoved = 24
    case illegalByteSequence = 25
    case inProgress = 26
    case interrupted = 27
    case invalidArgument = 28
    case inputOutput = 29
    case isConnected = 30
    case isDirectory = 31
    case tooManySymbolicLinks = 32
    case tooManyOpenDescriptors = 33
    case tooManyLinks = 34
    case messageTooLong = 35
    case multihop = 36
    case nameTooLong = 37
    case networkDown = 38
    case networkReset = 39
    case networkUnreachable = 40
    case tooManyOpenFilesInSystem = 41
    case noBufferSpace = 42
    case noDevice = 43
    case noEntry = 44
    case notExecutable = 45
    case noLocks = 46
    case linkSevered = 47
    case outOfMemory = 48
    case noMessage = 49
    case protocolNotAvailable = 50
    case noSpace = 51
    case notImplemented = 52
    case notConnected = 53
    case notDirectory = 54
    case directoryNotEmpty = 55
    case notRecoverable = 56
    case notSocket = 57
    case notSupported = 58
    case notTerminal = 59
    case noSuchDeviceOrAddress = 60
    case overflow = 61
    case ownerDead = 62
    case operationNotPermitted = 63
    case brokenPipe = 64
    case protocolError = 65
    case protocolNotSupported = 66
    case wrongProtocolType = 67
    case outOfRange = 68
    case readOnlyFileSystem = 69
    case illegalSeek = 70
    case noSuchProcess = 71
    case staleHandle = 72
    case timedOut = 73
    case textFileBusy = 74
    case crossDeviceLink = 75
    case notCapable = 76

    /// The code that tells a guest of the host's error `hostError`; an error that WASI has no name for is
    /// `inputOutput`.
    package init(hostError: Int32) {
        self = Self.byHostError[hostError] ?? .inputOutput
    }

    /// The code for the error of the system call that has just failed on this thread.
    static var current: ErrorNumber { ErrorNumber(hostError: errno) }

    private static let byHostError: [Int32: ErrorNumber] = [
        0: .success,
        E2BIG: .argumentListTooLong, EACCES: .permissionDenied, EADDRINUSE: .addressInUse,
        EADDRNOTAVAIL: .addressNotAvailable, EAFNOSUPPORT: .addressFamilyNotSupported, EAGAIN: .tryAgain,
        EALREADY: .alreadyInProgress, EBADF: .badDescriptor, EBADMSG: .badMessage, EBUSY: .busy,
        ECANCELED: .cancelled, ECHILD: .noChildProcess, ECONNABORTED: .connectionAborted,
        ECONNREFUSED: .connectionRefused, ECONNRESET: .connectionReset, EDEADLK: .deadlock,
        EDESTADDRREQ: .destinationAddressRequired, EDOM: .outOfDomain, EDQUOT: .quotaExceeded,
        EEXIST: .fileExists, EFAULT: .badAddress, EFBIG: .fileTooLarge, EHOSTUNREACH: .hostUnreachable,
        EIDRM: .identifierRemoved, EILSEQ: .illegalByteSequence, EINPROGRESS: .inProgress, EINTR: .interrupted,
        EINVAL: .invalidArgument, EIO: .inputOutput, EISCONN: .isConnected, EISDIR: .isDirectory,
        ELOOP: .tooManySymbolicLinks, EMFILE: .tooManyOpenDescriptors, EMLINK: .tooManyLinks,
        EMSGSIZE: .messageTooLong, EMULTIHOP: .multihop, ENAMETOOLONG: .nameTooLong, ENETDOWN: .networkDown,
        ENETRESET: .networkReset, ENETUNREACH: .networkUnreachable, ENFILE: .tooManyOpenFilesInSystem,
        ENOBUFS: .noBufferSpace, ENODEV: .noDevice, ENOENT: .noEntry, ENOEXEC: .notExecutable, ENOLCK: .noLocks,
        ENOLINK: .linkSevered, ENOMEM: .outOfMemory, ENOMSG: .noMessage, ENOPROTOOPT: .protocolNotAvailable,
        ENOSPC: .noSpace, ENOSYS: .notImplemented, ENOTCONN: .notConnected, ENOTDIR: .notDirectory,
        ENOTEMPTY: .directoryNotEmpty, ENOTRECOVERABLE: .notRecoverable, ENOTSOCK: .notSocket,
        EOPNOTSUPP: .notSupported, ENOTTY: .notTerminal, ENXIO: .noSuchDeviceOrAddress, EOVERFLOW: .overflow,
        EOWNERDEAD: .ownerDead, EPERM: .operationNotPermitted, EPIPE: .brokenPipe, EPROTO: .protocolError,
        EPROTONOSUPPORT: .protocolNotSupported, EPROTOTYPE: .wrongProtocolType, ERANGE: .outOfRange,
        EROFS: .readOnlyFileSystem, ESPIPE: .illegalSeek, ESRCH: .noSuchProcess, ESTALE: .staleHandle,
        ETIMEDOUT: .timedOut, ETXTBSY: .textFileBusy, EXDEV: .crossDeviceLink,
    ]
}
