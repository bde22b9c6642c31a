import Glibc

/// The kernel's queue of file changes (inotify), closed with its last reference.
///
/// WAGI processes inherit it too, to ask whether a change is waiting in it.
///
/// See Freshness.md in Sandbox.docc.
final class ChangeQueue: Sendable {
    let fileDescriptor: Int32

    /// The system gives no queue.
    struct Unavailable: Error, CustomStringConvertible {
        let code: Int32

        var description: String {
            let reason = String(cString: strerror(code))
            let advice = code == EMFILE ? " Raise fs.inotify.max_user_instances (sysctl)." : ""
            return
                "The system tells of no changes (\(reason)): they are looked for now and then, as with --poll.\(advice)"
        }
    }

    init() throws(Unavailable) {
        fileDescriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard fileDescriptor >= 0 else { throw Unavailable(code: errno) }
    }

    deinit {
        close(fileDescriptor)
    }
}
