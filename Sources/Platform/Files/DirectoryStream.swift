#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open directory whose names are read one by one, as bytes.
package struct DirectoryStream: ~Copyable {
    /// One of the names in a directory.
    package struct Entry {
        /// The name with a zero byte after it, for system calls. It is there until the next one is read.
        package let terminatedName: UnsafeBufferPointer<UInt8>
        /// What the directory says that it is; `nil` where it does not say.
        package let kind: FileStatus.Kind?

        /// The name's bytes, which need not be UTF-8.
        package var name: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: terminatedName.dropLast()) }
    }

    private let stream: OpaquePointer

    /// Takes over a descriptor of a directory that is open for reading; it is closed with the stream, or at once if this
    /// fails (`nil` and `errno`).
    package init?(adopting descriptor: Int32) {
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            errno = code
            return nil
        }
        self.stream = stream
    }

    /// The directory at a path of any length; `nil` (and `errno`) if there is none, or it cannot be read.
    package init?(_ path: String) {
        let descriptor = LongPath.open(path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { return nil }
        self.init(adopting: descriptor)
    }

    deinit {
        closedir(stream)
    }

    /// The directory, for calls with paths relative to it.
    package var descriptor: Int32 { dirfd(stream) }

    /// The next name, `.` and `..` left out; `nil` at the end.
    package mutating func next() throws(SystemError) -> Entry? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .last("readdir") }
                return nil
            }
            // The name is not a string of fixed size: the record may end before the declared array does.
            let name = UnsafeRawPointer(entry).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name)!)
                .assumingMemoryBound(to: UInt8.self)
            let length = strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
            if name[0] == UInt8(ascii: "."), length == 1 || length == 2 && name[1] == UInt8(ascii: ".") { continue }
            return Entry(
                terminatedName: UnsafeBufferPointer(start: name, count: length + 1),
                kind: Self.kind(entry.pointee.d_type))
        }
    }

    private static func kind(_ type: UInt8) -> FileStatus.Kind? {
        switch Int(type) {
        case Int(DT_REG): .regular
        case Int(DT_DIR): .directory
        case Int(DT_LNK): .symbolicLink
        case Int(DT_UNKNOWN): nil
        default: .other
        }
    }
}
