/// Where a path leads to in a layer.
struct LayerPlace {
    /// What the last component says.
    enum Last {
        case name([UInt8])
        /// It is `.`, so that the path names a directory that has its name elsewhere.
        case current
        /// It is `..`.
        case parent
    }

    /// What was found under the path.
    enum Found {
        case node(LayerNode)
        case content(LayerContent)

        var isDirectory: Bool {
            switch self {
            case .node(let node): node.isDirectory
            case .content(let content): content.isDirectory
            }
        }

        var linkTarget: [UInt8]? {
            if case .node(let node) = self, case .link(let target) = node.body { target } else { nil }
        }

        var status: FileStatus {
            switch self {
            case .node(let node): node.status
            case .content(let content): FileStatus(content.node)
            }
        }

        /// As a directory knows it.
        var asEntry: LayerFolder.Found {
            switch self {
            case .node(let node): .node(node.number)
            case .content(let content): .content(content)
            }
        }
    }

    /// A directory on the way, and the name by which the path has come to it.
    fileprivate struct Step {
        let place: Found
        let name: [UInt8]
    }

    /// From the start to the directory that has the last name; to the path's own directory if that is `.` or `..`.
    fileprivate let trail: [Step]
    let last: Last
    /// `nil` if the directory has nothing of the last name.
    let found: Found?
    let endsInSlash: Bool

    /// What is found there.
    ///
    /// - Throws: `noEntry` if there is nothing, `notDirectory` if a slash follows the name of what is not a directory.
    var existing: Found {
        get throws(ErrorNumber) {
            guard let found else { throw .noEntry }
            guard !endsInSlash || found.isDirectory else { throw .notDirectory }
            return found
        }
    }
}

extension TransientLayer {
    /// Walks a path from a directory on. Under the lock.
    ///
    /// - Parameter follows: whether a symbolic link in the last component is followed.
    func walk(_ path: GuestPath, from start: LayerNode, follows: Bool) throws(ErrorNumber) -> LayerPlace {
        var walk = try TreeWalk(path)
        var trail = [LayerPlace.Step(place: .node(start), name: [])]
        var last = LayerPlace.Last.current
        while let component = try walk.next() {
            switch component {
            case .current:
                last = .current
            case .parent:
                last = .parent
                trail.removeLast()
                guard !trail.isEmpty else { throw .operationNotPermitted }
            case .name(let name):
                let found = find(name, in: trail[trail.count - 1].place)
                if let target = found?.linkTarget, !walk.isAtEnd || follows {
                    let path = target.map { CChar(bitPattern: $0) } + [0]
                    try walk.follow(GuestPath(unchecked: path))
                } else if walk.isAtEnd {
                    return LayerPlace(trail: trail, last: .name(name), found: found, endsInSlash: walk.endsInSlash)
                } else {
                    guard let found else { throw .noEntry }
                    guard found.isDirectory else { throw .notDirectory }
                    trail.append(LayerPlace.Step(place: found, name: name))
                }
            }
        }
        return LayerPlace(trail: trail, last: last, found: trail.last?.place, endsInSlash: walk.endsInSlash)
    }

    private func find(_ name: [UInt8], in place: LayerPlace.Found) -> LayerPlace.Found? {
        switch place {
        case .node(let node):
            switch node.folder?.find(name) {
            case .node(let number): nodes[number].map { .node($0) }
            case .content(let content): .content(content)
            case nil: nil
            }
        case .content(let content):
            content.find(name, tree).map { .content($0) }
        }
    }

    /// The node of the directory that a place's last name is in; made now, with those above it, if nothing in it has
    /// changed yet. Under the lock.
    func parent(of place: LayerPlace) -> LayerNode {
        var parent: LayerNode?
        for step in place.trail {
            switch step.place {
            case .node(let node): parent = node
            case .content(let content): parent = parent.map { adopt(content, named: step.name, in: $0) }
            }
        }
        // A trail begins with a node.
        return parent!
    }

    /// The node of what was found at a place; made now if it is as the wwwroot has it. Under the lock.
    func node(_ found: LayerPlace.Found, at place: LayerPlace) -> LayerNode {
        switch found {
        case .node(let node): return node
        case .content(let content):
            let parent = parent(of: place)
            guard case .name(let name) = place.last else { return parent }
            return adopt(content, named: name, in: parent)
        }
    }
}
