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

    /// How much guests may keep below a directory of the host.
    package struct Limit: Hashable, Sendable {
        /// Bytes, as ``DirectoryUsage/cost`` counts them.
        package let bytes: Int
        /// How people raise it, such as by a setting's name; goes into messages.
        package let remedy: String?

        package init(bytes: Int, remedy: String? = nil) {
            self.bytes = bytes
            self.remedy = remedy
        }
    }

    private enum Source: Sendable {
        case host(SharedDirectory, Access, DirectoryLimit?)
        case content(ContentTree)
        case layer(TransientLayer)
    }

    /// The path by which the guest finds it, as `/` or `/data`.
    package let guestPath: String
    private let source: Source

    /// A directory of the host.
    ///
    /// - Parameter limit: with a limit, it is a file system of its own for guests: nothing can be moved out of it.
    package init(hostPath: String, guestPath: String, access: Access, limit: Limit? = nil) {
        self.guestPath = guestPath
        let directory = SharedDirectory(hostPath: hostPath)
        source = .host(directory, access, limit.map { DirectoryLimit($0, of: directory) })
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
    package func directory() -> any OpenDirectory { directory(.automatic) }

    /// The directory as one more guest has it.
    func directory(_ resolver: PathResolver) -> any OpenDirectory {
        switch source {
        case .host(let directory, let access, let limit):
            HostDirectory(directory, isReadOnly: access == .readOnly, limit: limit, resolver: resolver)
        case .content(let tree): ContentDirectory(tree, tree.root)
        case .layer(let layer): layer.openRoot()
        }
    }

    /// Opens a directory of the host now, so that its absence is noticed before a guest runs.
    package func open() throws(PreopenError) {
        guard case .host(let directory, _, let limit) = source else { return }
        do throws(ErrorNumber) {
            _ = try directory.descriptor()
        } catch {
            throw PreopenError(hostPath: directory.hostPath, hostError: directory.openingError)
        }
        do throws(ErrorNumber) {
            try limit?.open()
        } catch {
            throw PreopenError(hostPath: directory.hostPath, hostError: errno)
        }
    }

    /// Lets go of what is shared with other processes, for a process that is about to end. A guest that still runs takes
    /// it up again.
    package func close() { limit?.close() }

    /// What bounds it, if anything does.
    var limit: DirectoryLimit? {
        if case .host(_, _, let limit) = source { limit } else { nil }
    }

    /// What a guest may need to be told that was refused room; `nil` if that was not here.
    package var limitDescription: String? {
        guard let limit, limit.wasReached else { return nil }
        let remedy = limit.remedy.map { "; \($0) raises it" } ?? ""
        return "the limit of \(limit.bytes) bytes in \(guestPath) was reached\(remedy)"
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
