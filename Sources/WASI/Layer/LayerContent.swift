import Content

/// A file or directory of the wwwroot that shows through a layer as it is.
struct LayerContent {
    let node: Wwwroot.Node
    /// The path that it has in the wwwroot.
    let path: String

    init(_ node: Wwwroot.Node, in folder: ContentTree.Folder, _ name: [UInt8]) {
        self.node = node
        path = folder.path(of: name)
    }

    /// What is in a directory under a name.
    func find(_ name: [UInt8], _ tree: ContentTree) -> LayerContent? {
        guard case .directory(let directory) = node else { return nil }
        let folder = ContentTree.Folder(directory: directory, path: path)
        return tree.node(named: name, in: folder).map { LayerContent($0, in: folder, name) }
    }

    var isDirectory: Bool {
        if case .directory = node { true } else { false }
    }
}
