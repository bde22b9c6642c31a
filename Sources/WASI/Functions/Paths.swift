import Glibc

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
            let entry = try call.entry(directory: 0, lookup: 1, path: 2, needing: .pathStatus)
            try FileStatus(ofHostDescriptor: entry.number).store(at: call.u32(4), call.memory, call.edition)
        },
        WASIFunction("path_filestat_set_times", [.i32, .i32, .i32, .i32, .i64, .i64, .i32]) {
            call throws(ErrorNumber) in
            let times = try FileTimes(access: call.u64(4), modification: call.u64(5), flags: call.u16(6))
            let directory = try call.directory(0, needing: .setPathTimes)
            try directory.refuseChanges()
            let entry = try call.entry(directory: 0, lookup: 1, path: 2, needing: .setPathTimes)
            try PathResolver.setTimes(times, ofEntry: entry)
        },
        WASIFunction("path_readlink", [.i32, .i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let directory = try call.directory(0, needing: .readLink)
            let buffer = try call.memory.bytes(at: call.u32(3), count: call.u32(4))
            let result = try call.memory.bytes(at: call.u32(5), count: 4)
            let place = try call.context.resolver.openParent(of: call.path(1), beneath: directory.descriptor())
            guard !place.endsInSlash else { throw .invalidArgument }
            var target = [CChar](repeating: 0, count: GuestPath.maximumLength + 1)
            let count = readlinkat(place.descriptor.number, place.name, &target, target.count)
            guard count >= 0 else { throw .current }
            let used = min(count, buffer.count)
            target.withUnsafeBytes { buffer.copyBytes(from: $0.prefix(used)) }
            result.store(UInt32(used), at: 0)
        },
        WASIFunction("path_symlink", [.i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let target = try call.path(0)
            // No guest could follow it, but programs outside would.
            guard !target.isAbsolute else { throw .notCapable }
            let place = try call.place(directory: 2, path: 3, needing: .symbolicLink)
            try check(symlinkat(target.cString, place.descriptor.number, place.name))
        },
        WASIFunction("path_link", [.i32, .i32, .i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let follows = try call.followsLinks(1)
            // A link elsewhere would be a way to change the file.
            let source = try call.place(directory: 0, path: 2, needing: .linkSource)
            let target = try call.place(directory: 4, path: 5, needing: .linkTarget)
            if follows || source.endsInSlash {
                let entry = try call.entry(directory: 0, lookup: 1, path: 2, needing: .linkSource)
                try PathResolver.link(entry, to: target)
            } else {
                try check(linkat(source.descriptor.number, source.name, target.descriptor.number, target.name, 0))
            }
        },
        WASIFunction("path_rename", [.i32, .i32, .i32, .i32, .i32, .i32]) { call throws(ErrorNumber) in
            let source = try call.place(directory: 0, path: 1, needing: .renameSource)
            let target = try call.place(directory: 3, path: 4, needing: .renameTarget)
            try check(renameat(source.descriptor.number, source.name, target.descriptor.number, target.name))
        },
        WASIFunction("path_unlink_file", [.i32, .i32, .i32]) { call throws(ErrorNumber) in
            let place = try call.place(directory: 0, path: 1, needing: .unlinkFile)
            try check(unlinkat(place.descriptor.number, place.name, 0))
        },
    ]

    static func check(_ result: Int32) throws(ErrorNumber) {
        guard result == 0 else { throw .current }
    }
}

extension GuestCall {
    /// Whether the flags at `position` say that a symbolic link at the path's end is followed.
    fileprivate func followsLinks(_ position: Int) throws(ErrorNumber) -> Bool {
        try LookupFlags(checking: u32(position), within: .all).contains(.followSymbolicLinks)
    }

    /// What a path leads to, open for looking at but not for its contents.
    fileprivate func entry(
        directory: Int, lookup: Int, path: Int, needing rights: Rights
    ) throws(ErrorNumber) -> HostDescriptor {
        let root = try self.directory(directory, needing: rights)
        return try context.resolver.open(
            self.path(path), beneath: root.descriptor().number, flags: PathResolver.entryFlags,
            followsLast: followsLinks(lookup))
    }

    /// The place of a path's last component, for a change there.
    func place(directory: Int, path: Int, needing rights: Rights) throws(ErrorNumber) -> ParentDirectory {
        let root = try self.directory(directory, needing: rights)
        let path = try self.path(path)
        try root.refuseChanges()
        return try context.resolver.openParent(of: path, beneath: root.descriptor())
    }
}
