import Glibc

/// The times of what is in a layer, in nanoseconds since 1970.
///
/// Reading does not change the time of the last access, as on file systems that are mounted so.
struct LayerTimes {
    var access: UInt64
    var modification: UInt64
    var change: UInt64

    init(all time: UInt64) {
        (access, modification, change) = (time, time, time)
    }

    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.nanoseconds
    }

    /// The contents have changed.
    mutating func touch() {
        modification = Self.now
        change = modification
    }

    mutating func set(_ times: FileTimes) {
        let now = Self.now
        Self.set(&access, times.access, now)
        Self.set(&modification, times.modification, now)
        change = now
    }

    private static func set(_ time: inout UInt64, _ change: FileTimes.Change, _ now: UInt64) {
        switch change {
        case .unchanged: break
        case .now: time = now
        case .to(let wanted): time = wanted
        }
    }
}

extension FileStatus {
    init(type: FileType, inode: UInt64, linkCount: Int, size: Int, _ times: LayerTimes) {
        self.init(type: type)
        device = ContentTree.device
        self.inode = inode
        self.linkCount = UInt64(linkCount)
        self.size = UInt64(size)
        (accessTime, modificationTime, changeTime) = (times.access, times.modification, times.change)
    }
}
