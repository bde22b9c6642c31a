import Glibc
import Platform

/// Takes a parcel into a reference server's directory, as `parcels/SHA256/parcel.dat`.
///
/// The reference takes a parcel for present when its directory is there, so that comes with the file in it. Where one that
/// broke off has left its directory, the file is put into that.
final class ReferenceParcelSink: ParcelSink {
    private let store: ReferenceDirectory
    private let id: BindleID
    private let label: Label
    private let staging: StagingDirectory
    private let file: PendingContent

    private static let fileName = "parcel.dat"

    init(_ store: ReferenceDirectory, id: BindleID, label: Label) throws(StoreError) {
        self.store = store
        self.id = id
        self.label = label
        staging = try StagingDirectory(in: store.path)
        file = try PendingContent(in: staging.path, permissions: 0o666)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) { try file.write(bytes) }

    func commit() throws(StoreError) -> Bool {
        try staging.finish(file, as: Self.fileName)
        return try store.changing { () throws(StoreError) in
            // The bindle may have been removed or replaced while the bytes were on their way.
            let bindle = try store.find(id)
            guard bindle.invoice.label(of: label.sha256) != nil else { throw .notInInvoice(id, digest: label.sha256) }
            guard !ReferenceDirectory.hasParcel(label, of: bindle) else { return false }
            let parcels = "\(store.path)/parcels"
            let directory = "\(parcels)/\(label.sha256)"
            if rename(staging.path, directory) != 0 {
                let code = errno
                guard code == ENOTEMPTY || code == EEXIST else { throw StoreError(systemCode: code, path: directory) }
                let target = "\(directory)/\(Self.fileName)"
                guard rename("\(staging.path)/\(Self.fileName)", target) == 0 else {
                    throw StoreError(systemCode: errno, path: target)
                }
                try StagingDirectory.sync(directory)
            }
            try StagingDirectory.sync(parcels)
            return true
        }
    }
}
