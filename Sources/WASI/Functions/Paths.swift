extension WASIFunction {
    static let paths: [WASIFunction] = [
        WASIFunction("path_open", [.i32, .i32, .i32, .i32, .i32, .i64, .i64, .i32, .i32]) { call throws(ErrorNumber) in
            let result = try call.memory.bytes(at: call.u32(8), count: 4)
            let request = OpenRequest(
                path: try call.path(2),
                followsLast: try call.followsLinks(1),
                flags: try OpenFlags(checking: call.u16(4), within: .all),
                descriptorFlags: try DescriptorFlags(checking: call.u16(7), within: .all),
                rights: Rights(rawValue: call.u64(5)).intersection(.all),
                inheritingRights: Rights(rawValue: call.u64(6)).intersection(.all))
            let opened = try call.context.open(request, in: call.u32(0), isInterrupted: { call.isInterrupted })
            result.store(opened, at: 0)
        },
        WASIFunction("path_filestat_get", [.i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let status = try call.directory(0).status(of: call.path(2), follows: call.followsLinks(1))
            try status.store(at: call.u32(4), call.memory, call.edition)
        },
        WASIFunction("path_filestat_set_times", [.i32, .i32, .i32, .i32, .i64, .i64, .i32]) {
            call throws(ErrorNumber) in
            let times = try FileTimes(access: call.u64(4), modification: call.u64(5), flags: call.u16(6))
            try call.directory(0).setTimes(times, of: call.path(2), follows: call.followsLinks(1))
        },
        WASIFunction("path_readlink", [.i32, .i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let directory = try call.directory(0)
            let buffer = try call.memory.bytes(at: call.u32(3), count: call.u32(4))
            let result = try call.memory.bytes(at: call.u32(5), count: 4)
            let target = try directory.readLink(call.path(1)).prefix(buffer.count)
            buffer.copyBytes(from: target)
            result.store(UInt32(target.count), at: 0)
        },
        WASIFunction("path_symlink", [.i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let target = try call.path(0)
            // No guest could follow it, but programs outside would.
            guard !target.isAbsolute else { throw .operationNotPermitted }
            try call.directory(2).makeLink(to: target, at: call.path(3))
        },
        WASIFunction("path_link", [.i32, .i32, .i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let (source, target) = (try call.directory(0), try call.directory(4))
            try source.link(call.path(2), follows: call.followsLinks(1), to: target, call.path(5))
        },
        WASIFunction("path_rename", [.i32, .i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let (source, target) = (try call.directory(0), try call.directory(3))
            try source.rename(call.path(1), to: target, call.path(4))
        },
        WASIFunction("path_unlink_file", [.i32, .i32, .i32]) { call throws(ErrorNumber) in
            try call.directory(0).unlink(call.path(1))
        },
    ]
}

extension GuestCall {
    /// Whether the flags at `position` say that a symbolic link at the path's end is followed.
    fileprivate func followsLinks(_ position: Int) throws(ErrorNumber) -> Bool {
        try LookupFlags(checking: u32(position), within: .all).contains(.followSymbolicLinks)
    }
}
