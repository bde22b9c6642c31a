/// Makes the image of all that is other than in a whole one: in time that grows with the number of changes.
struct ChangesBuilder {
    private enum Child {
        case file(ContentFile)
        case removed
        /// The index of a directory that the base does not have.
        case directory(Int)

        var isRemoved: Bool { if case .removed = self { true } else { false } }
    }

    private struct Entry {
        let name: [UInt8]
        let path: RelativePath
        var child: Child
    }

    /// A directory with changes.
    private struct Directory {
        let path: RelativePath?
        let name: [UInt8]
        let parent: Int
        /// Its number, if it is one of the base.
        let base: Int?
        var entries: [Entry] = []
    }

    private let base: Image
    private let overlay: [RelativePath: ContentFile?]
    private var directories: [Directory]
    private var known: [RelativePath: Int] = [:]
    private var fileCount: Int
    private var time: Int64

    /// - Parameter directoryTime: the least time of directories.
    init(base: Image, overlay: [RelativePath: ContentFile?], directoryTime: Int64) {
        self.base = base
        self.overlay = overlay
        directories = [Directory(path: nil, name: [], parent: 0, base: 0)]
        fileCount = Int(base.header.fileCount)
        time = max(directoryTime, base.header.directoryTime)
    }

    /// The image; nil if nothing is other than in the base.
    ///
    /// - Parameter inode: the inode of a path that the base does not have.
    mutating func image(inode: (RelativePath) -> UInt64) throws(WwwrootError) -> Image? {
        for (path, file) in overlay { try add(path, file) }
        try settle()
        do { return try write(inode) } catch { throw .unusable(error) }
    }

    private mutating func add(_ path: RelativePath, _ file: ContentFile?) throws(WwwrootError) {
        guard let directory = try directory(of: path, isMade: file != nil) else { return }
        let name = Array(path.name.utf8)
        let old = node(name, in: directory)
        guard let file else {
            if let old, old.isFile {
                directories[directory].entries.append(Entry(name: name, path: path, child: .removed))
                fileCount -= 1
            }
            return
        }
        if old?.isFile != true { fileCount += 1 }
        time = max(time, file.modificationTime)
        directories[directory].entries.append(Entry(name: name, path: path, child: .file(file)))
    }

    private func node(_ name: [UInt8], in directory: Int) -> ImageNode? {
        guard let number = directories[directory].base else { return nil }
        return name.withUnsafeBufferPointer { base.find($0, in: UInt32(number)) }.map(base.node)
    }

    /// The directory of a path; nil if there is none, and none is to be made.
    private mutating func directory(of path: RelativePath, isMade: Bool) throws(WwwrootError) -> Int? {
        guard let parent = path.parent else { return 0 }
        if let index = known[parent] { return index }
        guard let above = try directory(of: parent, isMade: isMade) else { return nil }
        let name = Array(parent.name.utf8)
        let found = directories[above].base.flatMap { number in
            name.withUnsafeBufferPointer { base.find($0, in: UInt32(number)) }
        }
        let isDirectory = found.map { base.node($0).isDirectory } ?? false
        if !isDirectory {
            guard isMade else { return nil }
            // What stands there has to go.
            let isFile = overlay[parent].map { $0 != nil } ?? (found != nil)
            if isFile { throw .fileIsDirectory(parent) }
        }
        directories.append(Directory(path: parent, name: name, parent: above, base: isDirectory ? found : nil))
        known[parent] = directories.count - 1
        return directories.count - 1
    }

    /// Removes directories in which nothing is left, adds those that are new, and finds names that are files and
    /// directories.
    private mutating func settle() throws(WwwrootError) {
        for index in directories.indices.reversed() {
            // Before the children of any are looked at, those of its own children have been.
            let directory = directories[index]
            guard let path = directory.path else { continue }
            let isFileNow = (overlay[path] ?? nil) != nil
            if let number = directory.base {
                let removed = directory.entries.count { $0.child.isRemoved }
                let new = directory.entries.count { !$0.child.isRemoved && node($0.name, in: index) == nil }
                guard Int(base.node(number).count) - removed + new == 0 else {
                    if isFileNow { throw .fileIsDirectory(path) }
                    continue
                }
                if !isFileNow {
                    directories[directory.parent].entries.append(
                        Entry(name: directory.name, path: path, child: .removed))
                }
            } else {
                if isFileNow { throw .fileIsDirectory(path) }
                // Where a file was removed, the directory stands in its place.
                directories[directory.parent].entries.removeAll { $0.path == path }
                directories[directory.parent].entries.append(
                    Entry(name: directory.name, path: path, child: .directory(index)))
            }
        }
        for index in directories.indices {
            for entry in directories[index].entries {
                guard case .file = entry.child, node(entry.name, in: index)?.isDirectory == true else { continue }
                // Every child of it would have to be gone; then it is known, and was found to be empty.
                guard known[entry.path] != nil else { throw .fileIsDirectory(entry.path) }
            }
        }
    }

    private func write(_ inode: (RelativePath) -> UInt64) throws(ImageError) -> Image? {
        var writer = ImageWriter(capacity: overlay.count * 2)
        // Those of the base in the order of their numbers, then the new ones in the order in which they come.
        var queue: [(number: Int, index: Int)] = directories.indices
            .compactMap { index in directories[index].base.map { ($0, index) } }.sorted { $0.0 < $1.0 }
        var next = 0
        while next < queue.count {
            let (number, index) = queue[next]
            next += 1
            var newCount: UInt32 = 0
            let entries = directories[index].entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
            for entry in entries {
                var node = ImageNode()
                try entry.name.withUnsafeBufferPointer { name throws(ImageError) in try writer.add(name, to: &node) }
                node.parent = UInt32(number)
                let (position, old) = place(entry.name, in: directories[index])
                (node.first, node.count, node.replaces) = (UInt32(position), newCount, old == nil ? 0 : 1)
                if old == nil { newCount += 1 }
                node.inode = old?.inode ?? inode(entry.path)
                switch entry.child {
                case .file(let file): try writer.set(file, to: &node)
                case .removed: node.kind = ImageNode.removed
                case .directory(let new):
                    node.kind = ImageNode.directory
                    queue.append((base.nodeCount + writer.nodes.count, new))
                }
                writer.nodes.append(node)
            }
        }
        guard !writer.nodes.isEmpty || time > base.header.directoryTime else { return nil }
        return try writer.image(directoryTime: time, fileCount: fileCount, base: base)
    }

    /// How many children of the base come before a name in a directory, and what stands there under the name.
    private func place(_ name: [UInt8], in directory: Directory) -> (Int, ImageNode?) {
        guard let number = directory.base else { return (0, nil) }
        let node = base.node(number)
        let (start, end) = (Int(node.first), Int(node.first) + Int(node.count))
        return name.withUnsafeBufferPointer { name in
            let index = base.firstIndex(from: start, to: end) { !base.name(base.node($0)).precedes(name) }
            let found = index < end ? base.node(index) : nil
            let isSame = found.map { Int($0.nameLength) == name.count && base.name($0).hasSameBytes(as: name) } ?? false
            return (index - start, isSame ? found : nil)
        }
    }
}
