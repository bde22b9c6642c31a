import Content
import Platform

/// What stands where a module should be.
enum ModuleFile {
    case file(FileIdentity)
    case absent
    /// It is a symbolic link that leads out of the project, or lies behind one.
    case leavesProject(target: String)
    case isNoFile

    /// - Parameter root: the project's directory without symbolic links.
    init(_ path: RelativePath, below root: String) {
        guard let resolved = resolvedPath("\(root)/\(path)"), let status = FileStatus(path: resolved) else {
            self = .absent
            return
        }
        if !isInside(resolved, root) {
            self = .leavesProject(target: resolved)
        } else {
            self = status.kind == .regular ? .file(status.identity) : .isNoFile
        }
    }
}

extension RelativePath {
    /// Whether the module at this path is text, which is assembled.
    var isTextModule: Bool { string.utf8.suffix(4).elementsEqual(".wat".utf8) }
}
