/// An immutable tree of names, each of which stands for a file's content or for a directory.
///
/// There are no empty directories, but for a root that has nothing in it.
package final class Wwwroot: Sendable {
    /// What a name stands for.
    package enum Node: Hashable, Sendable {
        case file(ContentFile, inode: UInt64)
        case directory(Directory)

        /// A number that no other name of the wwwroot has, and that the name keeps from revision to revision.
        package var inode: UInt64 {
            switch self {
            case .file(_, let inode): inode
            case .directory(let directory): directory.inode
            }
        }
    }

    /// A directory of this value, and of no other.
    package struct Directory: Hashable, Sendable {
        package let inode: UInt64
        /// The latest time of what is in it, in nanoseconds since 1970.
        package let modificationTime: Int64
        let number: Int
    }

    /// A name that stands for another content than before, or (`nil`) for nothing any more.
    package struct Change: Hashable, Sendable {
        package let path: RelativePath
        package let file: ContentFile?

        package init(_ path: RelativePath, _ file: ContentFile?) {
            self.path = path
            self.file = file
        }
    }

    private struct Entry {
        let name: [UInt8]
        let node: Node
    }

    private struct Listing {
        let parent: Int
        var entries: [Entry] = []
    }

    private let files: [RelativePath: ContentFile]
    private let inodes: [RelativePath: UInt64]
    private let nextInode: UInt64
    private let listings: [Listing]
    private let directories: [Directory]

    /// A wwwroot with nothing in it.
    package static let empty = Wwwroot(checked: [:], inodes: [:], nextInode: 2)

    /// Makes a wwwroot of names and what they stand for. A name may come twice with the same content.
    package convenience init(
        _ files: some Sequence<(path: RelativePath, file: ContentFile)>
    ) throws(WwwrootError) {
        var all: [RelativePath: ContentFile] = [:]
        for (path, file) in files {
            if let other = all.updateValue(file, forKey: path), other.digest != file.digest {
                throw .twoContents(path)
            }
        }
        try self.init(all, inodes: [:], nextInode: 2)
    }

    /// The wwwroot that this one becomes when some names stand for something else. Of several changes of one name the
    /// last holds.
    package func applying(_ changes: [Change]) throws(WwwrootError) -> Wwwroot {
        var files = files
        for change in changes { files[change.path] = change.file }
        return try Wwwroot(files, inodes: inodes, nextInode: nextInode)
    }

    private convenience init(
        _ files: [RelativePath: ContentFile], inodes: [RelativePath: UInt64], nextInode: UInt64
    ) throws(WwwrootError) {
        for path in files.keys {
            var directory = path.parent
            while let current = directory {
                if files[current] != nil { throw .fileIsDirectory(current) }
                directory = current.parent
            }
        }
        self.init(checked: files, inodes: inodes, nextInode: nextInode)
    }

    private init(checked files: [RelativePath: ContentFile], inodes old: [RelativePath: UInt64], nextInode: UInt64) {
        self.files = files
        var (inodes, nextInode): ([RelativePath: UInt64], UInt64) = ([:], nextInode)
        var (listings, times) = ([Listing(parent: 0)], [Int64(0)])
        var (numbers, inodesByNumber): ([RelativePath: Int], [UInt64]) = ([:], [1])
        func inode(of path: RelativePath) -> UInt64 {
            if let inode = inodes[path] { return inode }
            var inode = nextInode
            if let known = old[path] { inode = known } else { nextInode += 1 }
            inodes[path] = inode
            return inode
        }
        func number(of directory: RelativePath?) -> Int {
            guard let directory else { return 0 }
            if let number = numbers[directory] { return number }
            let parent = number(of: directory.parent)
            let number = listings.count
            listings.append(Listing(parent: parent))
            times.append(0)
            numbers[directory] = number
            inodesByNumber.append(inode(of: directory))
            return number
        }
        for path in files.keys.sorted() {
            let file = files[path]!
            var directory = number(of: path.parent)
            listings[directory].entries.append(
                Entry(name: Array(path.name.utf8), node: .file(file, inode: inode(of: path))))
            while true {
                times[directory] = max(times[directory], file.modificationTime)
                if directory == 0 { break }
                directory = listings[directory].parent
            }
        }
        let directories = listings.indices.map {
            Directory(inode: inodesByNumber[$0], modificationTime: times[$0], number: $0)
        }
        for (path, number) in numbers {
            listings[listings[number].parent].entries.append(
                Entry(name: Array(path.name.utf8), node: .directory(directories[number])))
        }
        for number in listings.indices {
            listings[number].entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
        }
        (self.inodes, self.nextInode, self.listings, self.directories) = (inodes, nextInode, listings, directories)
    }

    // MARK: Looking up

    /// How many files there are.
    package var fileCount: Int { files.count }

    package var root: Directory { directories[0] }

    /// The directory that `directory` is in; that of the root is the root.
    package func parent(of directory: Directory) -> Directory { directories[listings[directory.number].parent] }

    /// What stands at a path below the root.
    package func node(at path: RelativePath) -> Node? {
        var node = Node.directory(root)
        for component in path.components {
            guard case .directory(let directory) = node, let next = self.node(named: component, in: directory) else {
                return nil
            }
            node = next
        }
        return node
    }

    /// What a directory has under a name.
    package func node(named name: some StringProtocol, in directory: Directory) -> Node? {
        ContiguousArray(name.utf8).withUnsafeBufferPointer { node(named: $0, in: directory) }
    }

    /// What a directory has under a name, given by its bytes.
    package func node(named name: UnsafeBufferPointer<UInt8>, in directory: Directory) -> Node? {
        listings[directory.number].entries.first { $0.name.elementsEqual(name) }?.node
    }

    /// Calls `body` with the entries of a directory in the order of their names' bytes, until it returns false.
    ///
    /// - Parameter cookie: that of the entry after which to begin; 0 for the first. Cookies are numbers above 0 that
    ///   grow, and hold for this value.
    package func entries(
        of directory: Directory, after cookie: UInt64,
        _ body: (_ name: UnsafeBufferPointer<UInt8>, _ node: Node, _ cookie: UInt64) -> Bool
    ) {
        let entries = listings[directory.number].entries
        guard cookie < UInt64(entries.count) else { return }
        for index in Int(cookie)..<entries.count {
            let entry = entries[index]
            guard entry.name.withUnsafeBufferPointer({ body($0, entry.node, UInt64(index) + 1) }) else { return }
        }
    }

    /// Calls `body` with each file, directory by directory.
    package func forEachFile(_ body: (_ path: RelativePath, _ file: ContentFile, _ inode: UInt64) -> Void) {
        for path in files.keys.sorted() { body(path, files[path]!, inodes[path]!) }
    }
}
