package import Bindle
import HTTP
import Platform

/// Where bindles come from. Threads may share one.
package protocol ParcelSource: Sendable {
    func invoice(of id: BindleID) throws -> Invoice

    /// Hands the parcel's bytes to `receive`, in pieces, in order, and throws unless they were of the label's size and
    /// digest.
    func read(_ label: Label, of id: BindleID, receive: (UnsafeRawBufferPointer) throws -> Void) throws
}

extension BindleClient: ParcelSource {
    package func invoice(of id: BindleID) throws -> Invoice {
        let invoice = try invoice(id, includingYanked: true)
        try invoice.validate()
        return invoice
    }

    package func read(
        _ label: Label, of id: BindleID, receive: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try parcel(label, of: id, includingYanked: true, receive: receive)
    }
}

/// A directory of standalone bindles.
package struct StandaloneBindleDirectory: ParcelSource {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    package func invoice(of id: BindleID) throws -> Invoice {
        try StandaloneBindle(id, in: path).invoice
    }

    package func read(
        _ label: Label, of id: BindleID, receive: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        // The label was validated with its invoice: its digest is one, and no path.
        let file = "\(StandaloneBindle.directory(of: id, in: path))/parcels/\(label.sha256).dat"
        var hash = SHA256()
        var size = 0
        try FileReader.forEachChunk(of: file) { chunk in
            size += chunk.count
            hash.update(chunk)
            try receive(chunk)
        }
        let digest = hash.finalize()
        guard size == label.size, digest.hex == label.sha256 else {
            throw LoadError(
                "the file has \(size) bytes with the SHA-256 digest \(digest), which its invoice does not say",
                file: file)
        }
    }
}
