/// A directory that a guest has open: a preopen, or one that it opened by its path. All paths begin at it, and none
/// leads out of it.
///
/// It knows nothing of a guest's memory, numbers or editions, so that every face of WASI can stand on it.
package protocol OpenDirectory: AnyObject {
    /// What is known of the directory itself.
    func status() throws(ErrorNumber) -> FileStatus

    /// Sets the directory's own times.
    func setTimes(_ times: FileTimes) throws(ErrorNumber)

    /// Waits until the directory's entries are on the storage.
    ///
    /// - Parameter dataOnly: whether the status may come later.
    func synchronize(dataOnly: Bool) throws(ErrorNumber)

    /// Calls `body` with the entries after a cookie, 0 being the start, until it returns false. `.` and `..` are among
    /// them.
    func list(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(ErrorNumber)

    // MARK: Paths below it

    /// Opens what a path leads to.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    func open(_ request: OpenRequest, isInterrupted: () -> Bool) throws(ErrorNumber) -> Opened

    /// - Parameter follows: whether a symbolic link at the path's end is followed.
    func status(of path: GuestPath, follows: Bool) throws(ErrorNumber) -> FileStatus

    /// - Parameter follows: whether a symbolic link at the path's end is followed.
    func setTimes(_ times: FileTimes, of path: GuestPath, follows: Bool) throws(ErrorNumber)

    /// The target of a symbolic link.
    ///
    /// - Throws: `invalidArgument` if the path leads to anything else.
    func readLink(_ path: GuestPath) throws(ErrorNumber) -> [UInt8]

    func makeDirectory(_ path: GuestPath) throws(ErrorNumber)
    func removeDirectory(_ path: GuestPath) throws(ErrorNumber)
    func unlink(_ path: GuestPath) throws(ErrorNumber)

    /// Makes a symbolic link.
    func makeLink(to target: GuestPath, at path: GuestPath) throws(ErrorNumber)

    /// Gives what is at `path` the name `newPath` below `target`, in place of what has it.
    ///
    /// - Throws: `crossDeviceLink` if `target` belongs to another file system.
    func rename(_ path: GuestPath, to target: any OpenDirectory, _ newPath: GuestPath) throws(ErrorNumber)

    /// Makes `newPath` below `target` another name of the file at `path`.
    ///
    /// - Parameter follows: whether a symbolic link at the end of `path` is followed.
    /// - Throws: `crossDeviceLink` if `target` belongs to another file system.
    func link(
        _ path: GuestPath, follows: Bool, to target: any OpenDirectory, _ newPath: GuestPath
    ) throws(ErrorNumber)
}

/// What an opening has led to.
package enum Opened {
    case directory(any OpenDirectory)
    case file(any OpenFile)
}

/// One entry of a directory, for the time of a call.
package struct DirectoryEntry {
    /// The cookie that goes on after this entry.
    package let next: UInt64
    package let inode: UInt64
    package let type: FileType
    package let name: UnsafeBufferPointer<UInt8>
}
