#if os(Linux)
    import CLinux
#endif

/// The descriptors that a process finds open when it starts, or should have found.
package enum InheritedDescriptors {
    /// Opens standard input, output and error on `/dev/null` where they are closed (`up >&-`).
    ///
    /// Otherwise the next file that is opened gets the number, and has everything written into it that is meant for
    /// people. To be called before anything is opened.
    package static func openStandardOnes() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The system gives the lowest number that is free.
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Keeps programs that this process starts from inheriting what this process has inherited beside standard input,
    /// output and error: a lock that somebody holds by a descriptor would be held for as long as they run.
    ///
    /// The descriptors stay open here, since arguments may name them (`/dev/fd/63`).
    package static func keepFromChildren() {
        #if os(Linux)
            let closesOnExecution: UInt32 = 4
            // Linux 5.11. Before that, one by one.
            if clinux_close_range(3, .max, closesOnExecution) == 0 { return }
        #endif
        guard let directory = opendir("/dev/fd") else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
    }
}
