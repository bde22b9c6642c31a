#if os(Linux)
    import CLinux
#endif

/// A thread of the system's, for work that blocks. (Swift's own tasks must not.)
package enum SystemThread {
    private final class Work {
        let name: String?
        let body: @Sendable () -> Void

        init(_ name: String?, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs `body` on a new thread; false if the system has none to give.
    ///
    /// SIGPIPE is blocked there: `sendfile` raises it when a peer is gone, and cannot be told not to.
    ///
    /// - Parameters:
    ///   - name: what debuggers and `/proc` show. The system keeps its first 15 bytes.
    ///   - stackSize: bytes; the system's usual size (8 MiB mostly, taken as it is used) if it is `nil`.
    package static func start(
        name: String? = nil, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        if let stackSize { pthread_attr_setstacksize(&attributes, max(stackSize, 64 << 10)) }
        let work = Unmanaged.passRetained(Work(name, body))
        #if os(Linux)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                #if os(Linux)
                    let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
                    if let name = work.name { pthread_setname_np(pthread_self(), String(name.prefix(15))) }
                #else
                    let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                    if let name = work.name { pthread_setname_np(name) }
                #endif
                work.body()
                return nil
            }, work.toOpaque())
        if result != 0 { work.release() }
        return result == 0
    }

    /// Runs `body` on a new thread. If the system has none to give, waits until it has.
    ///
    /// - Parameters: as for `start`.
    package static func detach(
        name: String? = nil, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) {
        while !start(name: name, stackSize: stackSize, body) { usleep(10_000) }
    }

    /// Runs `body` on a new thread after some time.
    ///
    /// The system's queues would do it with fewer threads. But they give a turn to what waits only when a processor is
    /// idle, which may be minutes later where guests or compilers keep all of them busy.
    ///
    /// - Parameter name: as for `start`.
    package static func detach(name: String? = nil, after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        detach(name: name, stackSize: 512 << 10) {
            let end = MonotonicTime.now + delay
            while case let rest = (end - .now).nanoseconds, rest > 0 {
                var time = timespec(tv_sec: Int(rest / 1_000_000_000), tv_nsec: Int(rest % 1_000_000_000))
                nanosleep(&time, nil)
            }
            body()
        }
    }
}
