package import Archive
import Platform

/// A bindle as a directory: `SHA256_OF_ID/invoice.toml`, and any of its parcels as `SHA256_OF_ID/parcels/SHA256.dat`.
package struct StandaloneBindle: Sendable {
    /// The directory that is named by the digest of the ID.
    package let directory: String
    package let invoice: Invoice
    /// Where the parcels of a reference server are; `nil` if they are in the bindle's own directory.
    private let serverParcels: String?

    /// Opens a standalone bindle.
    /// - Parameter path: Its own directory, the one with `invoice.toml` in it.
    package init(at path: String) throws(StandaloneBindleError) {
        try self.init(at: path, serverParcels: nil)
    }

    /// - Parameter serverParcels: The directory of parcels of a reference server.
    init(at path: String, serverParcels: String?) throws(StandaloneBindleError) {
        self.serverParcels = serverParcels
        let file = Self.invoicePath(in: path)
        guard let text = try? FileReader.bytes(of: file, limit: 256 << 20) else {
            throw .notABindle(path: path, detail: "\(file) cannot be read")
        }
        do {
            invoice = try DocumentEncoding.toml.read(text) { (table) throws(InvoiceProblem) in
                let invoice = try Invoice(table)
                try Self.checkFileNames(of: invoice)
                return invoice
            }
        } catch {
            throw .invalidInvoice(path: file, error)
        }
        directory = path
    }

    /// Opens the standalone bindle with this ID below `parent`, which may be the data directory of a reference server.
    package init(_ id: BindleID, in parent: String) throws(StandaloneBindleError) {
        if ReferenceDirectory.isOne(parent), FileStatus(path: Self.directory(of: id, in: parent)) == nil {
            self = try ReferenceDirectory(parent).bindle(id)
        } else {
            try self.init(at: Self.directory(of: id, in: parent))
        }
        guard invoice.id == id else { throw .wrongID(path: directory, expected: id, actual: invoice.id) }
    }

    /// The directory of the standalone bindle with this ID below `parent`.
    package static func directory(of id: BindleID, in parent: String) -> String { "\(parent)/\(id.digest.hex)" }

    private static func invoicePath(in directory: String) -> String { "\(directory)/invoice.toml" }

    /// Digests are the names of files here: whatever else they are, they must not lead elsewhere.
    static func checkFileNames(of invoice: Invoice) throws(InvoiceProblem) {
        for (index, parcel) in invoice.parcels.enumerated() {
            let digest = parcel.label.sha256
            guard !digest.isEmpty, digest.utf8.count <= 128, digest.utf8.allSatisfy(Self.isHexadecimal) else {
                throw InvoiceProblem(
                    at: ["parcel", .index(index), "label", "sha256"], "'\(digest)' cannot be the name of a file")
            }
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Where a parcel is or would be.
    package func parcelPath(_ digest: String) -> String {
        serverParcels.map { "\($0)/\(digest)/parcel.dat" } ?? "\(directory)/parcels/\(digest).dat"
    }

    /// The labels of the parcels that it has.
    package var presentParcels: [Label] {
        invoice.distinctLabels.filter { FileStatus(path: parcelPath($0.sha256)) != nil }
    }

    // MARK: - Writing

    /// Makes the directory of a bindle below `parent` and writes its parcels, then its invoice.
    ///
    /// Each file appears under its name only when it is whole. Parcels that are there already, with the right bytes,
    /// are kept.
    /// - Parameters:
    ///   - isPrivate: Whether it is for this user alone. Otherwise the umask says who may read it.
    ///   - isWanted: Which parcels are written; all by default.
    ///   - fetch: Hands a parcel's bytes to the function that it is given. Their digest is checked.
    package static func write(
        _ invoice: Invoice, in parent: String, isPrivate: Bool = false,
        where isWanted: (Label) -> Bool = { _ in true },
        fetch: (Label, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> StandaloneBindle {
        let access: Access = isPrivate ? .owner : .everybody
        let directory = try makeDirectory(for: invoice, in: parent, access)
        for label in invoice.distinctLabels where isWanted(label) {
            try writeParcel(label, in: directory, access, fetch: fetch)
        }
        return try finish(invoice, in: directory, access)
    }

    /// The same, with several parcels fetched at a time.
    package static func write(
        _ invoice: Invoice, in parent: String, connections: Int,
        fetch: @escaping @Sendable (Label, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> StandaloneBindle {
        let directory = try makeDirectory(for: invoice, in: parent, .everybody)
        try ConcurrentWork.forEach(invoice.distinctLabels, width: connections) { label in
            try writeParcel(label, in: directory, .everybody, fetch: fetch)
        }
        return try finish(invoice, in: directory, .everybody)
    }

    /// Who may read what is written, as far as the umask lets them.
    private enum Access {
        case owner
        case everybody

        var directory: mode_t { self == .owner ? 0o700 : 0o777 }
        var file: mode_t { self == .owner ? 0o600 : 0o644 }
    }

    private static func makeDirectory(for invoice: Invoice, in parent: String, _ access: Access) throws -> String {
        try checkFileNames(of: invoice)
        let directory = Self.directory(of: invoice.id, in: parent)
        do {
            try Directories.make("\(directory)/parcels", permissions: access.directory)
        } catch {
            throw StandaloneBindleError.cannotWrite(path: "\(directory)/parcels", detail: error.reason)
        }
        return directory
    }

    private static func writeParcel(
        _ label: Label, in directory: String, _ access: Access,
        fetch: (Label, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let path = "\(directory)/parcels/\(label.sha256).dat"
        if let present = try? SHA256.hash(fileAt: path), present.digest.hex == label.sha256 { return }
        let file = try PendingFile(replacing: path, permissions: access.file)
        var hash = SHA256()
        try fetch(label) { bytes in
            hash.update(bytes)
            try file.write(bytes)
        }
        let digest = hash.finalize()
        guard digest.hex == label.sha256 else {
            throw StandaloneBindleError.wrongDigest(path: path, actual: digest)
        }
        try file.commit()
    }

    private static func finish(
        _ invoice: Invoice, in directory: String, _ access: Access
    ) throws -> StandaloneBindle {
        let file = try PendingFile(replacing: invoicePath(in: directory), permissions: access.file)
        try file.write(invoice.encoded(as: .toml))
        try file.commit()
        return try StandaloneBindle(at: directory)
    }
}

/// What is wrong with a standalone bindle.
package enum StandaloneBindleError: Error, Hashable, CustomStringConvertible {
    case notABindle(path: String, detail: String)
    case invalidInvoice(path: String, InvoiceError)
    case wrongID(path: String, expected: BindleID, actual: BindleID)
    case wrongDigest(path: String, actual: SHA256Digest)
    case cannotWrite(path: String, detail: String)
    case archive(path: String, ArchiveError)

    package var description: String {
        switch self {
        case .notABindle(let path, let detail): "\(path) is not a standalone bindle: \(detail)"
        case .invalidInvoice(let path, let error): "\(path): \(error)"
        case .wrongID(let path, let expected, let actual):
            "the standalone bindle in \(path) should be \(expected), and is \(actual)"
        case .wrongDigest(let path, let actual): "the bytes for \(path) have the SHA-256 digest \(actual)"
        case .cannotWrite(let path, let detail): "cannot write \(path): \(detail)"
        case .archive(let path, let error): "\(path): \(error)"
        }
    }
}
