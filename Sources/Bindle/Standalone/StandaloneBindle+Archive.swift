package import Archive
import Platform

extension StandaloneBindle {
    /// Whether a path is that of a packed standalone bindle, by its name.
    package static func isArchivePath(_ path: String) -> Bool { path.hasSuffix(".tar.gz") || path.hasSuffix(".tgz") }

    /// Unpacks a standalone bindle that is a `.tar.gz` with its directory at the root.
    ///
    /// Nothing but that one bindle may be in it, and the parcels must have the digests of their names, which must be in
    /// the invoice. Nothing appears under `parent` unless all of it is right.
    /// - Parameter limits: How much it may unpack to.
    /// - Throws: `StandaloneBindleError`; its case `archive` has what is wrong with the archive as such.
    package static func unpack(
        _ path: String, into parent: String, limits: UnpackingLimits = UnpackingLimits()
    ) throws -> StandaloneBindle {
        let pending = "\(parent)/.unpacking-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        do {
            try Directories.make("\(pending)/parcels")
        } catch {
            throw StandaloneBindleError.cannotWrite(path: pending, detail: error.reason)
        }
        defer { try? Directories.removeTree(pending) }
        let name: String
        do {
            name = try unpackEntries(of: path, into: pending, limits)
        } catch let error as ArchiveError {
            throw StandaloneBindleError.archive(path: path, error)
        }
        let invoice = try StandaloneBindle(at: pending).invoice
        guard name == invoice.id.digest.hex else {
            throw StandaloneBindleError.notABindle(
                path: path, detail: "its directory \(name) is not named by the digest of \(invoice.id)")
        }
        let digests = Set(invoice.parcels.map(\.label.sha256))
        for file in try Directories.names(in: "\(pending)/parcels") {
            guard digests.contains(String(file.dropLast(".dat".count))) else {
                throw StandaloneBindleError.notABindle(path: path, detail: "the invoice has no parcel for \(file)")
            }
        }
        return try adopt(pending, invoice, in: parent)
    }

    /// Moves what was unpacked to its place, or into what is there of the same bindle.
    private static func adopt(
        _ pending: String, _ invoice: Invoice, in parent: String
    ) throws(StandaloneBindleError) -> StandaloneBindle {
        let place = directory(of: invoice.id, in: parent)
        do {
            try Directories.make("\(place)/parcels")
        } catch {
            throw .cannotWrite(path: place, detail: error.reason)
        }
        let parcels = invoice.distinctLabels.map { "parcels/\($0.sha256).dat" }
        for file in parcels + ["invoice.toml"] where FileStatus(path: "\(pending)/\(file)") != nil {
            guard rename("\(pending)/\(file)", "\(place)/\(file)") == 0 else {
                throw .cannotWrite(path: "\(place)/\(file)", detail: SystemError.reason(errno))
            }
        }
        return try StandaloneBindle(at: place)
    }

    /// - Returns: The name of the directory at the archive's root.
    private static func unpackEntries(
        of path: String, into directory: String, _ limits: UnpackingLimits
    ) throws -> String {
        let file = try SequentialFile(path: path)
        let gzip = GzipReader(limits: limits) { try file.read(filling: $0) }
        let tar = TarReader(limits: limits) { try gzip.read(into: $0) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var root: Substring?
        while let entry = try tar.next() {
            guard !entry.path.isEmpty else { continue }
            let components = entry.path.split(separator: "/")
            guard root == nil || root == components[0] else {
                throw ArchiveError.refused(
                    path: entry.path, problem: "it is beside the bindle's directory \(root ?? "")")
            }
            root = components[0]
            guard let target = target(components.dropFirst(), entry.kind) else {
                throw ArchiveError.refused(path: entry.path, problem: "it is no part of a standalone bindle")
            }
            guard entry.kind == .file else { continue }
            let output = try PendingFile(replacing: "\(directory)/\(target)")
            var hash = SHA256()
            while case let count = try tar.read(into: buffer), count > 0 {
                let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hash.update(piece)
                try output.write(piece)
            }
            let digest = hash.finalize()
            guard target == "invoice.toml" || components.last == "\(digest.hex).dat" else {
                throw StandaloneBindleError.wrongDigest(path: "\(path): \(entry.path)", actual: digest)
            }
            try output.commit()
        }
        guard let root else { throw StandaloneBindleError.notABindle(path: path, detail: "it is empty") }
        return String(root)
    }

    /// Where an entry goes, by its path below the bindle's directory; `nil` for what does not belong there.
    private static func target(_ components: ArraySlice<Substring>, _ kind: TarEntry.Kind) -> String? {
        switch (Array(components), kind) {
        case ([], .directory), (["parcels"], .directory): return ""
        case (["invoice.toml"], .file): return "invoice.toml"
        case (let path, .file) where path.count == 2 && path[0] == "parcels":
            let name = path[1]
            let digest = name.dropLast(".dat".count)
            guard name.hasSuffix(".dat"), digest.utf8.count == 64,
                digest.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else { return nil }
            return "parcels/\(name)"
        default: return nil
        }
    }

    /// Packs the bindle into a `.tar.gz`, its directory at the root; the same bindle gives the same bytes.
    ///
    /// The file appears when it is whole.
    package func pack(to path: String) throws {
        let output = try PendingFile(replacing: path)
        let gzip = try GzipWriter { try output.write($0) }
        let tar = TarWriter { try gzip.write($0) }
        let root = invoice.id.digest.hex
        try tar.begin(TarEntry(path: root, kind: .directory))
        try Self.add("\(directory)/invoice.toml", as: "\(root)/invoice.toml", to: tar)
        try tar.begin(TarEntry(path: "\(root)/parcels", kind: .directory))
        for label in presentParcels {
            try Self.add(parcelPath(label.sha256), as: "\(root)/parcels/\(label.sha256).dat", to: tar)
        }
        try tar.finish()
        try gzip.finish()
        try output.commit()
    }

    private static func add(_ path: String, as name: String, to tar: TarWriter) throws {
        let file = try SequentialFile(path: path)
        let size = try file.size()
        try tar.begin(TarEntry(path: name, kind: .file, size: size))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var left = size
        while left > 0 {
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(left, Int64(buffer.count)))])
            let count = try file.read(filling: wanted)
            guard count == wanted.count else {
                throw StandaloneBindleError.notABindle(path: path, detail: "it became shorter while it was read")
            }
            try tar.write(UnsafeRawBufferPointer(wanted))
            left -= Int64(count)
        }
    }
}
