import Platform
import WebAssemblyText

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a file is that has been opened, whatever has become of its path.
enum OpenedPlace {
    /// Whether an open file lies below a directory, which has no symbolic links in its path. A walk has said so of the path;
    /// but a name may have become a link since.
    ///
    /// Where the system does not tell (without `/proc`, or with a path of more than 4,095 bytes), the walk is believed.
    static func isBelow(_ root: String, _ descriptor: Int32) -> Bool {
        #if os(Linux)
            withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { place in
                let bytes = place.assumingMemoryBound(to: CChar.self)
                let count = readlink("/proc/self/fd/\(descriptor)", bytes.baseAddress!, bytes.count)
                guard count > 0, count < bytes.count else { return true }
                return place[..<count].starts(with: root.utf8)
                    && (root == "/" || count > root.utf8.count && place[root.utf8.count] == UInt8(ascii: "/"))
            }
        #else
            true
        #endif
    }

    /// Whether an open file may be a part of the project in a directory: because it lies below that, or because it is a
    /// WebAssembly module in the Cargo workspace or the git work tree around it, which a linked `target` leads to.
    static func isOfProject(_ root: String, _ descriptor: Int32) -> Bool {
        isBelow(root, descriptor)
            || isModule(descriptor) && EnclosingTree.all(around: root).contains { isBelow($0, descriptor) }
    }

    private static func isModule(_ descriptor: Int32) -> Bool {
        var beginning = [UInt8](repeating: 0, count: ModuleFormat.tellingByteCount)
        let count = pread(descriptor, &beginning, beginning.count, 0)
        return count > 0 && ModuleFormat.isBinary(Array(beginning[..<count]))
    }
}
