extension WASIFunction {
    /// Functions on open files: position, size, times, storage.
    static let files: [WASIFunction] = [
        WASIFunction("fd_seek", [.i32, .i64, .i32, .i32]) { call throws(ErrorNumber) in
            let whence = try Whence(call.u32(2), in: call.edition)
            let file = try call.descriptor(0).file
            let result = try call.memory.bytes(at: call.u32(3), count: 8)
            result.store(try file.seek(by: Int(Int64(bitPattern: call.u64(1))), from: whence), at: 0)
        },
        WASIFunction("fd_tell", [.i32, .i32]) { call throws(ErrorNumber) in
            let file = try call.descriptor(0).file
            let result = try call.memory.bytes(at: call.u32(1), count: 8)
            result.store(try file.seek(by: 0, from: .current), at: 0)
        },
        WASIFunction("fd_advise", [.i32, .i64, .i64, .i32]) { call throws(ErrorNumber) in
            let file = try call.descriptor(0).file
            guard let advice = Advice(rawValue: call.u32(3)) else { throw .invalidArgument }
            try file.advise(advice, offset: call.fileSize(1), count: call.fileSize(2))
        },
        WASIFunction("fd_allocate", [.i32, .i64, .i64]) { call throws(ErrorNumber) in
            try call.descriptor(0).file.allocate(offset: call.fileSize(1), count: call.fileSize(2))
        },
        WASIFunction("fd_sync", [.i32]) { call throws(ErrorNumber) in
            try call.descriptor(0).synchronize(dataOnly: false)
        },
        WASIFunction("fd_datasync", [.i32]) { call throws(ErrorNumber) in
            try call.descriptor(0).synchronize(dataOnly: true)
        },
        WASIFunction("fd_filestat_get", [.i32, .i32]) { call throws(ErrorNumber) in
            try call.descriptor(0).status.store(at: call.u32(1), call.memory, call.edition)
        },
        WASIFunction("fd_filestat_set_size", [.i32, .i64]) { call throws(ErrorNumber) in
            try call.descriptor(0).file.setSize(call.fileSize(1))
        },
        WASIFunction("fd_filestat_set_times", [.i32, .i64, .i64, .i32]) { call throws(ErrorNumber) in
            let times = try FileTimes(access: call.u64(1), modification: call.u64(2), flags: call.u16(3))
            try call.descriptor(0).setTimes(times)
        },
    ]
}

extension Descriptor {
    fileprivate func synchronize(dataOnly: Bool) throws(ErrorNumber) {
        switch resource {
        case .directory(let directory): try directory.synchronize(dataOnly: dataOnly)
        case .file(let file): try file.synchronize(dataOnly: dataOnly)
        case .stream(let stream):
            guard let file = stream.file else { throw .invalidArgument }
            try file.synchronize(dataOnly: dataOnly)
        }
    }

    fileprivate func setTimes(_ times: FileTimes) throws(ErrorNumber) {
        switch resource {
        case .directory(let directory): try directory.setTimes(times)
        case .file(let file): try file.setTimes(times)
        case .stream(let stream):
            guard let file = stream.file else { throw .invalidArgument }
            try file.setTimes(times)
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
