package import Content

/// A writable file system over a wwwroot: what guests change is kept in memory, shared by all guests that are given the
/// layer, and gone with it. It begins as the wwwroot is.
///
/// What is here is ordered as in POSIX for any number of threads: a call that changes names is whole, one of several
/// that create a file exclusively does, what is appended is not overwritten, and a file that was removed or renamed
/// stays what it is for who has it open. See <doc:Layer>.
///
/// Sendable because the nodes are used under `lock` only.
package final class TransientLayer: @unchecked Sendable {
    /// How much guests may keep in a layer.
    package struct Limits: Sendable {
        /// Bytes, with a kilobyte for each name and pages of 4,096 bytes for what was written.
        package var bytes: Int
        /// How many names may be new or changed.
        package var entries: Int

        package init(bytes: Int = 256 << 20, entries: Int = 100_000) {
            self.bytes = bytes
            self.entries = entries
        }
    }

    /// What a name or a node is counted as, in bytes.
    static let entryCost = 1_024

    let tree: ContentTree
    let budget: LayerBudget
    private let limits: Limits
    let lock = Lock()

    var nodes: [LayerNode.Number: LayerNode] = [:]
    private var nextNumber = 0
    private var entryCount = 0

    /// Inodes of what was made here lie above those of a wwwroot.
    private static let firstInode: UInt64 = 1 << 62

    /// Makes a layer in which nothing has changed.
    ///
    /// - Parameters:
    ///   - content: where the contents of the wwwroot are found.
    ///   - limits: beyond them changes fail with `ENOSPC`.
    package init(over wwwroot: Wwwroot, content: any ContentSource, limits: Limits = Limits()) {
        tree = ContentTree(wwwroot: wwwroot, source: content)
        budget = LayerBudget(limit: limits.bytes)
        self.limits = limits
        let folder = LayerFolder(tree.root, of: tree)
        let root = make(inode: wwwroot.root.inode, .directory(folder), wwwroot.root.modificationTime)
        root.links = 1
        root.isKept = true
    }

    /// How many bytes of the limit are used now.
    package var usedBytes: Int { budget.used }

    /// The root as one more guest has it.
    func openRoot() -> any OpenDirectory {
        lock.locked { LayerDirectory(self, use(root)) }
    }

    /// The first node of all.
    private var root: LayerNode { nodes[0]! }

    // MARK: Nodes, under the lock

    private func make(inode: UInt64?, _ body: LayerNode.Body, _ time: Int64? = nil) -> LayerNode {
        let number = nextNumber
        nextNumber += 1
        let node = LayerNode(
            number, inode: inode ?? Self.firstInode | UInt64(number), body,
            LayerTimes(all: time.map { UInt64(clamping: $0) } ?? LayerTimes.now))
        nodes[number] = node
        return node
    }

    /// Counts one more entry for a node.
    ///
    /// - Parameter isForced: whether the limits do not hold, as for what makes room.
    private func charge(_ node: LayerNode, isForced: Bool = false) throws(ErrorNumber) {
        guard entryCount < limits.entries || isForced else { throw .noSpace }
        try budget.take(Self.entryCost, isForced: isForced)
        entryCount += 1
        node.charge += 1
    }

    private func refund(_ node: LayerNode, _ count: Int) {
        node.charge -= count
        entryCount -= count
        budget.give(count * Self.entryCost)
    }

    /// Lets a node stay though nobody uses it, since it is to differ from the wwwroot.
    func keep(_ node: LayerNode, isForced: Bool = false) throws(ErrorNumber) {
        guard !node.isKept, node.links > 0 else { return }
        try charge(node, isForced: isForced)
        node.isKept = true
    }

    func use(_ node: LayerNode) -> LayerNode {
        node.uses += 1
        return node
    }

    /// Somebody has closed a descriptor of a node. Takes the lock.
    func release(_ node: LayerNode) {
        // What is freed is freed after the lock.
        let freed = lock.locked { () -> LayerNode? in
            node.uses -= 1
            if node.links == 0 { return destroyIfUnused(node) }
            settle(node)
            return nil
        }
        withExtendedLifetime(freed) {}
    }

    /// Frees a node that has no name any more, unless somebody has it open.
    @discardableResult private func destroyIfUnused(_ node: LayerNode) -> LayerNode? {
        guard node.links == 0, node.uses == 0 else { return nil }
        refund(node, node.charge)
        return nodes.removeValue(forKey: node.number)
    }

    /// Lets go of a node that is as the wwwroot has it and that nobody uses, and of the directories above it for which
    /// the same holds then.
    func settle(_ node: LayerNode) {
        var current = node
        while !current.isKept, current.uses == 0, current.links > 0, current.folder?.isUntouched != false,
            let parent = current.parent.flatMap({ nodes[$0] })
        {
            parent.folder?.forget(current.name)
            nodes[current.number] = nil
            current = parent
        }
    }

    /// A directory's names have changed.
    private func touch(_ folder: LayerNode) {
        folder.times.touch()
        // It has to stay: to refuse would be to refuse a removal on a full disk.
        try? keep(folder, isForced: true)
    }

    /// The node for what a directory has under a name, made now if it shows through from the wwwroot.
    func node(_ found: LayerFolder.Found, named name: [UInt8], in parent: LayerNode) -> LayerNode {
        switch found {
        case .node(let number): return nodes[number]!
        case .content(let content): return adopt(content, named: name, in: parent)
        }
    }

    func adopt(_ content: LayerContent, named name: [UInt8], in parent: LayerNode) -> LayerNode {
        // A path that was walked before may have led to it, too.
        if case .node(let number)? = parent.folder?.find(name), let node = nodes[number] { return node }
        let node: LayerNode
        switch content.node {
        case .file(let file, let inode):
            let origin = LayerFile.Origin(tree: tree, file: file, path: content.path)
            node = make(inode: inode, .file(LayerFile(origin, budget)))
        case .directory(let directory):
            let folder = ContentTree.Folder(directory: directory, path: content.path)
            node = make(inode: directory.inode, .directory(LayerFolder(folder, of: tree)), directory.modificationTime)
        }
        node.links = 1
        (node.parent, node.name) = (parent.number, name)
        // A name of the wwwroot needs no cookie, so there is one.
        try? parent.folder?.set(name, to: node.number)
        return node
    }

    // MARK: Changes of names, under the lock

    /// Makes a node with a first name.
    func create(_ body: LayerNode.Body, named name: [UInt8], in parent: LayerNode) throws(ErrorNumber) -> LayerNode {
        guard parent.links > 0 else { throw .noEntry }
        let node = make(inode: nil, body)
        do throws(ErrorNumber) {
            try charge(node)
            try parent.folder?.set(name, to: node.number)
        } catch {
            refund(node, node.charge)
            nodes[node.number] = nil
            throw error
        }
        node.links = 1
        node.isKept = true
        (node.parent, node.name) = (parent.number, name)
        touch(parent)
        return node
    }

    /// Gives a node one more name.
    func addName(_ name: [UInt8], of node: LayerNode, in parent: LayerNode) throws(ErrorNumber) {
        guard parent.links > 0 else { throw .noEntry }
        try keep(node)
        try charge(node)
        do throws(ErrorNumber) {
            try parent.folder?.set(name, to: node.number)
        } catch {
            refund(node, 1)
            throw error
        }
        node.links += 1
        node.touchStatus()
        touch(parent)
    }

    /// Takes a name away, of a file or of an empty directory. Returns what is to be freed after the lock.
    func removeName(_ name: [UInt8], of found: LayerFolder.Found, in parent: LayerNode) -> LayerNode? {
        parent.folder?.remove(name)
        touch(parent)
        guard case .node(let number) = found, let node = nodes[number] else { return nil }
        return drop(node)
    }

    private func drop(_ node: LayerNode) -> LayerNode? {
        node.links -= 1
        node.touchStatus()
        if node.links > 0 {
            refund(node, 1)
            return nil
        }
        node.folder?.clear()
        node.parent = nil
        return destroyIfUnused(node)
    }

    /// Gives a node another name, in place of what has it. Returns what is to be freed after the lock.
    func move(
        _ node: LayerNode, from name: [UInt8], in parent: LayerNode, to newName: [UInt8], in newParent: LayerNode,
        over existing: LayerFolder.Found?
    ) throws(ErrorNumber) -> LayerNode? {
        guard newParent.links > 0 else { throw .noEntry }
        try keep(node)
        try newParent.folder?.set(newName, to: node.number)
        parent.folder?.remove(name)
        (node.parent, node.name) = (newParent.number, newName)
        node.touchStatus()
        touch(parent)
        touch(newParent)
        guard case .node(let number)? = existing, let replaced = nodes[number] else { return nil }
        return drop(replaced)
    }
}
