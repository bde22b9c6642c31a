import Glibc

extension WASIFunction {
    static let directories: [WASIFunction] = [
        // Entries follow each other until the buffer is full; the last may be cut, even within its head. A count of
        // less than the buffer's length says that the directory has ended.
        WASIFunction("fd_readdir", [.i32, .i32, .i32, .i64, .i32]) { call throws(ErrorNumber) in
            let directory = try call.directory(0, needing: .readDirectory)
            let buffer = try call.memory.bytes(at: call.u32(1), count: call.u32(2))
            let result = try call.memory.bytes(at: call.u32(4), count: 4)
            let listing = try directory.entries(from: call.u64(3))
            var used = 0
            while used < buffer.count, let entry = try listing.next() {
                let bytes = entry.encoded.prefix(buffer.count - used)
                UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyBytes(from: bytes)
                used += bytes.count
            }
            result.store(UInt32(used), at: 0)
        },
        WASIFunction("path_create_directory", [.i32, .i32, .i32]) { call throws(ErrorNumber) in
            let place = try call.place(directory: 0, path: 1, needing: .createDirectory)
            try check(mkdirat(place.descriptor.number, place.name, 0o777))
        },
        WASIFunction("path_remove_directory", [.i32, .i32, .i32]) { call throws(ErrorNumber) in
            let place = try call.place(directory: 0, path: 1, needing: .removeDirectory)
            try check(unlinkat(place.descriptor.number, place.name, AT_REMOVEDIR))
        },
    ]
}

extension DirectoryListing.Entry {
    /// A `dirent` of the specification, then the name.
    fileprivate var encoded: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 24)
        bytes.withUnsafeMutableBytes { head in
            head.store(next, at: 0)
            head.store(inode, at: 8)
            head.store(UInt32(name.count), at: 16)
            head.store(type.rawValue, at: 20)
        }
        return bytes + name
    }
}
