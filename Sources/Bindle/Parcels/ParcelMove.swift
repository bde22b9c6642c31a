import Cryptography
import Glibc
import Platform

/// Brings a store's parcels from the place where its file says that they are to another one.
enum ParcelMove {
    /// Moves what is not there yet. The store's rows keep what they have. What is missing or damaged stays behind, and is
    /// found to be missing afterwards.
    ///
    /// The place before keeps its copies where others may use them.
    static func run(on connection: SQLiteConnection) throws(StoreError) {
        let files = connection.files
        let recorded = try ParcelPlaceTable.read(on: connection)
        let old = recorded?.location ?? .store
        guard recorded != files.place, !(recorded == nil && files.location == .store) else { return }
        // Its process has ended.
        if old == .memory, let directory = recorded?.directory { MemoryDirectory.remove(directory) }
        let isElsewhere = old != files.location && old != .memory
        var source: ContentFiles?
        try connection.transaction { () throws(StoreError) in
            if isElsewhere { source = try move(from: old, on: connection) }
            try ParcelPlaceTable.write(files.place, on: connection)
        }
        if old == .store, let source, source.path != files.path { source.removeAll() }
    }

    /// - Returns: The place before, if anything was there.
    private static func move(
        from old: ParcelLocation, on connection: SQLiteConnection
    ) throws(StoreError) -> ContentFiles? {
        let files = connection.files
        var opened: ContentFiles?
        var digests: [SHA256Digest] = []
        for row in try ContentTable.files(on: connection) {
            try files.checkInterruption()
            let size = Int(row.identity.size)
            // The address of a service may change, and its parcels stay.
            if try files.remote?.has(row.digest, size: size) == true { continue }
            let source: ContentFiles
            if let opened {
                source = opened
            } else {
                source = try ContentFiles(
                    storePath: connection.path, isTemporary: connection.isTemporary,
                    storage: ParcelStorage(old, environment: files.environment))
                opened = source
            }
            guard let descriptor = try open(row.digest, size, in: source) else { continue }
            defer { close(descriptor) }
            if source.path == files.path {
                if let identity = FileIdentity(descriptor: descriptor), identity != row.identity {
                    try ContentTable.setIdentity(identity, ofFile: row.number, on: connection)
                }
                files.noteUnsent(row.digest)
            } else {
                guard let pending = try copy(descriptor, row.digest, to: files) else { continue }
                let identity = try files.commit(pending, as: row.digest)
                try ContentTable.setIdentity(identity, ofFile: row.number, on: connection)
            }
            digests.append(row.digest)
        }
        try files.send(digests)
        try files.sync(digests)
        return opened
    }

    private static func open(
        _ digest: SHA256Digest, _ size: Int, in source: ContentFiles
    ) throws(StoreError) -> Int32? {
        let descriptor = Glibc.open(source.path(of: digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor >= 0 {
            if let read = try? SHA256.hash(fileAt: source.path(of: digest)), read.digest == digest { return descriptor }
            close(descriptor)
        }
        return try source.fetch(digest, size: size)
    }

    private static func copy(
        _ descriptor: Int32, _ digest: SHA256Digest, to files: ContentFiles
    ) throws(StoreError) -> PendingContent? {
        let pending = try files.begin()
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var offset = 0
        while true {
            try files.checkInterruption()
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bytes)
            try pending.write(bytes)
            offset += count
        }
        return hash.finalize() == digest ? pending : nil
    }
}
