import Content
import Glibc

/// A wwwroot and where its contents are found: what guests have for a read-only file system.
///
/// There are files and directories in it, no links and no devices.
struct ContentTree: Sendable {
    /// A directory of the wwwroot, and the path that it has there, which is empty for the root.
    struct Folder: Sendable {
        let directory: Wwwroot.Directory
        let path: String

        /// The path of what is in it under `name`.
        func path(of name: [UInt8]) -> String {
            let name = String(decoding: name, as: UTF8.self)
            return path.isEmpty ? name : path + "/" + name
        }
    }

    /// The device that all files of all wwwroots are on. No device of a host has the number.
    static let device: UInt64 = 1 << 62

    let wwwroot: Wwwroot
    let source: any ContentSource

    var root: Folder { Folder(directory: wwwroot.root, path: "") }

    /// What a directory has under a name.
    func node(named name: [UInt8], in folder: Folder) -> Wwwroot.Node? {
        name.withUnsafeBufferPointer { wwwroot.node(named: $0, in: folder.directory) }
    }

    /// - Throws: `inputOutput` if the content cannot be read.
    func open(_ file: ContentFile, at path: String) throws(ErrorNumber) -> OpenContent {
        do { return try source.open(file, named: path) } catch { throw .inputOutput }
    }
}

extension FileStatus {
    init(_ node: Wwwroot.Node) {
        switch node {
        case .file(let file, let inode): self.init(file, inode: inode)
        case .directory(let directory): self.init(directory)
        }
    }

    init(_ file: ContentFile, inode: UInt64) {
        self.init(type: .regularFile)
        device = ContentTree.device
        self.inode = inode
        size = UInt64(clamping: file.size)
        setAllTimes(UInt64(clamping: file.modificationTime))
    }

    init(_ directory: Wwwroot.Directory) {
        self.init(type: .directory)
        device = ContentTree.device
        inode = directory.inode
        setAllTimes(UInt64(clamping: directory.modificationTime))
    }

    private mutating func setAllTimes(_ time: UInt64) {
        (accessTime, modificationTime, changeTime) = (time, time, time)
    }
}

extension DirectoryEntry {
    /// What stands before the entries of a directory: `.` with the cookie 1, and `..` with the cookie 2. Both have the
    /// inode of the directory itself, since what is above a preopen does not concern a guest.
    ///
    /// - Returns: false if `body` wants no more.
    static func listDots(inode: UInt64, from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) -> Bool {
        let dots: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: ".")]
        return dots.withUnsafeBufferPointer { dots in
            for count in 1...2 where cookie < count {
                let name = UnsafeBufferPointer(rebasing: dots[..<count])
                let entry = DirectoryEntry(next: UInt64(count), inode: inode, type: .directory, name: name)
                guard body(entry) else { return false }
            }
            return true
        }
    }

    /// How many cookies `.` and `..` take.
    static let dotCount: UInt64 = 2
}
