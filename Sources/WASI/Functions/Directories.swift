extension WASIFunction {
    static let directories: [WASIFunction] = [
        // Entries follow each other until the buffer is full; the last may be cut, even within its head. A count of
        // less than the buffer's length says that the directory has ended.
        WASIFunction("fd_readdir", [.i32, .i32, .i32, .i64, .i32]) { call throws(ErrorNumber) in
            let directory = try call.directory(0)
            let buffer = try call.memory.bytes(at: call.u32(1), count: call.u32(2))
            let result = try call.memory.bytes(at: call.u32(4), count: 4)
            var used = 0
            if !buffer.isEmpty {
                try directory.list(from: call.u64(3)) { entry in
                    used += entry.store(in: UnsafeMutableRawBufferPointer(rebasing: buffer[used...]))
                    return used < buffer.count
                }
            }
            result.store(UInt32(used), at: 0)
        },
        WASIFunction("path_create_directory", [.i32, .i32, .i32]) { call throws(ErrorNumber) in
            try call.directory(0).makeDirectory(call.path(1))
        },
        WASIFunction("path_remove_directory", [.i32, .i32, .i32]) { call throws(ErrorNumber) in
            try call.directory(0).removeDirectory(call.path(1))
        },
    ]
}

extension DirectoryEntry {
    /// Stores a `dirent` of the specification, then the name, as far as there is room. Returns the count of bytes.
    fileprivate func store(in buffer: UnsafeMutableRawBufferPointer) -> Int {
        let head = withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { head in
            head.clear()
            head.store(next, at: 0)
            head.store(inode, at: 8)
            head.store(UInt32(name.count), at: 16)
            head.store(type.rawValue, at: 20)
            let count = min(head.count, buffer.count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: head[..<count]))
            return count
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[head...])
        let count = min(name.count, rest.count)
        rest.copyMemory(from: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: name[..<count])))
        return head + count
    }
}
