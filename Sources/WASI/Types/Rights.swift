/// What a guest may do with a descriptor: `rights` of the specification.
public struct Rights: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public static let dataSync = Rights(rawValue: 1 << 0)
    public static let read = Rights(rawValue: 1 << 1)
    public static let seek = Rights(rawValue: 1 << 2)
    public static let setDescriptorFlags = Rights(rawValue: 1 << 3)
    public static let sync = Rights(rawValue: 1 << 4)
    public static let tell = Rights(rawValue: 1 << 5)
    public static let write = Rights(rawValue: 1 << 6)
    public static let advise = Rights(rawValue: 1 << 7)
    public static let allocate = Rights(rawValue: 1 << 8)
    public static let createDirectory = Rights(rawValue: 1 << 9)
    public static let createFile = Rights(rawValue: 1 << 10)
    public static let linkSource = Rights(rawValue: 1 << 11)
    public static let linkTarget = Rights(rawValue: 1 << 12)
    public static let openPath = Rights(rawValue: 1 << 13)
    public static let readDirectory = Rights(rawValue: 1 << 14)
    public static let readLink = Rights(rawValue: 1 << 15)
    public static let renameSource = Rights(rawValue: 1 << 16)
    public static let renameTarget = Rights(rawValue: 1 << 17)
    public static let pathStatus = Rights(rawValue: 1 << 18)
    public static let setPathSize = Rights(rawValue: 1 << 19)
    public static let setPathTimes = Rights(rawValue: 1 << 20)
    public static let status = Rights(rawValue: 1 << 21)
    public static let setSize = Rights(rawValue: 1 << 22)
    public static let setTimes = Rights(rawValue: 1 << 23)
    public static let symbolicLink = Rights(rawValue: 1 << 24)
    public static let removeDirectory = Rights(rawValue: 1 << 25)
    public static let unlinkFile = Rights(rawValue: 1 << 26)
    public static let poll = Rights(rawValue: 1 << 27)
    public static let shutDownSocket = Rights(rawValue: 1 << 28)
    public static let acceptSocket = Rights(rawValue: 1 << 29)

    /// Every right that the specification names.
    public static let all = Rights(rawValue: (1 << 30) - 1)

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

    /// A file has to be opened for reading when one of these is asked for.
    static let needReading: Rights = [.read, .readDirectory]

    /// A file has to be opened for writing when one of these is asked for.
    static let needWriting: Rights = [.write, .dataSync, .allocate, .setSize]
}
