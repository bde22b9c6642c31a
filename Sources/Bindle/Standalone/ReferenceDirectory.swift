import Platform

/// The data directory of a reference server: `invoices/SHA256_OF_ID/invoice.toml` and `parcels/SHA256/parcel.dat`. It is
/// only read.
package struct ReferenceDirectory: Sendable {
    package let path: String

    /// - Parameter path: A directory for which `isOne` is true.
    package init(_ path: String) {
        self.path = path
    }

    /// Whether a directory looks like one.
    package static func isOne(_ path: String) -> Bool {
        FileStatus(path: "\(path)/invoices")?.isDirectory == true && FileStatus(path: "\(path)/invoice.toml") == nil
    }

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
}
