import CLinux
import Platform

/// A descriptor by which one process wakes a thread of another one.
///
/// Whoever waits for it waits for edges and never reads it: a process that shares it could empty it, and let a reader
/// wait for ever.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last("eventfd") }
    }

    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }
}
