import Glibc

extension WASIFunction {
    /// Functions on open files: position, size, times, storage.
    static let files: [WASIFunction] = [
        WASIFunction("fd_seek", [.i32, .i64, .i32, .i32]) { call throws(ErrorNumber) in
            let whence = try Whence(call.u32(2), in: call.edition)
            let offset = Int64(bitPattern: call.u64(1))
            let needed: Rights = offset == 0 && whence == .current ? .tell : .seek
            let file = try call.descriptor(0).hostNumber(needing: needed)
            let result = try call.memory.bytes(at: call.u32(3), count: 8)
            result.store(try seek(file, Int(offset), whence), at: 0)
        },
        WASIFunction("fd_tell", [.i32, .i32]) { call throws(ErrorNumber) in
            let file = try call.descriptor(0).hostNumber(needing: .tell)
            let result = try call.memory.bytes(at: call.u32(1), count: 8)
            result.store(try seek(file, 0, .current), at: 0)
        },
        WASIFunction("fd_advise", [.i32, .i64, .i64, .i32]) { call throws(ErrorNumber) in
            let file = try call.descriptor(0).hostNumber(needing: .advise)
            let advice: [Int32] = [
                POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM, POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,
                POSIX_FADV_NOREUSE,
            ]
            guard call.u32(3) < advice.count else { throw .invalidArgument }
            let failure = posix_fadvise(file, try call.fileSize(1), try call.fileSize(2), advice[Int(call.u32(3))])
            guard failure == 0 else { throw ErrorNumber(hostError: failure) }
        },
        WASIFunction("fd_allocate", [.i32, .i64, .i64]) { call throws(ErrorNumber) in
            let file = try call.descriptor(0).hostNumber(needing: .allocate)
            let failure = posix_fallocate(file, try call.fileSize(1), try call.fileSize(2))
            guard failure == 0 else { throw ErrorNumber(hostError: failure) }
        },
        WASIFunction("fd_sync", [.i32]) { call throws(ErrorNumber) in
            try call.descriptor(0).synchronize(needing: .sync, fsync)
        },
        WASIFunction("fd_datasync", [.i32]) { call throws(ErrorNumber) in
            try call.descriptor(0).synchronize(needing: .dataSync, fdatasync)
        },
        WASIFunction("fd_filestat_get", [.i32, .i32]) { call throws(ErrorNumber) in
            let descriptor = try call.descriptor(0)
            try descriptor.require(.status)
            try descriptor.status.store(at: call.u32(1), call.memory, call.edition)
        },
        WASIFunction("fd_filestat_set_size", [.i32, .i64]) { call throws(ErrorNumber) in
            let file = try call.descriptor(0).hostNumber(needing: .setSize)
            guard ftruncate(file, try call.fileSize(1)) == 0 else { throw .current }
        },
        WASIFunction("fd_filestat_set_times", [.i32, .i64, .i64, .i32]) { call throws(ErrorNumber) in
            let times = try FileTimes(access: call.u64(1), modification: call.u64(2), flags: call.u16(3))
            try call.descriptor(0).setTimes(times)
        },
    ]

    private static func seek(_ file: Int32, _ offset: Int, _ whence: Whence) throws(ErrorNumber) -> UInt64 {
        let position = lseek(file, offset, whence.hostValue)
        guard position >= 0 else { throw .current }
        return UInt64(position)
    }
}

/// What an offset counts from: `whence` of the specification.
private enum Whence {
    case start, current, end

    /// The editions number them differently.
    init(_ number: UInt32, in edition: Edition) throws(ErrorNumber) {
        let order: [Whence] =
            switch edition {
            case .snapshot0: [.current, .end, .start]
            case .preview1: [.start, .current, .end]
            }
        guard number < order.count else { throw .invalidArgument }
        self = order[Int(number)]
    }

    var hostValue: Int32 {
        switch self {
        case .start: SEEK_SET
        case .current: SEEK_CUR
        case .end: SEEK_END
        }
    }
}

/// The times that a file is to get.
struct FileTimes {
    let access: timespec
    let modification: timespec

    /// Reads the arguments of a function that sets times: nanoseconds since 1970, and which of them count.
    init(access: UInt64, modification: UInt64, flags: UInt16) throws(ErrorNumber) {
        let flags = try TimestampFlags(checking: flags, within: .all)
        self.access = try Self.time(
            access, isSet: flags.contains(.setAccess), isNow: flags.contains(.setAccessToNow))
        self.modification = try Self.time(
            modification, isSet: flags.contains(.setModification), isNow: flags.contains(.setModificationToNow))
    }

    // Of <sys/stat.h>, which hides them from Swift.
    private static let now = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
    private static let unchanged = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)

    private static func time(_ nanoseconds: UInt64, isSet: Bool, isNow: Bool) throws(ErrorNumber) -> timespec {
        switch (isSet, isNow) {
        case (true, true): throw .invalidArgument
        case (true, false): timespec(nanoseconds: nanoseconds)
        case (false, true): now
        case (false, false): unchanged
        }
    }
}

extension Descriptor {
    fileprivate func synchronize(needing right: Rights, _ call: (Int32) -> Int32) throws(ErrorNumber) {
        let number: Int32
        // A preopen's own descriptor is one that the host does not synchronize: another is opened for the purpose.
        var opened: HostDescriptor?
        switch resource {
        case .directory(let directory):
            try require(right)
            let own = openat(try directory.descriptor().number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard own >= 0 else { throw .current }
            opened = HostDescriptor(owning: own)
            number = own
        case .file(let file):
            try require(right)
            number = file.number
        case .stream(let stream):
            try require(right)
            guard let host = stream.hostNumber else { throw .invalidArgument }
            number = host
        }
        let result = withExtendedLifetime(opened) { call(number) }
        guard result == 0 else { throw .current }
    }

    fileprivate func setTimes(_ times: FileTimes) throws(ErrorNumber) {
        try require(.setTimes)
        switch resource {
        case .directory(let directory):
            try directory.refuseChanges()
            try PathResolver.setTimes(times, ofEntry: directory.descriptor())
        case .file(let file):
            guard !file.isReadOnly else { throw .readOnlyFileSystem }
            guard futimens(file.number, [times.access, times.modification]) == 0 else { throw .current }
        case .stream(let stream):
            guard let number = stream.hostNumber else { throw .invalidArgument }
            guard futimens(number, [times.access, times.modification]) == 0 else { throw .current }
        }
    }
}

extension FileStatus {
    /// Stores the status in the edition's layout: the older counts links in 32 bits, and has no room between the
    /// fields.
    func store(at address: UInt32, _ memory: GuestMemory, _ edition: Edition) throws(ErrorNumber) {
        let result = try memory.bytes(at: address, count: edition == .snapshot0 ? 56 : 64)
        result.clear()
        result.store(device, at: 0)
        result.store(inode, at: 8)
        result.store(type.rawValue, at: 16)
        let rest: Int
        switch edition {
        case .snapshot0:
            result.store(UInt32(clamping: linkCount), at: 20)
            rest = 24
        case .preview1:
            result.store(linkCount, at: 24)
            rest = 32
        }
        for (index, value) in [size, accessTime, modificationTime, changeTime].enumerated() {
            result.store(value, at: rest + index * 8)
        }
    }
}
