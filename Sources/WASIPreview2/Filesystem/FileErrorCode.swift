package import ComponentModel
package import WASI

/// `error-code` of `wasi:filesystem/types`, in the order of its cases.
package enum FileErrorCode: Int, CaseIterable, Error, Sendable {
    case access, wouldBlock, already, badDescriptor, busy, deadlock, quota, exist, fileTooLarge, illegalByteSequence
    case inProgress, interrupted, invalid, io, isDirectory, loop, tooManyLinks, messageSize, nameTooLong, noDevice
    case noEntry, noLock, insufficientMemory, insufficientSpace, notDirectory, notEmpty, notRecoverable, unsupported
    case noTTY, noSuchDevice, overflow, notPermitted, pipe, readOnly, invalidSeek, textFileBusy, crossDevice

    /// The code for an error of preview 1. What this interface has no code for is `io`; for a file too many there is none
    /// either, and `insufficientMemory` comes closest.
    package init(_ number: ErrorNumber) {
        self = Self.byNumber[number] ?? .io
    }

    private static let byNumber: [ErrorNumber: FileErrorCode] = [
        .permissionDenied: .access, .tryAgain: .wouldBlock, .alreadyInProgress: .already,
        .badDescriptor: .badDescriptor, .busy: .busy, .deadlock: .deadlock, .quotaExceeded: .quota,
        .fileExists: .exist, .fileTooLarge: .fileTooLarge, .illegalByteSequence: .illegalByteSequence,
        .inProgress: .inProgress, .interrupted: .interrupted, .invalidArgument: .invalid, .inputOutput: .io,
        .isDirectory: .isDirectory, .tooManySymbolicLinks: .loop, .tooManyLinks: .tooManyLinks,
        .messageTooLong: .messageSize, .nameTooLong: .nameTooLong, .noDevice: .noDevice, .noEntry: .noEntry,
        .noLocks: .noLock, .outOfMemory: .insufficientMemory, .noBufferSpace: .insufficientMemory,
        .tooManyOpenDescriptors: .insufficientMemory, .tooManyOpenFilesInSystem: .insufficientMemory,
        .noSpace: .insufficientSpace, .notDirectory: .notDirectory, .directoryNotEmpty: .notEmpty,
        .notRecoverable: .notRecoverable, .notSupported: .unsupported, .notImplemented: .unsupported,
        .notTerminal: .noTTY, .noSuchDeviceOrAddress: .noSuchDevice, .overflow: .overflow,
        .operationNotPermitted: .notPermitted, .notCapable: .notPermitted, .brokenPipe: .pipe,
        .readOnlyFileSystem: .readOnly, .illegalSeek: .invalidSeek, .textFileBusy: .textFileBusy,
        .crossDeviceLink: .crossDevice,
    ]

    /// Its name in the interface.
    package var label: String { Self.labels[rawValue] }

    static let labels = [
        "access", "would-block", "already", "bad-descriptor", "busy", "deadlock", "quota", "exist", "file-too-large",
        "illegal-byte-sequence", "in-progress", "interrupted", "invalid", "io", "is-directory", "loop",
        "too-many-links", "message-size", "name-too-long", "no-device", "no-entry", "no-lock", "insufficient-memory",
        "insufficient-space", "not-directory", "not-empty", "not-recoverable", "unsupported", "no-tty",
        "no-such-device", "overflow", "not-permitted", "pipe", "read-only", "invalid-seek", "text-file-busy",
        "cross-device",
    ]

    package var value: Value { .enumeration(rawValue) }
}
