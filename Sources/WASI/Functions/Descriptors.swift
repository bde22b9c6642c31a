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
            let path = Array(try call.preopenPath(otherwise: .notDirectory).utf8)
            guard path.count <= Int(call.u32(2)) else { throw .nameTooLong }
            try call.memory.bytes(at: call.u32(1), count: UInt32(path.count)).copyBytes(from: path)
        },
    ]
}

extension GuestCall {
    /// The guest's path of the preopen whose number is the first argument.
    ///
    /// - Throws: `otherwise` for another descriptor that is open. Programs count their preopens by `badDescriptor`.
    fileprivate func preopenPath(otherwise: ErrorNumber = .badDescriptor) throws(ErrorNumber) -> String {
        guard let path = try descriptor(0).preopenPath else { throw otherwise }
        return path
    }
}

extension Descriptor {
    /// Sets the flags. Whether writes are synchronous is settled when a file is opened, on the hosts there are.
    fileprivate mutating func setFlags(_ new: DescriptorFlags) throws(ErrorNumber) {
        let changed = flags.symmetricDifference(new)
        guard changed.isDisjoint(with: .synchronous) else { throw .notSupported }
        switch resource {
        case .file(let file):
            try file.setFlags(new)
        case .stream:
            // The position of a standard stream is shared with other processes; see also `waitIfBlocking`.
            guard !changed.contains(.append) else { throw .notSupported }
        case .directory:
            break
        }
        flags = new
    }
}
