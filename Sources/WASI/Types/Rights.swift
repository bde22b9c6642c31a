/// What a guest may do with a descriptor: `rights` of the specification.
package struct Rights: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let dataSync = Rights(rawValue: 1 << 0)
    package static let read = Rights(rawValue: 1 << 1)
    package static let seek = Rights(rawValue: 1 << 2)
    package static let setDescriptorFlags = Rights(rawValue: 1 << 3)
    package static let sync = Rights(rawValue: 1 << 4)
    package static let tell = Rights(rawValue: 1 << 5)
    package static let write = Rights(rawValue: 1 << 6)
    package static let advise = Rights(rawValue: 1 << 7)
    package static let allocate = Rights(rawValue: 1 << 8)
    package static let createDirectory = Rights(rawValue: 1 << 9)
    package static let createFile = Rights(rawValue: 1 << 10)
    package static let linkSource = Rights(rawValue: 1 << 11)
    package static let linkTarget = Rights(rawValue: 1 << 12)
    package static let openPath = Rights(rawValue: 1 << 13)
    package static let readDirectory = Rights(rawValue: 1 << 14)
    package static let readLink = Rights(rawValue: 1 << 15)
    package static let renameSource = Rights(rawValue: 1 << 16)
    package static let renameTarget = Rights(rawValue: 1 << 17)
    package static let pathStatus = Rights(rawValue: 1 << 18)
    package static let setPathSize = Rights(rawValue: 1 << 19)
    package static let setPathTimes = Rights(rawValue: 1 << 20)
    package static let status = Rights(rawValue: 1 << 21)
    package static let setSize = Rights(rawValue: 1 << 22)
    package static let setTimes = Rights(rawValue: 1 << 23)
    package static let symbolicLink = Rights(rawValue: 1 << 24)
    package static let removeDirectory = Rights(rawValue: 1 << 25)
    package static let unlinkFile = Rights(rawValue: 1 << 26)
    package static let poll = Rights(rawValue: 1 << 27)
    package static let shutDownSocket = Rights(rawValue: 1 << 28)
    package static let acceptSocket = Rights(rawValue: 1 << 29)

    /// Every right that the specification names.
    package static let all = Rights(rawValue: (1 << 30) - 1)

    /// Those that mean something on a directory itself.
    static let applicableToDirectories: Rights = [
        .setDescriptorFlags, .sync, .dataSync, .advise, .createDirectory, .createFile, .linkSource, .linkTarget,
        .openPath, .readDirectory, .readLink, .renameSource, .renameTarget, .pathStatus, .setPathSize, .setPathTimes,
        .status, .setTimes, .symbolicLink, .removeDirectory, .unlinkFile, .poll,
    ]

    /// Those that mean something on a regular file.
    static let applicableToFiles: Rights = [
        .dataSync, .read, .seek, .setDescriptorFlags, .sync, .tell, .write, .advise, .allocate, .status, .setSize,
        .setTimes, .poll,
    ]

    /// Those that mean something on a pipe, a terminal or another thing that has no position.
    static let applicableToStreams: Rights = [.read, .write, .setDescriptorFlags, .status, .poll, .dataSync, .sync]
}
