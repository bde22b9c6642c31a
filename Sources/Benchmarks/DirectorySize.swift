import Foundation

/// How much a directory tree holds.
enum DirectorySize {
    /// Bytes that the files take on the disk, and bytes that they are long, each file once however many names it has.
    static func measure(_ directory: URL) -> (onDisk: Double, length: Double) {
        var seen: Set<ino_t> = []
        var (blocks, length) = (0, 0)
        let names = FileManager.default.enumerator(atPath: directory.path)
        while let name = names?.nextObject() as? String {
            var status = stat()
            guard lstat(directory.appendingPathComponent(name).path, &status) == 0,
                status.st_mode & S_IFMT == S_IFREG, seen.insert(status.st_ino).inserted
            else { continue }
            blocks += Int(status.st_blocks)
            length += Int(status.st_size)
        }
        return (Double(blocks) * 512, Double(length))
    }
}
