import Glibc

/// Changes to what an open path leads to, where the host's functions would want a name that might lead elsewhere by
/// now.
extension PathResolver {
    /// `AT_EMPTY_PATH` of `<fcntl.h>`, which is hidden from Swift.
    private static let emptyPath: Int32 = 0x1000

    /// Sets the times of `entry`, which may be a symbolic link.
    static func setTimes(_ times: FileTimes, ofEntry entry: HostDescriptor) throws(ErrorNumber) {
        let pair = times.hostValues
        if utimensat(entry.number, "", pair, emptyPath) == 0 { return }
        // Linux before 5.8 wants a name, and has one for every descriptor.
        guard errno == EINVAL || errno == ENOENT else { throw .current }
        guard utimensat(AT_FDCWD, name(of: entry), pair, 0) == 0 else { throw .current }
    }

    /// Makes `target` another name of `entry`.
    static func link(_ entry: HostDescriptor, to target: ParentDirectory) throws(ErrorNumber) {
        guard linkat(AT_FDCWD, name(of: entry), target.descriptor.number, target.name, AT_SYMLINK_FOLLOW) == 0 else {
            throw .current
        }
    }

    private static func name(of entry: HostDescriptor) -> String { "/proc/self/fd/\(entry.number)" }
}
