import Cryptography

/// Makes the whole image of a tree of paths, of any order: in time that grows with their number, and with its logarithm
/// for names of one directory that do not come in their order.
struct TreeBuilder {
    private struct Directory {
        var parent: Int
        /// The path within `paths`.
        var path: Range<Int>
        var childCount = 0
        var node = 0
    }

    private struct Child {
        /// The first eight bytes of the name, most significant first: nearly all comparisons end with them.
        var prefix: UInt64
        var name: Range<Int>
        /// The index of a file, or that of a directory, inverted.
        var reference: Int
    }

    /// All paths, one after the other.
    private var paths: [UInt8] = []
    private var files: [(path: Range<Int>, directory: Int, file: ContentFile)] = []
    private var directories = [Directory(parent: 0, path: 0..<0)]
    private var slots = [Int32](repeating: -1, count: 64)
    private let seed = UInt64.random(in: 0 ... .max)

    init(capacity: Int) {
        files.reserveCapacity(capacity)
        paths.reserveCapacity(capacity * 24)
    }

    mutating func add(_ path: RelativePath, _ file: ContentFile) throws(ImageError) {
        let start = paths.count
        path.withUTF8 { paths.append(contentsOf: $0) }
        guard paths.count < Int(UInt32.max) else { throw .tooLarge }
        let range = start..<paths.count
        let directory = self.directory(of: range)
        directories[directory].childCount += 1
        files.append((range, directory, file))
    }

