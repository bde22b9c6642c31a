package import Content
import Glibc

/// A directory that a guest has open from the start, under a name of its own: one of the host, a wwwroot, or a layer
/// over a wwwroot.
///
/// A directory of the host is opened when it is first needed, once for all contexts that are made with copies of this
/// value.
package struct Preopen: Sendable {
    /// Whether guests may change what is below a directory of the host.
    package enum Access: Sendable {
        /// Every change fails, as on a file system that is mounted read-only (`EROFS`).
        case readOnly
        case readWrite
    }

    private enum Source: Sendable {
        case host(SharedDirectory, Access)
        case content(ContentTree)
        case layer(TransientLayer)
    }

    /// The path by which the guest finds it, as `/` or `/data`.
    package let guestPath: String
    private let source: Source

    /// A directory of the host.
    package init(hostPath: String, guestPath: String, access: Access) {
        self.guestPath = guestPath
        source = .host(SharedDirectory(hostPath: hostPath), access)
    }

    /// A wwwroot, in which every change fails (`EROFS`).
    package init(wwwroot: Wwwroot, content: any ContentSource, guestPath: String) {
        self.guestPath = guestPath
        source = .content(ContentTree(wwwroot: wwwroot, source: content))
    }

    /// A layer that all guests with this value share.
    package init(layer: TransientLayer, guestPath: String) {
        self.guestPath = guestPath
        source = .layer(layer)
    }

    /// The directory as one more guest has it.
    func directory(_ resolver: PathResolver) -> any OpenDirectory {
        switch source {
        case .host(let directory, let access):
            HostDirectory(directory, isReadOnly: access == .readOnly, resolver: resolver)
        case .content(let tree): ContentDirectory(tree, tree.root)
        case .layer(let layer): layer.openRoot()
        }
    }

    /// Opens a directory of the host now, so that its absence is noticed before a guest runs.
    package func open() throws(PreopenError) {
        guard case .host(let directory, _) = source else { return }
        do throws(ErrorNumber) {
            _ = try directory.descriptor()
        } catch {
            throw PreopenError(hostPath: directory.hostPath, hostError: directory.openingError)
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
