import Glibc

/// A guest's standard input, output or error.
package struct StandardStream {
    package let source: WASIStream
    package let type: FileType
    /// Whether it has a position, as a file has that a shell has redirected the stream to.
    let isSeekable: Bool
    let initialFlags: DescriptorFlags
    /// The host's file, if there is one.
    let file: HostFile?

    package init(_ source: WASIStream) {
        self.source = source
        guard case .fileDescriptor(let number) = source, let status = try? FileStatus(ofHostDescriptor: number) else {
            type = .unknown
            isSeekable = false
            initialFlags = []
            file = nil
            return
        }
        type = status.type
        // Guests take what is a character device and cannot seek for a terminal.
        isSeekable = type == .regularFile || type == .blockDevice || (type == .characterDevice && isatty(number) == 0)
        file = HostFile(HostDescriptor(borrowing: number), type: status.type, isReadOnly: false)
        initialFlags = fcntl(number, F_GETFL) & O_APPEND == 0 ? [] : .append
    }

    var rights: Rights {
        var rights = isSeekable ? Rights.applicableToFiles : .applicableToStreams
        switch source {
        case .input, .empty: rights.remove(.write)
        case .output, .discard: rights.remove(.read)
        case .fileDescriptor: break
        }
        return rights
    }

    /// The host's descriptor, if there is one.
    package var hostNumber: Int32? {
        if case .fileDescriptor(let number) = source { number } else { nil }
    }

    var status: FileStatus {
        get throws(ErrorNumber) {
            guard let file else { return FileStatus(type: type) }
            return try file.status()
        }
    }
}
