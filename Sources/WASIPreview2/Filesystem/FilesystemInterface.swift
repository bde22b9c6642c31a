package import ComponentModel
import WASI

extension HostInterface {
    /// `wasi:filesystem/preopens`.
    package static let filesystemPreopens = HostInterface(wasi: "wasi:filesystem/preopens") { list in
        list.add("get-directories", to: .list(.tuple(.own(.descriptor), .string))) { call in
            var directories: [Value] = []
            for preopen in call.context.configuration.preopens {
                let number = try call.context.resources.insert(Descriptor(preopen: preopen.directory()))
                directories.append(.record([.resource(number), .string(preopen.guestPath)]))
            }
            return .list(directories)
        }
    }

    /// `wasi:filesystem/types`.
    package static let filesystemTypes = HostInterface(
        wasi: "wasi:filesystem/types",
        resources: ["descriptor": .descriptor, "directory-entry-stream": .directoryEntryStream]
    ) { list in
        addStreams(to: &list)
        addFiles(to: &list)
        addStatus(to: &list)
        addPaths(to: &list)
        addLinks(to: &list)
        list.add(
            "[method]directory-entry-stream.read-directory-entry", [("self", .borrow(.directoryEntryStream))],
            to: .result(.option(.directoryEntry), .fileErrorCode)
        ) { call in
            let stream = try call.resource(0, as: DirectoryEntryStream.self)
            return try call.fileResult { () throws(ErrorNumber) in .option(try stream.next()) }
        }
        list.add(
            "filesystem-error-code", [("err", .borrow(.ioError))], to: .option(.fileErrorCode)
        ) { call in
            guard case .file(let number) = try call.resource(0, as: IOError.self).cause else { return Value.none }
            return Value.some(FileErrorCode(number).value)
        }
    }

    // MARK: Streams

    private static func addStreams(to list: inout FunctionList) {
        list.descriptor("read-via-stream", [("offset", .u64)], to: .own(.inputStream)) { call, descriptor in
            let file = try descriptor.file(otherwise: .isDirectory)
            let offset = try call.fileSize(1)
            return try call.insert { InputStream(FileSource(file, offset: offset)) }
        }
        list.descriptor("write-via-stream", [("offset", .u64)], to: .own(.outputStream)) { call, descriptor in
            let file = try descriptor.writableFile
            let offset = try call.fileSize(1)
            return try call.insert { OutputStream(FileSink(file, .at(offset))) }
        }
        list.descriptor("append-via-stream", to: .own(.outputStream)) { call, descriptor in
            let file = try descriptor.writableFile
            return try call.insert { OutputStream(FileSink(file, .end)) }
        }
        list.descriptor("read-directory", to: .own(.directoryEntryStream)) { call, descriptor in
            let directory = try descriptor.directory
            return try call.insert { DirectoryEntryStream(directory) }
        }
    }

    // MARK: Files

    /// How many bytes are read at a time at most, whatever a component asks for.
    private static let readLimit: UInt64 = 1 << 20

    private static func addFiles(to list: inout FunctionList) {
        list.descriptor(
            "read", [("length", .u64), ("offset", .u64)], to: .tuple(.bytes, .bool)
        ) { call, descriptor in
            let length = call.arguments[1].u64
            let bytes = try descriptor.file(otherwise: .isDirectory).read(
                upTo: Int(min(length, readLimit)), at: call.fileSize(2), isInterrupted: { call.isInterrupted })
            return .record([.bytes(bytes), .bool(bytes.isEmpty && length > 0)])
        }
        list.descriptor("write", [("buffer", .bytes), ("offset", .u64)], to: .u64) { call, descriptor in
            let file = try descriptor.file()
            let offset = try call.fileSize(2)
            let count = try call.arguments[1].bytes.withBytes { (bytes) throws(ErrorNumber) in
                try file.write(
                    from: BufferList(reading: bytes), at: file.hasPlaces ? offset : nil,
                    isInterrupted: { call.isInterrupted })
            }
            return .u64(UInt64(count))
        }
        list.descriptor(
            "advise", [("offset", .u64), ("length", .u64), ("advice", .advice)]
        ) { call, descriptor in
            let advice = Advice(rawValue: UInt32(call.arguments[3].caseNumber)) ?? .normal
            try descriptor.file().advise(advice, offset: call.fileSize(1), count: call.fileSize(2))
            return nil
        }
        list.descriptor("set-size", [("size", .u64)]) { call, descriptor in
            try descriptor.file().setSize(call.fileSize(1))
            return nil
        }
        list.descriptor("sync") { _, descriptor in
            try descriptor.synchronize(dataOnly: false)
            return nil
        }
        list.descriptor("sync-data") { _, descriptor in
            try descriptor.synchronize(dataOnly: true)
            return nil
        }
    }

