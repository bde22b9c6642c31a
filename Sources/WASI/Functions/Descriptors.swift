import Glibc

extension WASIFunction {
    /// Functions on a descriptor as such.
    static let descriptors: [WASIFunction] = [
        WASIFunction("fd_close", [.i32]) { call throws(ErrorNumber) in
            try call.context.descriptors.remove(call.u32(0))
        },
        WASIFunction("fd_renumber", [.i32, .i32]) { call throws(ErrorNumber) in
            try call.context.descriptors.renumber(call.u32(0), to: call.u32(1))
        },
        WASIFunction("fd_fdstat_get", [.i32, .i32]) { call throws(ErrorNumber) in
            let descriptor = try call.descriptor(0)
            let result = try call.memory.bytes(at: call.u32(1), count: 24)
            result.clear()
            result.store(descriptor.type.rawValue, at: 0)
            result.store(descriptor.flags.rawValue, at: 2)
            result.store(descriptor.rights.rawValue, at: 8)
            result.store(descriptor.inheritingRights.rawValue, at: 16)
        },
        WASIFunction("fd_fdstat_set_flags", [.i32, .i32]) { call throws(ErrorNumber) in
            let flags = try DescriptorFlags(checking: call.u16(1), within: .all)
            try call.context.descriptors.update(call.u32(0)) { descriptor throws(ErrorNumber) in
                try descriptor.setFlags(flags)
            }
        },
        WASIFunction("fd_fdstat_set_rights", [.i32, .i64, .i64]) { call throws(ErrorNumber) in
            let (rights, inheriting) = (Rights(rawValue: call.u64(1)), Rights(rawValue: call.u64(2)))
            try call.context.descriptors.update(call.u32(0)) { descriptor throws(ErrorNumber) in
                try descriptor.narrow(to: rights, inheriting: inheriting)
            }
        },
        WASIFunction("fd_prestat_get", [.i32, .i32]) { call throws(ErrorNumber) in
            let path = try call.preopenPath()
            let result = try call.memory.bytes(at: call.u32(1), count: 8)
            // The one kind of preopen there is, a directory, has the tag 0.
            result.clear()
            result.store(UInt32(path.utf8.count), at: 4)
        },
        WASIFunction("fd_prestat_dir_name", [.i32, .i32, .i32]) { call throws(ErrorNumber) in
            let path = Array(try call.preopenPath().utf8)
            guard path.count <= Int(call.u32(2)) else { throw .nameTooLong }
            try call.memory.bytes(at: call.u32(1), count: UInt32(path.count)).copyBytes(from: path)
        },
    ]
}

extension GuestCall {
    /// The guest's path of the preopen whose number is the first argument.
    fileprivate func preopenPath() throws(ErrorNumber) -> String {
        guard case .directory(let directory) = try descriptor(0).resource, let path = directory.preopenPath else {
            throw .badDescriptor
        }
        return path
    }
}

extension Descriptor {
    /// Sets the flags. Whether writes are synchronous is settled when a file is opened, on the hosts there are.
    fileprivate mutating func setFlags(_ new: DescriptorFlags) throws(ErrorNumber) {
        try require(.setDescriptorFlags)
        let changed = flags.symmetricDifference(new)
        guard changed.isDisjoint(with: .synchronous) else { throw .notSupported }
        switch resource {
        case .file(let file):
            let current = fcntl(file.number, F_GETFL)
            guard current >= 0 else { throw .current }
            let changeable = O_APPEND | O_NONBLOCK
            let wanted = current & ~changeable | new.hostFlags & changeable
            guard fcntl(file.number, F_SETFL, wanted) == 0 else { throw .current }
        case .stream:
            // The position of a standard stream is shared with other processes; see also `waitIfBlocking`.
            guard !changed.contains(.append) else { throw .notSupported }
        case .directory:
            break
        }
        flags = new
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
