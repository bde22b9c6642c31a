import Glibc

/// A directory of the host that a guest has open from the start, under a name of its own.
///
/// The directory is opened when it is first needed, once for all contexts that are made with copies of this value.
public struct Preopen: Sendable {
    /// Whether guests may change what is below the directory.
    public enum Access: Sendable {
        /// Every change fails, as on a file system that is mounted read-only (`EROFS`).
        case readOnly
        case readWrite
    }

    /// Where the directory is on the host.
    public let hostPath: String
    /// The path by which the guest finds it, as `/` or `/data`.
    public let guestPath: String
    public let access: Access

    let root: SharedDirectory

    public init(hostPath: String, guestPath: String, access: Access) {
        self.hostPath = hostPath
        self.guestPath = guestPath
        self.access = access
        root = SharedDirectory(hostPath: hostPath)
    }

    /// Opens the directory now, so that its absence is noticed before a guest runs.
    public func open() throws(PreopenError) {
        do throws(ErrorNumber) {
            _ = try root.descriptor()
        } catch {
            throw PreopenError(hostPath: hostPath, hostError: root.openingError)
        }
    }
}

/// A directory that was to be given to a guest cannot be opened.
public struct PreopenError: Error, CustomStringConvertible, Sendable {
    public let hostPath: String
    /// The host's `errno`.
    public let hostError: Int32

    public var description: String {
        "cannot open the directory \"\(hostPath)\" for the module: \(String(cString: strerror(hostError)))"
    }
}
