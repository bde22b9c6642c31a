/// An immutable tree of names. Each stands for a file's content or for a directory.
///
/// It is kept in sealed memory that processes share: a base, and what is other than in it (see <doc:Wwwroot>). There are
/// no empty directories, but for a root that has nothing in it.
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
        /// The latest time of any content of the wwwroot, in nanoseconds since 1970.
        package let modificationTime: Int64
        let number: Int
    }

    let base: Image
    let changes: Image?
    /// What is needed to go on from here: empty in a process that has got the value from another.
    let growth: Growth

    init(base: Image, changes: Image?, growth: Growth) {
        (self.base, self.changes, self.growth) = (base, changes, growth)
    }

    /// How many files there are.
    package var fileCount: Int { Int((changes ?? base).header.fileCount) }

    // MARK: Looking up

    package var root: Directory {
        Directory(inode: base.node(0).inode, modificationTime: directoryTime, number: 0)
    }

    private var directoryTime: Int64 { (changes ?? base).header.directoryTime }

    /// The directory that `directory` is in; that of the root is the root.
    package func parent(of directory: Directory) -> Directory {
        guard let node = self.node(directory.number), let parent = self.node(Int(node.parent)) else { return root }
        return Directory(inode: parent.inode, modificationTime: directoryTime, number: Int(node.parent))
    }

    /// What stands at a path below the root.
    package func node(at path: RelativePath) -> Node? {
        path.withUTF8 { node(atPath: $0) }
    }

    /// What stands at a path below the root, given by its bytes; nil also for bytes that are no path.
    package func node(atPath path: UnsafeBufferPointer<UInt8>) -> Node? {
        find(path).map { node($0.node, $0.number) }
    }

    /// What a directory has under a name.
    package func node(named name: some StringProtocol, in directory: Directory) -> Node? {
        let found: Node?? = name.utf8.withContiguousStorageIfAvailable { node(named: $0, in: directory) }
        if let found { return found }
        return ContiguousArray(name.utf8).withUnsafeBufferPointer { node(named: $0, in: directory) }
    }

    /// What a directory has under a name, given by its bytes.
    package func node(named name: UnsafeBufferPointer<UInt8>, in directory: Directory) -> Node? {
        find(name, in: directory.number).map { node($0.node, $0.number) }
    }

    /// Calls `body` with the entries of a directory in the order of their names' bytes, until it returns false.
    ///
    /// - Parameter cookie: that of the entry after which to begin; 0 for the first. Cookies are numbers above 0 that
    ///   grow, are no larger than the numbers of old and new entries together, and hold for this value.
    package func entries(
        of directory: Directory, after cookie: UInt64,
        _ body: (_ name: UnsafeBufferPointer<UInt8>, _ node: Node, _ cookie: UInt64) -> Bool
    ) {
        forEachEntry(of: directory.number, after: cookie) { name, node, number, cookie in
            body(name, self.node(node, number), cookie)
        }
    }

    /// Calls `body` with each file, directory by directory, until it returns false.
    package func forEachFile(_ body: (_ path: RelativePath, _ file: ContentFile, _ inode: UInt64) -> Bool) {
        walk { path, node, number in
            guard case .file(let file, let inode) = self.node(node, number) else { return true }
            return body(path.withUnsafeBufferPointer { RelativePath(checkedUTF8: $0) }, file, inode)
        }
    }

    // MARK: Nodes

    /// The node of a number: that of the base, or after those a change.
    private func node(_ number: Int) -> ImageNode? {
        if number < base.nodeCount { return base.node(number) }
        guard let changes, number - base.nodeCount < changes.nodeCount else { return nil }
        return changes.node(number - base.nodeCount)
    }

    private func node(_ node: ImageNode, _ number: Int) -> Node {
        if node.isDirectory {
            return .directory(Directory(inode: node.inode, modificationTime: directoryTime, number: number))
        }
        let mediaTypes = number < base.nodeCount ? base.mediaTypes : changes?.mediaTypes ?? []
        let file = ContentFile(
            digest: node.sha256, size: Int(node.size), mediaType: mediaTypes[Int(node.kind)],
            modificationTime: node.modificationTime)
        return .file(file, inode: node.inode)
    }

    /// The node of a path below the root.
    func find(_ path: UnsafeBufferPointer<UInt8>) -> (node: ImageNode, number: Int)? {
        var directory = 0
        var start = 0
        while true {
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            guard let found = find(UnsafeBufferPointer(rebasing: path[start..<end]), in: directory) else { return nil }
            if end == path.count { return found }
            guard found.node.isDirectory else { return nil }
            directory = found.number
            start = end + 1
        }
    }

    private func find(_ name: UnsafeBufferPointer<UInt8>, in directory: Int) -> (node: ImageNode, number: Int)? {
        guard !name.isEmpty, let number = UInt32(exactly: directory) else { return nil }
        if let changes, let index = changes.find(name, in: number) {
            let node = changes.node(index)
            return node.isRemoved ? nil : (node, base.nodeCount + index)
        }
        guard directory < base.nodeCount, let index = base.find(name, in: number) else { return nil }
        return (base.node(index), index)
    }

    /// The entries of a directory, in order: those of the base, with what has changed in their places.
    ///
    /// An entry's cookie is the number of those before it, in the base (removed ones too) and of new ones, and 1.
    private func forEachEntry(
        of directory: Int, after cookie: UInt64,
        _ body: (_ name: UnsafeBufferPointer<UInt8>, _ node: ImageNode, _ number: Int, _ cookie: UInt64) -> Bool
    ) {
        guard let node = self.node(directory), node.isDirectory, let cookie = Int(exactly: cookie) else { return }
        let isOld = directory < base.nodeCount
        let (first, count) = isOld ? (Int(node.first), Int(node.count)) : (0, 0)
        let range = changes?.changes(in: UInt32(directory)) ?? 0..<0
        var next = range.lowerBound
        var position = cookie
        if let changes, !range.isEmpty {
            next = changes.firstIndex(from: range.lowerBound, to: range.upperBound) { index in
                let change = changes.node(index)
                return Int(change.first) + Int(change.count) + 1 > cookie
            }
            let last = changes.node(range.upperBound - 1)
            let newBefore =
                next < range.upperBound ? Int(changes.node(next).count) : Int(last.count) + 1 - Int(last.replaces)
            position = cookie - newBefore
        }
        while true {
            let change = next < range.upperBound ? changes!.node(next) : nil
            if let change, Int(change.first) <= position {
                let cookie = UInt64(change.first) + UInt64(change.count) + 1
                if !change.isRemoved,
                    !body(changes!.name(change), change, base.nodeCount + next, cookie)
                {
                    return
                }
                next += 1
                position += Int(change.replaces)
            } else {
                guard position < count else { return }
                let old = base.node(first + position)
                let newBefore: Int
                if let change {
                    newBefore = Int(change.count)
                } else if range.isEmpty {
                    newBefore = 0
                } else {
                    let last = changes!.node(range.upperBound - 1)
                    newBefore = Int(last.count) + 1 - Int(last.replaces)
                }
                guard body(base.name(old), old, first + position, UInt64(position + newBefore) + 1) else { return }
                position += 1
            }
        }
    }

    /// Calls `body` with every path and its node, each directory before what is in it, until it returns false.
    func walk(_ body: (_ path: [UInt8], _ node: ImageNode, _ number: Int) -> Bool) {
        // The directories that are still to be listed: a stack of its own, since paths may be as deep as they like.
        var pending: [(number: Int, path: [UInt8])] = [(0, [])]
        var goesOn = true
        while goesOn, let (directory, path) = pending.popLast() {
            forEachEntry(of: directory, after: 0) { name, node, number, _ in
                let whole = path.isEmpty ? Array(name) : path + [UInt8(ascii: "/")] + name
                if node.isDirectory { pending.append((number, whole)) }
                goesOn = body(whole, node, number)
                return goesOn
            }
        }
    }
}
