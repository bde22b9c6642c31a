import Foundation

/// Parcels as files, by their digests, in a directory that processes may share.
///
/// A file gets its name only when all its bytes are there and have been checked, so that whatever has a name is whole.
package struct ParcelDirectory: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// The one in a sandbox's cache, which the sandbox fills and its WAGI processes serve from.
    package init(inCache cache: String) {
        path = cache + "/parcels"
    }

    /// Makes the directory unless it is there. What it is in has to be there: where that was removed, it is not for this
    /// to bring it back.
    package func make() throws(FileWriteError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw FileWriteError(path: path, detail: String(cString: strerror(errno)))
    }

    /// Where the parcel is, or will be.
    package func path(of label: Label) -> String { "\(path)/\(label.sha256)" }

    package func contains(_ label: Label) -> Bool {
        var status = stat()
        return stat(path(of: label), &status) == 0 && Int(status.st_size) == label.size
    }

    /// Writes a parcel's file.
    ///
    /// - Parameter produce: hands all bytes over, in order, and throws unless they have the label's digest and size.
    package func write(
        _ label: Label, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let file = try begin(label)
        try produce { bytes in try file.write(bytes) }
        try file.commit()
    }

    /// A file that becomes the parcel's when it is committed, which is for what has checked its bytes.
    func begin(_ label: Label) throws(FileWriteError) -> PendingFile {
        try PendingFile(replacing: path(of: label), permissions: 0o600)
    }
}
