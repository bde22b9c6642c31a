import Glibc

extension Wwwroot {
    /// A name that stands for another content than before, or (`nil`) for nothing any more.
    package struct Change: Hashable, Sendable {
        package let path: RelativePath
        package let file: ContentFile?

        package init(_ path: RelativePath, _ file: ContentFile?) {
            self.path = path
            self.file = file
        }
    }

    /// What a wwwroot that is changed needs to know beside its images.
    struct Growth: Sendable {
        /// All that is other than in the base.
        var overlay: [RelativePath: ContentFile?] = [:]
        /// The inodes of names that the base does not have.
        var inodes: [RelativePath: UInt64] = [:]
        var nextInode: UInt64 = 2

        mutating func inode(of path: RelativePath) -> UInt64 {
            if let known = inodes[path] { return known }
            inodes[path] = nextInode
            nextInode += 1
            return nextInode - 1
        }
    }

    /// More changes than this are not kept beside a base, but make a new one.
    private var longestOverlay: Int { 1024 + fileCount / 8 }

    /// Makes a wwwroot of names and what they stand for. A name may come twice with the same content.
    package convenience init(
        _ files: some Sequence<(path: RelativePath, file: ContentFile)>
    ) throws(WwwrootError) {
        try self.init(files, Growth(), directoryTime: 0) { _ in nil }
    }

    private convenience init(
        _ files: some Sequence<(path: RelativePath, file: ContentFile)>, _ growth: Growth, directoryTime: Int64,
        knownInode: (RelativePath) -> UInt64?
    ) throws(WwwrootError) {
        var builder = TreeBuilder(capacity: files.underestimatedCount)
        for (path, file) in files {
            do { try builder.add(path, file) } catch { throw .unusable(error) }
        }
        var nextInode = growth.nextInode
        let base = try builder.image(directoryTime: directoryTime) { path in
            if let known = knownInode(path) { return known }
            nextInode += 1
            return nextInode - 1
        }
        self.init(base: base, changes: nil, growth: Growth(nextInode: nextInode))
    }

    /// The wwwroot that this one becomes when some names stand for something else. Of several changes of one name the
    /// last holds.
    package func applying(_ changes: some Sequence<Change>) throws(WwwrootError) -> Wwwroot {
        var growth = growth
        for change in changes { growth.overlay.updateValue(change.file, forKey: change.path) }
        if growth.overlay.count > longestOverlay { return try rebuilt(growth) }
        var builder = ChangesBuilder(base: base, overlay: growth.overlay, directoryTime: root.modificationTime)
        let image = try builder.image { growth.inode(of: $0) }
        return Wwwroot(base: base, changes: image, growth: growth)
    }

    /// The wwwroot that this one becomes when it has these files and no others: with the inodes of this one, and at a
    /// cost that grows with what differs, but for finding that out.
    package func updated(
        to files: some Collection<(path: RelativePath, file: ContentFile)>
    ) throws(WwwrootError) -> Wwwroot {
        var isKept = [Bool](repeating: false, count: base.nodeCount + (changes?.nodeCount ?? 0))
        var keptCount = 0
        var differing: [RelativePath: ContentFile] = [:]
        for (path, file) in files {
            guard let old = path.withUTF8({ find($0) }), case .file(let known, _)? = node(at: path) else {
                if let other = differing.updateValue(file, forKey: path), other.digest != file.digest {
                    throw .twoContents(path)
                }
                continue
            }
            let wasKept = isKept[old.number]
            let other = wasKept ? differing[path] ?? known : file
            guard other.digest == file.digest else { throw .twoContents(path) }
            guard !wasKept else { continue }
            isKept[old.number] = true
            keptCount += 1
            if known != file { differing[path] = file }
        }
        var changes = differing.map { Change($0.key, $0.value) }
        if keptCount < fileCount {
            walk { path, node, number in
                if node.isFile, !isKept[number] {
                    changes.append(Change(path.withUnsafeBufferPointer { RelativePath(checkedUTF8: $0) }, nil))
                }
                return true
            }
        }
        return changes.isEmpty ? self : try applying(changes)
    }

    /// The same value with nothing beside its base.
    package func compacted() throws(WwwrootError) -> Wwwroot { try rebuilt(growth) }

    private func rebuilt(_ growth: Growth) throws(WwwrootError) -> Wwwroot {
        var files: [(path: RelativePath, file: ContentFile)] = []
        files.reserveCapacity(fileCount + growth.overlay.count)
        forEachFile { path, file, _ in
            if growth.overlay[path] == nil { files.append((path, file)) }
            return true
        }
        for case (let path, let file?) in growth.overlay { files.append((path, file)) }
        return try Wwwroot(files, growth, directoryTime: root.modificationTime) { path in
            self.node(at: path)?.inode ?? growth.inodes[path]
        }
    }

    // MARK: Sharing

    /// The sealed memory that a process needs to have this value: the base, and what is other than in it. They are open as
    /// long as this value lives.
    package var descriptors: (base: Int32, changes: Int32?) {
        (base.memory.descriptor, changes?.memory.descriptor)
    }

    /// Takes a value that another process has made, from its descriptors, which are taken over. It cannot be changed.
    ///
    /// - Parameter known: a value that may have the same base: then nothing but the changes is looked at.
    package convenience init(
        adoptingBase baseDescriptor: Int32, changes changesDescriptor: Int32?, known: Wwwroot?
    ) throws(ImageError) {
        let base: Image
        if let known, known.base.memory.isSame(as: baseDescriptor) {
            closeDescriptor(baseDescriptor)
            base = known.base
        } else {
            do throws(ImageError) { base = try Image(Self.memory(baseDescriptor), base: nil) } catch {
                if let changesDescriptor { closeDescriptor(changesDescriptor) }
                throw error
            }
        }
        var changes: Image?
        if let changesDescriptor { changes = try Image(Self.memory(changesDescriptor), base: base) }
        self.init(base: base, changes: changes, growth: Growth())
    }

    private static func memory(_ descriptor: Int32) throws(ImageError) -> SealedMemory {
        do { return try SealedMemory(adopting: descriptor) } catch { throw .system(error) }
    }
}

private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }
