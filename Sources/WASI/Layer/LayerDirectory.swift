/// A directory of a layer that a guest has open.
final class LayerDirectory: OpenDirectory {
    private let layer: TransientLayer
    private let node: LayerNode

    /// - Parameter node: counted as used, which ends with this.
    init(_ layer: TransientLayer, _ node: LayerNode) {
        self.layer = layer
        self.node = node
    }

    deinit {
        layer.release(node)
    }

    // MARK: The directory itself

    func status() throws(ErrorNumber) -> FileStatus { layer.lock.locked { node.status } }

    func setTimes(_ times: FileTimes) throws(ErrorNumber) {
        try layer.lock.locked { () throws(ErrorNumber) in
            try layer.keep(node)
            node.setTimes(times)
        }
    }

    func synchronize(dataOnly: Bool) throws(ErrorNumber) {}

    func list(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(ErrorNumber) {
        layer.lock.locked {
            guard node.links > 0 else { return }
            guard DirectoryEntry.listDots(inode: node.inode, from: cookie, body) else { return }
            node.folder?.list(from: cookie, layer.nodes, body)
        }
    }

    // MARK: Opening

    func open(_ request: OpenRequest, isInterrupted: () -> Bool) throws(ErrorNumber) -> Opened {
        let opened = try layer.lock.locked { () throws(ErrorNumber) in try open(request) }
        if case .file(let file as LayerFileHandle) = opened {
            if request.flags.contains(.truncate) { try file.file.setSize(0) } else { try file.file.prepare() }
        }
        return opened
    }

    private func open(_ request: OpenRequest) throws(ErrorNumber) -> Opened {
        let flags = request.flags
        let creates = flags.contains(.create)
        let isExclusive = creates && flags.contains(.exclusive)
        let place = try layer.walk(
            request.path, from: node, follows: (request.followsLast || request.path.endsInSlash) && !isExclusive)
        if creates, place.endsInSlash { throw .isDirectory }
        guard let found = place.found else {
            guard creates, case .name(let name) = place.last else { throw .noEntry }
            let parent = layer.parent(of: place)
            defer { layer.settle(parent) }
            let file = LayerFile(layer.budget)
            let created = try layer.create(.file(file), named: name, in: parent)
            return .file(LayerFileHandle(layer, layer.use(created), file, request))
        }
        guard !isExclusive else { throw .fileExists }
        if found.isDirectory {
            guard !creates, !request.changesContents else { throw .isDirectory }
            return .directory(LayerDirectory(layer, layer.use(layer.node(found, at: place))))
        }
        guard !place.endsInSlash, !flags.contains(.directory) else { throw .notDirectory }
        guard found.linkTarget == nil else { throw .tooManySymbolicLinks }
        let opened = layer.node(found, at: place)
        if request.changesContents {
            do throws(ErrorNumber) {
                try layer.keep(opened)
            } catch {
                layer.settle(opened)
                throw error
            }
        }
        guard case .file(let file) = opened.body else { throw .inputOutput }
        return .file(LayerFileHandle(layer, layer.use(opened), file, request))
    }

    // MARK: Looking

    func status(of path: GuestPath, follows: Bool) throws(ErrorNumber) -> FileStatus {
        try layer.lock.locked { () throws(ErrorNumber) in
            try layer.walk(path, from: node, follows: follows || path.endsInSlash).existing.status
        }
    }

    func readLink(_ path: GuestPath) throws(ErrorNumber) -> [UInt8] {
        try layer.lock.locked { () throws(ErrorNumber) in
            let found = try layer.walk(path, from: node, follows: path.endsInSlash).existing
            guard let target = found.linkTarget else { throw .invalidArgument }
            return target
        }
    }

    // MARK: Changes

    func setTimes(_ times: FileTimes, of path: GuestPath, follows: Bool) throws(ErrorNumber) {
        try layer.lock.locked { () throws(ErrorNumber) in
            let place = try layer.walk(path, from: node, follows: follows || path.endsInSlash)
            let changed = layer.node(try place.existing, at: place)
            defer { layer.settle(changed) }
            try layer.keep(changed)
            changed.setTimes(times)
        }
    }

    func makeDirectory(_ path: GuestPath) throws(ErrorNumber) {
        try make(at: path, mayEndInSlash: true) { .directory(LayerFolder(nil, of: layer.tree)) }
    }

    func makeLink(to target: GuestPath, at path: GuestPath) throws(ErrorNumber) {
        try make(at: path, mayEndInSlash: false) { .link(target.bytes.map { UInt8(bitPattern: $0) }) }
    }

    private func make(
        at path: GuestPath, mayEndInSlash: Bool, _ body: () -> LayerNode.Body
    ) throws(ErrorNumber) {
        try layer.lock.locked { () throws(ErrorNumber) in
            let place = try layer.walk(path, from: node, follows: false)
            guard place.found == nil, case .name(let name) = place.last else { throw .fileExists }
            guard mayEndInSlash || !place.endsInSlash else { throw .noEntry }
            let parent = layer.parent(of: place)
            defer { layer.settle(parent) }
            _ = try layer.create(body(), named: name, in: parent)
        }
    }

    func removeDirectory(_ path: GuestPath) throws(ErrorNumber) {
        let freed = try layer.lock.locked { () throws(ErrorNumber) -> LayerNode? in
            let place = try layer.walk(path, from: node, follows: false)
            let found = try place.existing
            guard found.isDirectory else { throw .notDirectory }
            switch place.last {
            case .current: throw .invalidArgument
            case .parent: throw .directoryNotEmpty
            case .name(let name):
                guard Self.isEmpty(found) else { throw .directoryNotEmpty }
                return layer.removeName(name, of: found.asEntry, in: layer.parent(of: place))
            }
        }
        withExtendedLifetime(freed) {}
    }

    /// Whether nothing is in a directory. There are no empty ones in a wwwroot.
    private static func isEmpty(_ found: LayerPlace.Found) -> Bool {
        if case .node(let node) = found { node.folder?.isEmpty ?? false } else { false }
    }

    func unlink(_ path: GuestPath) throws(ErrorNumber) {
        let freed = try layer.lock.locked { () throws(ErrorNumber) -> LayerNode? in
            let place = try layer.walk(path, from: node, follows: false)
            let found = try place.existing
            guard !found.isDirectory, case .name(let name) = place.last else { throw .isDirectory }
            return layer.removeName(name, of: found.asEntry, in: layer.parent(of: place))
        }
        withExtendedLifetime(freed) {}
    }

    func rename(_ path: GuestPath, to target: any OpenDirectory, _ newPath: GuestPath) throws(ErrorNumber) {
        guard let target = target as? LayerDirectory, target.layer === layer else { throw .crossDeviceLink }
        let freed = try layer.lock.locked { () throws(ErrorNumber) in
            try rename(
                layer.walk(path, from: node, follows: false), to: layer.walk(newPath, from: target.node, follows: false)
            )
        }
        withExtendedLifetime(freed) {}
    }

    private func rename(_ source: LayerPlace, to target: LayerPlace) throws(ErrorNumber) -> LayerNode? {
        guard case .name(let name) = source.last, case .name(let newName) = target.last else { throw .busy }
        let isDirectory = try source.existing.isDirectory
        guard isDirectory || !target.endsInSlash else { throw .notDirectory }
        let (parent, newParent) = (layer.parent(of: source), layer.parent(of: target))
        let moved = layer.node(try source.existing, at: source)
        defer { for node in [moved, parent, newParent] { layer.settle(node) } }
        var above: LayerNode? = isDirectory ? newParent : nil
        while let node = above {
            guard node !== moved else { throw .invalidArgument }
            above = node.parent.flatMap { layer.nodes[$0] }
        }
        // Looked for again: the source may be it, and have become a node only now.
        let existing = newParent.folder?.find(newName)
        switch existing {
        case .node(let number):
            if number == moved.number { return nil }
            let node = layer.nodes[number]
            if let folder = node?.folder {
                guard isDirectory else { throw .isDirectory }
                guard folder.isEmpty else { throw .directoryNotEmpty }
            } else if isDirectory {
                throw .notDirectory
            }
        case .content(let content):
            guard content.isDirectory == isDirectory else { throw isDirectory ? .notDirectory : .isDirectory }
            guard !isDirectory else { throw .directoryNotEmpty }
        case nil:
            break
        }
        return try layer.move(moved, from: name, in: parent, to: newName, in: newParent, over: existing)
    }

    func link(
        _ path: GuestPath, follows: Bool, to target: any OpenDirectory, _ newPath: GuestPath
    ) throws(ErrorNumber) {
        guard let target = target as? LayerDirectory, target.layer === layer else { throw .crossDeviceLink }
        try layer.lock.locked { () throws(ErrorNumber) in
            let source = try layer.walk(path, from: node, follows: follows || path.endsInSlash)
            let place = try layer.walk(newPath, from: target.node, follows: false)
            let found = try source.existing
            guard place.found == nil, case .name(let name) = place.last else { throw .fileExists }
            guard !place.endsInSlash else { throw .noEntry }
            guard !found.isDirectory else { throw .operationNotPermitted }
            let (linked, parent) = (layer.node(found, at: source), layer.parent(of: place))
            defer { for node in [linked, parent] { layer.settle(node) } }
            try layer.addName(name, of: linked, in: parent)
        }
    }
}
