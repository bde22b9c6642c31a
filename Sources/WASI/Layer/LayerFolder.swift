/// The names of a directory in a layer: those of the wwwroot, if it comes from there, as far as they have not changed,
/// and those that were added.
///
/// Each name has a cookie that stays while the directory changes, so that a listing in parts tells every name once that
/// is there all the time: a name of the wwwroot keeps the cookie that it has there, whatever stands for it by now, and a
/// name that is added gets one that is greater than all before.
///
/// Every variable is used under the layer's lock only.
final class LayerFolder {
    enum Slot {
        /// A name of the wwwroot that was removed.
        case removed
        /// - cookie: of a name that the wwwroot does not have.
        case node(LayerNode.Number, cookie: UInt64?)
    }

    /// The directory of the wwwroot that shows through; `nil` for one that was made here, or was removed.
    private(set) var base: ContentTree.Folder?
    private let tree: ContentTree
    private var slots: [[UInt8]: Slot] = [:]
    /// The names that were added, in the order of their cookies; some may have gone again.
    private var added: [(cookie: UInt64, name: [UInt8])] = []
    /// How many of `added` have gone.
    private var goneCount = 0
    private var nextCookie = LayerFolder.firstAddedCookie

    /// The cookies of a wwwroot's names are smaller. Guests of 32 bits keep cookies in a `long`.
    static let firstAddedCookie: UInt64 = 1 << 30
    private static let lastCookie: UInt64 = (1 << 31) - 1

    init(_ base: ContentTree.Folder?, of tree: ContentTree) {
        self.base = base
        self.tree = tree
    }

    /// What has a name.
    enum Found {
        case node(LayerNode.Number)
        /// It is as in the wwwroot.
        case content(LayerContent)
    }

    func find(_ name: [UInt8]) -> Found? {
        switch slots[name] {
        case .removed: return nil
        case .node(let number, _): return .node(number)
        case nil:
            guard let base, let node = tree.node(named: name, in: base) else { return nil }
            return .content(LayerContent(node, in: base, name))
        }
    }

    /// Whether nothing here differs from the wwwroot, and no node stands for any of its names.
    var isUntouched: Bool { slots.isEmpty }

    private func isOfBase(_ name: [UInt8]) -> Bool {
        base.map { tree.node(named: name, in: $0) != nil } ?? false
    }

    /// Lets a node stand for a name, in place of what stands for it.
    ///
    /// - Throws: `noSpace` if there are no cookies left, after 2³⁰ names.
    func set(_ name: [UInt8], to number: LayerNode.Number) throws(ErrorNumber) {
        if case .node(_, let cookie) = slots[name] {
            slots[name] = .node(number, cookie: cookie)
        } else if isOfBase(name) {
            slots[name] = .node(number, cookie: nil)
        } else {
            guard nextCookie < Self.lastCookie else { throw .noSpace }
            slots[name] = .node(number, cookie: nextCookie)
            added.append((nextCookie, name))
            nextCookie += 1
        }
    }

    /// Removes a name.
    func remove(_ name: [UInt8]) {
        if isOfBase(name) {
            slots[name] = .removed
            return
        }
        guard case .node(_, .some) = slots.removeValue(forKey: name) else { return }
        goneCount += 1
        guard goneCount > 16, goneCount > added.count / 2 else { return }
        added.removeAll { !isCurrent($0.cookie, $0.name) }
        goneCount = 0
    }

    /// Lets the wwwroot show again under a name that a node has stood for.
    func forget(_ name: [UInt8]) {
        slots[name] = nil
    }

    private func isCurrent(_ cookie: UInt64, _ name: [UInt8]) -> Bool {
        guard case .node(_, cookie) = slots[name] else { return false }
        return true
    }

    var isEmpty: Bool {
        for case .node in slots.values { return false }
        guard let base else { return true }
        var isEmpty = true
        tree.wwwroot.entries(of: base.directory, after: 0) { name, _, _ in
            isEmpty = slots[Array(name)] != nil
            return isEmpty
        }
        return isEmpty
    }

    /// The directory was removed, empty as it was: nothing shows here any more.
    func clear() {
        base = nil
        slots = [:]
        added = []
        goneCount = 0
    }

    private func indexOfAdded(after cookie: UInt64) -> Int {
        var (low, high) = (0, added.count)
        while low < high {
            let middle = (low + high) / 2
            if added[middle].cookie > cookie { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Calls `body` with the entries after a cookie, but for `.` and `..`, until it returns false.
    func list(
        from cookie: UInt64, _ nodes: [LayerNode.Number: LayerNode], _ body: (DirectoryEntry) -> Bool
    ) {
        if let base, cookie < Self.firstAddedCookie {
            var goesOn = true
            let start = cookie - min(cookie, DirectoryEntry.dotCount)
            tree.wwwroot.entries(of: base.directory, after: start) { name, content, cookie in
                let next = cookie + DirectoryEntry.dotCount
                switch slots.isEmpty ? nil : slots[Array(name)] {
                case .removed: return true
                case .node(let number, _):
                    guard let node = nodes[number] else { return true }
                    goesOn = body(DirectoryEntry(next: next, inode: node.inode, type: node.type, name: name))
                case nil:
                    let type = FileStatus(content).type
                    goesOn = body(DirectoryEntry(next: next, inode: content.inode, type: type, name: name))
                }
                return goesOn
            }
            guard goesOn else { return }
        }
        var index = indexOfAdded(after: cookie)
        while index < added.count {
            let (cookie, name) = added[index]
            index += 1
            guard case .node(let number, cookie) = slots[name], let node = nodes[number] else { continue }
            let goesOn = name.withUnsafeBufferPointer { name in
                body(DirectoryEntry(next: cookie, inode: node.inode, type: node.type, name: name))
            }
            guard goesOn else { return }
        }
    }
}