    private func bytes<Result>(_ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        paths.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    private func areSame(_ a: Range<Int>, _ b: Range<Int>) -> Bool {
        a.count == b.count
            && paths.withUnsafeBufferPointer { paths in
                UnsafeBufferPointer(rebasing: paths[a]).hasSameBytes(as: UnsafeBufferPointer(rebasing: paths[b]))
            }
    }

    private func slash(in path: Range<Int>) -> Int? {
        paths.withUnsafeBufferPointer { paths in
            var index = path.upperBound - 1
            while index >= path.lowerBound {
                if paths[index] == UInt8(ascii: "/") { return index }
                index -= 1
            }
            return nil
        }
    }

    /// The directory that a path is in, made if it is not known.
    private mutating func directory(of path: Range<Int>) -> Int {
        guard let slash = slash(in: path) else { return 0 }
        let parent = path.lowerBound..<slash
        // Mostly that of the path before.
        if let last = files.last?.directory, last > 0, areSame(directories[last].path, parent) { return last }
        var slot = Int(truncatingIfNeeded: bytes(parent) { NameHash.hash($0, in: 0, seed: seed) }) & (slots.count - 1)
        while slots[slot] >= 0 {
            if areSame(directories[Int(slots[slot])].path, parent) { return Int(slots[slot]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        let above = directory(of: parent)
        directories[above].childCount += 1
        let new = directories.count
        directories.append(Directory(parent: above, path: parent))
        insert(new)
        return new
    }

    private mutating func insert(_ directory: Int) {
        if directories.count * 2 > slots.count {
            slots = [Int32](repeating: -1, count: slots.count * 2)
            for known in 1..<directories.count { place(known) }
        } else {
            place(directory)
        }
    }

    private mutating func place(_ directory: Int) {
        let hash = bytes(directories[directory].path) { NameHash.hash($0, in: 0, seed: seed) }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(directory)
    }

    /// The image. Of files with one name and one content, the first counts.
    ///
    /// - Parameters:
    ///   - directoryTime: the least time of directories; the latest of the files is taken if it is later.
    ///   - inode: the inode of a path.
    func image(
        directoryTime: Int64 = 0, inode: (_ path: RelativePath) -> UInt64
    ) throws(WwwrootError) -> Image {
        var (children, starts) = sortedChildren()
        var counts = [Int](repeating: 0, count: directories.count)
        let fileCount = try removeDuplicates(&children, starts, &counts)
        let total = 1 + counts.reduce(0, +)
        var writer = ImageWriter(capacity: total, nameBytes: total * 16)
        var directories = directories
        do throws(ImageError) {
            var root = ImageNode()
            (root.kind, root.inode, root.first, root.count) = (ImageNode.directory, 1, 1, UInt32(counts[0]))
            writer.nodes.append(root)
            var time = directoryTime
            for index in directories.indices {
                let first = writer.nodes.count
                writer.nodes[directories[index].node].first = UInt32(first)
                writer.nodes[directories[index].node].count = UInt32(counts[index])
                for child in children[starts[index]..<starts[index] + counts[index]] {
                    var node = ImageNode()
                    node.parent = UInt32(directories[index].node)
                    try paths.withUnsafeBufferPointer { paths throws(ImageError) in
                        try writer.add(UnsafeBufferPointer(rebasing: paths[child.name]), to: &node)
                    }
                    let path: Range<Int>
                    if child.reference >= 0 {
                        let (filePath, _, file) = files[child.reference]
                        path = filePath
                        time = max(time, file.modificationTime)
                        try writer.set(file, to: &node)
                    } else {
                        path = directories[~child.reference].path
                        directories[~child.reference].node = writer.nodes.count
                        node.kind = ImageNode.directory
                    }
                    node.inode = inode(self.path(path))
                    writer.nodes.append(node)
                }
            }
            return try writer.image(directoryTime: time, fileCount: fileCount, base: nil)
        } catch {
            throw .unusable(error)
        }
    }

    private func path(_ range: Range<Int>) -> RelativePath {
        bytes(range) { RelativePath(checkedUTF8: $0) }
    }

    /// The children of each directory in the order of their names, all of them in one array, and where those of each
    /// directory begin.
    private func sortedChildren() -> ([Child], starts: [Int]) {
        var starts: [Int] = []
        starts.reserveCapacity(directories.count + 1)
        var next = 0
        for directory in directories {
            starts.append(next)
            next += directory.childCount
        }
        starts.append(next)
        var ends = starts
        let children = [Child](unsafeUninitializedCapacity: next) { children, count in
            for (index, file) in files.enumerated() {
                let name = (slash(in: file.path).map { $0 + 1 } ?? file.path.lowerBound)..<file.path.upperBound
                (children.baseAddress! + ends[file.directory]).initialize(to: child(name, index))
                ends[file.directory] += 1
            }
            for (index, directory) in directories.enumerated().dropFirst() {
                let name =
                    (slash(in: directory.path).map { $0 + 1 } ?? directory.path.lowerBound)..<directory.path.upperBound
                (children.baseAddress! + ends[directory.parent]).initialize(to: child(name, ~index))
                ends[directory.parent] += 1
            }
            count = next
            paths.withUnsafeBufferPointer { paths in
                for index in directories.indices {
                    Self.sort(UnsafeMutableBufferPointer(rebasing: children[starts[index]..<starts[index + 1]]), paths)
                }
            }
        }
        return (children, starts)
    }

    private static func sort(_ children: UnsafeMutableBufferPointer<Child>, _ paths: UnsafeBufferPointer<UInt8>) {
        func precedes(_ a: Child, _ b: Child) -> Bool {
            if a.prefix != b.prefix { return a.prefix < b.prefix }
            return UnsafeBufferPointer(rebasing: paths[a.name]).precedes(UnsafeBufferPointer(rebasing: paths[b.name]))
        }
        var isSorted = true
        for index in children.indices.dropFirst() where precedes(children[index], children[index - 1]) {
            isSorted = false
            break
        }
        guard !isSorted else { return }
        var children = children
        children.sort(by: precedes)
    }

    private func child(_ name: Range<Int>, _ reference: Int) -> Child {
        let prefix = bytes(name) { name in
            var prefix: UInt64 = 0
            for index in 0..<8 { prefix = prefix << 8 | (index < name.count ? UInt64(name[index]) : 0) }
            return prefix
        }
        return Child(prefix: prefix, name: name, reference: reference)
    }

    /// Leaves one child of each name.
    ///
    /// - Parameter counts: becomes how many children each directory has.
    /// - Returns: the number of files.
    private func removeDuplicates(
        _ children: inout [Child], _ starts: [Int], _ counts: inout [Int]
    ) throws(WwwrootError) -> Int {
        var fileCount = files.count
        for index in directories.indices {
            var end = starts[index]
            for position in starts[index]..<starts[index + 1] {
                let child = children[position]
                guard end > starts[index], children[end - 1].prefix == child.prefix,
                    areSame(children[end - 1].name, child.name)
                else {
                    if end != position { children[end] = child }
                    end += 1
                    continue
                }
                let (one, other) = (children[end - 1].reference, child.reference)
                guard one >= 0, other >= 0 else {
                    throw .fileIsDirectory(path(files[max(one, other)].path))
                }
                guard files[one].file.digest == files[other].file.digest else {
                    throw .twoContents(path(files[one].path))
                }
                // The earlier one stays, whatever order sorting has left.
                children[end - 1].reference = min(one, other)
                fileCount -= 1
            }
            counts[index] = end - starts[index]
        }
        return fileCount
    }
}
