import CLinux
import Glibc

/// A file of the host.
final class HostFile: OpenFile {
    private let descriptor: HostDescriptor
    let type: FileType
    /// Whether it was reached through a read-only preopen, so that not even its times can be changed.
    private let isReadOnly: Bool
    /// What bounds its length, if anything does and it has one. It knows that the file is open.
    private let limit: DirectoryLimit?

    init(_ descriptor: HostDescriptor, type: FileType, isReadOnly: Bool, limit: DirectoryLimit? = nil) {
        self.descriptor = descriptor
        self.type = type
        self.isReadOnly = isReadOnly
        self.limit = type == .regularFile ? limit : nil
    }

    deinit {
        limit?.noteClosing(number)
    }

    private var number: Int32 { descriptor.number }

    var hostNumber: Int32? { number }

    var readableBytes: UInt64 { 0 }

    func status() throws(ErrorNumber) -> FileStatus { try FileStatus(ofHostDescriptor: number) }

    func read(
        into list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int {
        try Self.transfer(list, on: number, offset, isInterrupted, Glibc.read, readv, preadv)
    }

    func write(
        from list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int {
        try resize { (size) throws(ErrorNumber) in
            guard list.byteCount > 0 else { return size }
            let start = try position(ofWriteAt: offset, size: size)
            let (end, isOverflow) = start.addingReportingOverflow(Int64(list.byteCount))
            guard !isOverflow else { throw .fileTooLarge }
            return max(size, end)
        } _: { () throws(ErrorNumber) in
            try Self.transfer(list, on: number, offset, isInterrupted, { Glibc.write($0, $1, $2) }, writev, pwritev)
        }
    }

    func append(from list: BufferList, isInterrupted: () -> Bool) throws(ErrorNumber) -> Int {
        try resize { (size) throws(ErrorNumber) in
            let (end, isOverflow) = size.addingReportingOverflow(Int64(list.byteCount))
            guard !isOverflow else { throw .fileTooLarge }
            return end
        } _: { () throws(ErrorNumber) in
            while true {
                // An offset of -1 is the position, which is moved and not used.
                let count = pwritev2(number, list.buffers, Int32(list.buffers.count), -1, RWF_APPEND)
                if count >= 0 { return count }
                guard errno == EINTR, !isInterrupted() else { throw .current }
            }
        }
    }

    /// Where a write begins. Linux appends whatever offset is given.
    private func position(ofWriteAt offset: Int?, size: Int64) throws(ErrorNumber) -> Int64 {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0 else { throw .current }
        guard flags & O_APPEND == 0 else { return size }
        if let offset { return Int64(offset) }
        let position = lseek(number, 0, SEEK_CUR)
        guard position >= 0 else { throw .current }
        return Int64(position)
    }

    /// Does what may change the file's length, within the limit.
    ///
    /// - Parameter size: the length that it will have at most, from the one that it has.
    private func resize<Result>(
        _ size: (Int64) throws(ErrorNumber) -> Int64, _ body: () throws(ErrorNumber) -> Result
    ) throws(ErrorNumber) -> Result {
        guard let limit else { return try body() }
        return try limit.resize(number, to: size, body)
    }

    func seek(by offset: Int, from whence: Whence) throws(ErrorNumber) -> UInt64 {
        let position = lseek(number, offset, whence.hostValue)
        guard position >= 0 else { throw .current }
        return UInt64(position)
    }

    func advise(_ advice: Advice, offset: Int, count: Int) throws(ErrorNumber) {
        let failure = posix_fadvise(number, offset, count, advice.hostValue)
        guard failure == 0 else { throw ErrorNumber(hostError: failure) }
    }

    func allocate(offset: Int, count: Int) throws(ErrorNumber) {
        try resize { (size) throws(ErrorNumber) in
            let (end, isOverflow) = Int64(offset).addingReportingOverflow(Int64(count))
            guard !isOverflow else { throw .fileTooLarge }
            return max(size, end)
        } _: { () throws(ErrorNumber) in
            let failure = posix_fallocate(number, offset, count)
            guard failure == 0 else { throw ErrorNumber(hostError: failure) }
        }
    }

    func setSize(_ size: Int) throws(ErrorNumber) {
        try resize { (_) throws(ErrorNumber) in
            Int64(size)
        } _: { () throws(ErrorNumber) in
            guard ftruncate(number, size) == 0 else { throw .current }
        }
    }

    func setTimes(_ times: FileTimes) throws(ErrorNumber) {
        guard !isReadOnly else { throw .readOnlyFileSystem }
        guard futimens(number, times.hostValues) == 0 else { throw .current }
    }

    func synchronize(dataOnly: Bool) throws(ErrorNumber) {
        guard (dataOnly ? fdatasync(number) : fsync(number)) == 0 else { throw .current }
    }

    func setFlags(_ flags: DescriptorFlags) throws(ErrorNumber) {
        let current = fcntl(number, F_GETFL)
        guard current >= 0 else { throw .current }
        let changeable = O_APPEND | O_NONBLOCK
        guard fcntl(number, F_SETFL, current & ~changeable | flags.hostFlags & changeable) == 0 else { throw .current }
    }

    private static func transfer(
        _ list: BufferList,
        on number: Int32,
        _ offset: off_t?,
        _ isInterrupted: () -> Bool,
        _ single: (Int32, UnsafeMutableRawPointer, Int) -> Int,
        _ several: (Int32, UnsafePointer<iovec>, Int32) -> Int,
        _ positioned: (Int32, UnsafePointer<iovec>, Int32, off_t) -> Int
    ) throws(ErrorNumber) -> Int {
        while true {
            let count =
                if let offset {
                    positioned(number, list.buffers, Int32(list.buffers.count), offset)
                } else if list.buffers.count == 1, let buffer = list.first, let start = buffer.baseAddress {
                    single(number, start, buffer.count)
                } else {
                    several(number, list.buffers, Int32(list.buffers.count))
                }
            if count >= 0 { return count }
            guard errno == EINTR, !isInterrupted() else { throw .current }
        }
    }
}

extension DescriptorFlags {
    /// The host's flags for opening a file.
    var hostFlags: Int32 {
        var flags: Int32 = 0
        if contains(.append) { flags |= O_APPEND }
        if contains(.nonblocking) { flags |= O_NONBLOCK }
        if contains(.dataSync) { flags |= O_DSYNC }
        if contains(.readSync) { flags |= O_RSYNC }
        if contains(.sync) { flags |= O_SYNC }
        return flags
    }
}

extension Whence {
    fileprivate var hostValue: Int32 {
        switch self {
        case .start: SEEK_SET
        case .current: SEEK_CUR
        case .end: SEEK_END
        }
    }
}

extension Advice {
    fileprivate var hostValue: Int32 {
        switch self {
        case .normal: POSIX_FADV_NORMAL
        case .sequential: POSIX_FADV_SEQUENTIAL
        case .random: POSIX_FADV_RANDOM
        case .willNeed: POSIX_FADV_WILLNEED
        case .dontNeed: POSIX_FADV_DONTNEED
        case .noReuse: POSIX_FADV_NOREUSE
        }
    }
}

extension FileTimes {
    /// As `futimens` takes them.
    var hostValues: [timespec] { [Self.hostValue(access), Self.hostValue(modification)] }

    private static func hostValue(_ change: Change) -> timespec {
        switch change {
        // Of <sys/stat.h>, which hides them from Swift.
        case .now: timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
        case .unchanged: timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)
        case .to(let nanoseconds): timespec(nanoseconds: nanoseconds)
        }
    }
}
