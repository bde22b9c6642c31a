import Glibc

/// A directory of the host that a guest has open from the start, under a name of its own.
///
/// The directory is opened when it is first needed, once for all contexts that are made with copies of this value.
package struct Preopen: Sendable {
    /// Whether guests may change what is below the directory.
    package enum Access: Sendable {
        /// Every change fails, as on a file system that is mounted read-only (`EROFS`).
        case readOnly
        case readWrite
    }

    /// Where the directory is on the host.
    package let hostPath: String
    /// The path by which the guest finds it, as `/` or `/data`.
    package let guestPath: String
    package let access: Access

    private let root: SharedDirectory

    package init(hostPath: String, guestPath: String, access: Access) {
        self.hostPath = hostPath
        self.guestPath = guestPath
        self.access = access
        root = SharedDirectory(hostPath: hostPath)
    }

    /// The directory as one more guest has it.
    func directory(_ resolver: PathResolver) -> any OpenDirectory {
        HostDirectory(root, isReadOnly: access == .readOnly, resolver: resolver)
    }

    /// Opens the directory now, so that its absence is noticed before a guest runs.
    package func open() throws(PreopenError) {
        do throws(ErrorNumber) {
            _ = try root.descriptor()
        } catch {
            throw PreopenError(hostPath: hostPath, hostError: root.openingError)
        }
    }
}

/// A directory that was to be given to a guest cannot be opened.
package struct PreopenError: Error, CustomStringConvertible, Sendable {
    package let hostPath: String
    /// The host's `errno`.
    package let hostError: Int32

    package var description: String {
        "cannot open the directory \"\(hostPath)\" for the module: \(String(cString: strerror(hostError)))"
    }
}
