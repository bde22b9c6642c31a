import CLinux
import Glibc

/// The stack of the thread that runs, as far as guests may use it: by calling host functions that call guests.
enum NativeStack {
    /// Of each stack, so many bytes are left to host functions, but at most a quarter.
    private static let mostRoomForHosts = 256 << 10

    /// Where each thread keeps ``end``: asking the system takes microseconds, and longer on the main thread.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        guard pthread_key_create(&key, nil) == 0 else { fatalError("the process has no thread-specific keys left") }
        return key
    }()

    /// Whether another guest may be entered.
    @inline(__always)
    static var hasRoom: Bool {
        let end = pthread_getspecific(key) ?? findEnd()
        return clinux_frame_address() > UnsafeRawPointer(end)
    }

    /// The address that the thread's stack must not grow down to.
    @inline(never)
    private static func findEnd() -> UnsafeMutableRawPointer {
        let (lowest, byteCount) = bounds
        let end = lowest + min(mostRoomForHosts, byteCount / 4)
        pthread_setspecific(key, end)
        return end
    }

    /// The lowest address and the size of the thread's stack.
    static var bounds: (lowest: UnsafeMutableRawPointer, byteCount: Int) {
        var attributes = pthread_attr_t()
        var lowest: UnsafeMutableRawPointer?
        var byteCount = 0
        if pthread_getattr_np(pthread_self(), &attributes) == 0 {
            pthread_attr_getstack(&attributes, &lowest, &byteCount)
            pthread_attr_destroy(&attributes)
        }
        if let lowest, byteCount > 0 { return (lowest, byteCount) }
        // Without /proc, the main thread's stack is unknown. A small one is taken for granted, from here downwards.
        byteCount = 256 << 10
        let here = UnsafeMutableRawPointer(mutating: clinux_frame_address())!
        return (here - byteCount, byteCount)
    }
}
