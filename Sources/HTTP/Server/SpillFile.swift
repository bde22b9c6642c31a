import Platform
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A queue of bytes in a file without a name, for what is too much for memory. For one thread at a time.
final class SpillFile {
    private let descriptor: Int32
    private var start: Int64 = 0
    private var end: Int64 = 0

    /// `nil` if the directory for temporary files takes none.
    init?() {
        let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(directory)/hippo-dev-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit {
        close(descriptor)
    }

    /// How many bytes are in it.
    var count: Int64 { end - start }

    /// Appends bytes; false if the file takes no more.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(end + Int64(written)))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        end += Int64(written)
        return true
    }

    /// Takes bytes out, as many as are there and fit; `nil` if they cannot be read.
    func take(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let wanted = min(buffer.count, Int(clamping: count))
        while true {
            let read = pread(descriptor, buffer.baseAddress, wanted, off_t(start))
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { return nil }
            start += Int64(read)
            if start == end {
                // Its room on the disk is given back.
                ftruncate(descriptor, 0)
                (start, end) = (0, 0)
            }
            return read
        }
    }
}
