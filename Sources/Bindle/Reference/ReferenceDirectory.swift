import Glibc
import Platform
import Synchronization

/// The data directory of a reference server, version 0.9: `invoices/SHA256_OF_ID/invoice.toml` and
/// `parcels/SHA256/parcel.dat`. See <doc:Store>.
///
/// Any number of threads and processes may use it at the same time, the reference server among them.
package final class ReferenceDirectory: Sendable {
    package let path: String
    /// The key that signs what is taken in as host, since the reference gives invoices out as they stand in their files.
    let hostKey: HostKey?
    let index = ReferenceIndex()
    /// Counts the changes that were made by this.
    private let changes = Atomic(0)

    /// - Parameters:
    ///   - path: A directory for which `isOne` is true, or one that `make` has made.
    ///   - hostKey: The key that signs as host what is taken in; `nil` to sign nothing.
    package init(_ path: String, hostKey: HostKey? = nil) {
        self.path = path
        self.hostKey = hostKey
    }

    /// Whether a directory looks like one.
    package static func isOne(_ path: String) -> Bool {
        FileStatus(path: "\(path)/invoices")?.isDirectory == true && FileStatus(path: "\(path)/invoice.toml") == nil
    }

    /// Sees to it that it can be written: its directories are made if need be, and what killed processes have left goes.
    package func make() throws(StoreError) {
        for name in ["invoices", "parcels"] {
            do { try Directories.make("\(path)/\(name)") } catch {
                throw StoreError(systemCode: error.code, path: "\(path)/\(name)")
            }
        }
        StagingDirectory.clean(path)
    }

    // MARK: - Reading

    /// The bindle with this ID.
    package func bindle(_ id: BindleID) throws(StandaloneBindleError) -> StandaloneBindle {
        try bindle(at: id.digest.hex)
    }

    /// All bindles, by their names and versions.
    /// - Throws: What is wrong with the first that cannot be read.
    package func bindles() throws(StandaloneBindleError) -> [StandaloneBindle] {
        var bindles: [StandaloneBindle] = []
        for name in try names() { bindles.append(try bindle(at: name)) }
        return bindles.sorted { $0.invoice.id < $1.invoice.id }
    }

    /// The names of the directories that have an invoice. One that is being written has no file of this name yet.
    func names() throws(StandaloneBindleError) -> [String] {
        let names: [String]
        do { names = try Directories.names(in: "\(path)/invoices") } catch {
            throw .notABindle(path: path, detail: "\(path)/invoices cannot be read")
        }
        return names.filter { FileStatus(path: "\(path)/invoices/\($0)/invoice.toml") != nil }
    }

    func bindle(at name: String) throws(StandaloneBindleError) -> StandaloneBindle {
        try StandaloneBindle(at: "\(path)/invoices/\(name)", serverParcels: "\(path)/parcels")
    }

    /// Whether a parcel is there, as long as its label says.
    static func hasParcel(_ label: Label, of bindle: StandaloneBindle) -> Bool {
        FileStatus(path: bindle.parcelPath(label.sha256)).map { $0.isRegular && $0.size == Int64(label.size) } ?? false
    }

    // MARK: - Changing

    /// Changes something while no other process of this program does, nor another thread.
    func changing<Result>(_ change: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        let invoices = "\(path)/invoices"
        let descriptor = Glibc.open(invoices, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(systemCode: errno, path: invoices) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw StoreError(systemCode: errno, path: invoices) }
        }
        defer { changes.add(1, ordering: .sequentiallyConsistent) }
        return try change()
    }

    /// Another number after each change by this, and each second, since nobody tells of the changes of other processes.
    package var generation: Int {
        Int(MonotonicTime.now.nanoseconds / 1_000_000_000) + changes.load(ordering: .sequentiallyConsistent)
    }

    /// Puts an invoice in its place: it appears there at once, whole, and on the disk.
    /// - Throws: `StoreError.bindleExists` if there is one and it is not to be replaced.
    func put(_ invoice: Invoice, replacing: Bool) throws(StoreError) {
        let directory = "\(path)/invoices/\(invoice.id.digest.hex)"
        let staging = try StagingDirectory(in: path)
        try staging.write(ReferenceDocument(invoice).bytes, to: Self.invoiceName)
        if replacing {
            let target = "\(directory)/\(Self.invoiceName)"
            guard rename("\(staging.path)/\(Self.invoiceName)", target) == 0 else {
                throw StoreError(systemCode: errno, path: target)
            }
            return try StagingDirectory.sync(directory)
        }
        guard rename(staging.path, directory) == 0 else {
            let code = errno
            guard code == ENOTEMPTY || code == EEXIST else { throw StoreError(systemCode: code, path: directory) }
            guard FileStatus(path: "\(directory)/\(Self.invoiceName)") != nil else {
                throw .inUse(
                    path: path, holder: "a server that is writing, or has left unfinished, what is in \(directory)")
            }
            throw .bindleExists(invoice.id)
        }
        try StagingDirectory.sync("\(path)/invoices")
    }

    /// Takes an invoice away, at once: the reference gives up at a directory without one.
    func remove(_ id: BindleID) throws(StoreError) {
        let directory = "\(path)/invoices/\(id.digest.hex)"
        let staging = try StagingDirectory(in: path)
        guard rename(directory, "\(staging.path)/removed") == 0 else {
            if errno == ENOENT { throw .noSuchBindle(id) }
            throw StoreError(systemCode: errno, path: directory)
        }
        try StagingDirectory.sync("\(path)/invoices")
    }

    private static let invoiceName = "invoice.toml"
}