    // MARK: Status

    private static func addStatus(to list: inout FunctionList) {
        list.descriptor("get-flags", to: .descriptorFlags) { _, descriptor in .flags(descriptor.flags) }
        list.descriptor("get-type", to: .descriptorType) { _, descriptor in try descriptor.status.typeValue }
        list.descriptor("stat", to: .descriptorStat) { _, descriptor in try descriptor.status.value }
        list.descriptor("stat-at", [("path-flags", .pathFlags), ("path", .string)], to: .descriptorStat) {
            call, descriptor in try call.status(below: descriptor).value
        }
        list.descriptor("metadata-hash", to: .metadataHash) { _, descriptor in try descriptor.status.hash }
        list.descriptor("metadata-hash-at", [("path-flags", .pathFlags), ("path", .string)], to: .metadataHash) {
            call, descriptor in try call.status(below: descriptor).hash
        }
        let times = [("data-access-timestamp", ValueType.newTimestamp), ("data-modification-timestamp", .newTimestamp)]
        list.descriptor("set-times", times) { call, descriptor in
            try descriptor.setTimes(call.times(1))
            return nil
        }
        list.descriptor("set-times-at", [("path-flags", .pathFlags), ("path", .string)] + times) { call, descriptor in
            try descriptor.directory.setTimes(call.times(3), of: call.path(2), follows: call.follows(1))
            return nil
        }
        list.add(
            "[method]descriptor.is-same-object",
            [("self", .borrow(.descriptor)), ("other", .borrow(.descriptor))], to: .bool
        ) { call in
            let statuses = try [0, 1].map { try call.resource($0, as: Descriptor.self).status }
            return .bool(statuses[0].device == statuses[1].device && statuses[0].inode == statuses[1].inode)
        }
    }

    // MARK: Paths

    private static func addPaths(to list: inout FunctionList) {
        list.descriptor(
            "open-at",
            [
                ("path-flags", .pathFlags), ("path", .string), ("open-flags", .openFlags),
                ("flags", .descriptorFlags),
            ],
            to: .own(.descriptor)
        ) { call, descriptor in
            try call.context.resources.requireDescriptor()
            let opened = try descriptor.open(
                call.path(2), followsLast: call.follows(1), openFlags: call.arguments[3].flags,
                flags: call.arguments[4].flags, isInterrupted: { call.isInterrupted })
            return try call.insert { opened }
        }
        list.descriptor("create-directory-at", [("path", .string)]) { call, descriptor in
            try descriptor.directory.makeDirectory(call.path(1))
            return nil
        }
        list.descriptor("remove-directory-at", [("path", .string)]) { call, descriptor in
            try descriptor.directory.removeDirectory(call.path(1))
            return nil
        }
        list.descriptor("unlink-file-at", [("path", .string)]) { call, descriptor in
            try descriptor.directory.unlink(call.path(1))
            return nil
        }
        list.descriptor(
            "rename-at", [("old-path", .string), ("new-descriptor", .borrow(.descriptor)), ("new-path", .string)]
        ) { call, descriptor in
            try descriptor.directory.rename(call.path(1), to: call.directory(2), call.path(3))
            return nil
        }
    }

    // MARK: Links

