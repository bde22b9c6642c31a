import Content

/// A directory of a wwwroot that a guest has open. Everything in it can be read, and every change is `EROFS`.
///
/// Nothing here has a state, so guests of all threads may use one wwwroot at once.
final class ContentDirectory: OpenDirectory {
    /// What a path leads to.
    private enum Found {
        case folder(ContentTree.Folder)
        case file(ContentFile, inode: UInt64, path: String)
        /// A directory that is there has nothing of the last name.
        case nothing
    }

    private let tree: ContentTree
    private let folder: ContentTree.Folder

    init(_ tree: ContentTree, _ folder: ContentTree.Folder) {
        self.tree = tree
        self.folder = folder
    }

    private func find(_ path: GuestPath) throws(ErrorNumber) -> Found {
        var walk = try TreeWalk(path)
        var above: [ContentTree.Folder] = []
        var current = folder
        while let component = try walk.next() {
            switch component {
            case .current:
                break
            case .parent:
                guard let parent = above.popLast() else { throw .operationNotPermitted }
                current = parent
            case .name(let name):
                switch tree.node(named: name, in: current) {
                case .directory(let directory):
                    above.append(current)
                    current = ContentTree.Folder(directory: directory, path: current.path(of: name))
                case .file(let file, let inode):
                    guard walk.isAtEnd, !walk.endsInSlash else { throw .notDirectory }
                    return .file(file, inode: inode, path: current.path(of: name))
                case nil:
                    guard walk.isAtEnd else { throw .noEntry }
                    return .nothing
                }
            }
        }
        return .folder(current)
    }

    // MARK: The directory itself

    func status() throws(ErrorNumber) -> FileStatus { FileStatus(folder.directory) }

    func setTimes(_ times: FileTimes) throws(ErrorNumber) { throw .readOnlyFileSystem }

    func synchronize(dataOnly: Bool) throws(ErrorNumber) {}

    func list(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(ErrorNumber) {
        guard DirectoryEntry.listDots(inode: folder.directory.inode, from: cookie, body) else { return }
        let start = cookie - min(cookie, DirectoryEntry.dotCount)
        tree.wwwroot.entries(of: folder.directory, after: start) { name, node, cookie in
            body(
                DirectoryEntry(
                    next: cookie + DirectoryEntry.dotCount, inode: node.inode, type: FileStatus(node).type, name: name))
        }
    }

    // MARK: Paths below it

    func open(_ request: OpenRequest, isInterrupted: () -> Bool) throws(ErrorNumber) -> Opened {
        let creates = request.flags.contains(.create)
        let found = try find(request.path)
        if case .nothing = found { throw creates ? .readOnlyFileSystem : .noEntry }
        if creates, request.flags.contains(.exclusive) { throw .fileExists }
        switch found {
        case .folder(let folder):
            guard !creates, !request.changesContents else { throw .isDirectory }
            return .directory(ContentDirectory(tree, folder))
        case .file(let file, let inode, let path):
            guard !request.flags.contains(.directory) else { throw .notDirectory }
            guard !request.changesContents else { throw .readOnlyFileSystem }
            let content = try tree.open(file, at: path)
            return .file(ContentFileReader(content, FileStatus(file, inode: inode), path: path))
        case .nothing:
            throw .noEntry
        }
    }

    func status(of path: GuestPath, follows: Bool) throws(ErrorNumber) -> FileStatus {
        switch try find(path) {
        case .folder(let folder): FileStatus(folder.directory)
        case .file(let file, let inode, _): FileStatus(file, inode: inode)
        case .nothing: throw .noEntry
        }
    }

    func readLink(_ path: GuestPath) throws(ErrorNumber) -> [UInt8] {
        _ = try status(of: path, follows: false)
        // There are no links.
        throw .invalidArgument
    }

    // MARK: Changes

    func setTimes(_ times: FileTimes, of path: GuestPath, follows: Bool) throws(ErrorNumber) {
        throw .readOnlyFileSystem
    }

    func makeDirectory(_ path: GuestPath) throws(ErrorNumber) { throw .readOnlyFileSystem }
    func removeDirectory(_ path: GuestPath) throws(ErrorNumber) { throw .readOnlyFileSystem }
    func unlink(_ path: GuestPath) throws(ErrorNumber) { throw .readOnlyFileSystem }

    func makeLink(to target: GuestPath, at path: GuestPath) throws(ErrorNumber) { throw .readOnlyFileSystem }

    func rename(_ path: GuestPath, to target: any OpenDirectory, _ newPath: GuestPath) throws(ErrorNumber) {
        throw .readOnlyFileSystem
    }

    func link(
        _ path: GuestPath, follows: Bool, to target: any OpenDirectory, _ newPath: GuestPath
    ) throws(ErrorNumber) {
        throw .readOnlyFileSystem
    }
}
