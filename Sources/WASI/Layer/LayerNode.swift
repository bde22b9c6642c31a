/// What a layer keeps of a file, directory or symbolic link that is used or has changed.
///
/// A node of a wwwroot is made when somebody opens it or changes it, so that all who have it open see the same, and goes
/// again when nobody has it open any more and nothing of it has changed. Nodes know each other by number: a chain of
/// references as long as a path can be deep would be released by recursion.
///
/// Every variable is used under the layer's lock only.
final class LayerNode {
    typealias Number = Int

    enum Body {
        case directory(LayerFolder)
        case file(LayerFile)
        case link([UInt8])
    }

    let number: Number
    let inode: UInt64
    let body: Body
    /// How many names it has; a directory that was removed has none.
    var links = 0
    /// How many descriptors refer to it.
    var uses = 0
    /// Whether it differs from the wwwroot, and stays though nobody uses it.
    var isKept = false
    /// How many of the layer's entries it is counted as.
    var charge = 0
    /// The directory that has its name: of every directory but the root, and of what is not kept.
    var parent: Number?
    /// Its name in `parent`.
    var name: [UInt8] = []
    /// Of directories and links; files have their own.
    var times: LayerTimes

    init(_ number: Number, inode: UInt64, _ body: Body, _ times: LayerTimes) {
        self.number = number
        self.inode = inode
        self.body = body
        self.times = times
    }

    var folder: LayerFolder? {
        if case .directory(let folder) = body { folder } else { nil }
    }

    var isDirectory: Bool { folder != nil }

    var type: FileType {
        switch body {
        case .directory: .directory
        case .file: .regularFile
        case .link: .symbolicLink
        }
    }

    var status: FileStatus {
        switch body {
        case .directory: FileStatus(type: .directory, inode: inode, linkCount: links, size: 0, times)
        case .file(let file): file.status(inode: inode, linkCount: links)
        case .link(let target):
            FileStatus(type: .symbolicLink, inode: inode, linkCount: links, size: target.count, times)
        }
    }

    func setTimes(_ times: FileTimes) {
        if case .file(let file) = body { file.setTimes(times) } else { self.times.set(times) }
    }

    func touchStatus() {
        if case .file(let file) = body { file.touchStatus() } else { times.change = LayerTimes.now }
    }
}