    private static func addLinks(to list: inout FunctionList) {
        list.descriptor(
            "link-at",
            [
                ("old-path-flags", .pathFlags), ("old-path", .string), ("new-descriptor", .borrow(.descriptor)),
                ("new-path", .string),
            ]
        ) { call, descriptor in
            try descriptor.directory.link(
                call.path(2), follows: call.follows(1), to: call.directory(3), call.path(4))
            return nil
        }
        list.descriptor("symlink-at", [("old-path", .string), ("new-path", .string)]) { call, descriptor in
            let target = try call.path(1)
            // No component could follow it, but programs outside would.
            guard !target.isAbsolute else { throw ErrorNumber.operationNotPermitted }
            try descriptor.directory.makeLink(to: target, at: call.path(2))
            return nil
        }
        list.descriptor("readlink-at", [("path", .string)], to: .string) { call, descriptor in
            let bytes = try descriptor.directory.readLink(call.path(1))
            guard let target = String(validating: bytes, as: UTF8.self) else {
                throw ErrorNumber.illegalByteSequence
            }
            guard !target.utf8.starts(with: "/".utf8) else { throw ErrorNumber.operationNotPermitted }
            return .string(target)
        }
    }
}

extension FunctionList {
    /// Adds a method of `descriptor`, which returns a `result` with an `error-code`.
    fileprivate mutating func descriptor(
        _ name: String, _ parameters: [(String, ValueType)] = [], to ok: ValueType? = nil,
        body: @escaping @Sendable (WASICall, Descriptor) throws -> Value?
    ) {
        add(
            "[method]descriptor.\(name)", [("self", .borrow(.descriptor))] + parameters,
            to: .result(ok, .fileErrorCode)
        ) { call in
            let descriptor = try call.resource(0, as: Descriptor.self)
            do {
                return .ok(try body(call, descriptor))
            } catch let error as ErrorNumber {
                return try call.fileError(error)
            }
        }
    }
}

extension WASICall {
    /// The `result` of an operation on files, with an `error-code`.
    fileprivate func fileResult(_ body: () throws(ErrorNumber) -> Value?) throws -> Value {
        do throws(ErrorNumber) { return .ok(try body()) } catch { return try fileError(error) }
    }

    fileprivate func fileError(_ error: ErrorNumber) throws -> Value {
        try endIfInterrupted()
        if error == .noSpace { context.wasRefusedRoom = true }
        return .error(FileErrorCode(error).value)
    }

    /// Makes a resource that keeps a file or directory open.
    fileprivate func insert(_ make: () -> AnyObject) throws -> Value {
        try context.resources.requireDescriptor()
        return .resource(try context.resources.insert(descriptor: make()))
    }

    /// The argument at `position`, a path.
    fileprivate func path(_ position: Int) throws(ErrorNumber) -> GuestPath {
        try GuestPath(arguments[position].string)
    }

    /// Whether the `path-flags` at `position` say that a symbolic link at the path's end is followed.
    fileprivate func follows(_ position: Int) -> Bool { arguments[position].flags & 1 != 0 }

    /// The argument at `position`, an offset or a length in a file, which hosts keep signed.
    fileprivate func fileSize(_ position: Int) throws(ErrorNumber) -> Int {
        guard let size = Int(exactly: arguments[position].u64) else { throw .invalidArgument }
        return size
    }

    /// The directory whose descriptor is the argument at `position`.
    fileprivate func directory(_ position: Int) throws -> any OpenDirectory {
        try resource(position, as: Descriptor.self).directory
    }

    /// The status of what the path that is the second argument leads to.
    fileprivate func status(below descriptor: Descriptor) throws(ErrorNumber) -> FileStatus {
        try descriptor.directory.status(of: path(2), follows: follows(1))
    }

    /// The times that the arguments at `position` and after it are.
    fileprivate func times(_ position: Int) throws(ErrorNumber) -> FileTimes {
        FileTimes(
            access: try FileTimes.Change(arguments[position]),
            modification: try FileTimes.Change(arguments[position + 1]))
    }
}

extension Descriptor {
    /// The file, which must be open for writing.
    fileprivate var writableFile: any OpenFile {
        get throws(ErrorNumber) {
            let file = try file()
            guard flags & Self.writeFlag != 0 else { throw .badDescriptor }
            return file
        }
    }
}
