import Platform
import SandboxProtocol
import WebAssembly
import WebAssemblyRuntime

/// The innermost call of a trap that is in the project's own source, with the lines around it.
///
/// A module says itself where its source is: no file outside the project is shown.
struct SourcePlace {
    let function: String
    /// Relative to the project.
    let file: String
    /// Absolute.
    let path: String
    let line: Int
    let column: Int?
    let excerpt: [ProjectStatus.SourceLine]

    /// - Parameter directory: The project's.
    init?(_ stack: [Trap.Frame], in directory: String) {
        for frame in stack where !frame.isOfLibrary {
            guard let location = frame.sourceLocation,
                let path = Self.path(of: location.file, in: directory)
            else { continue }
            let excerpt = SourceExcerpt.lines(around: location.line, of: path)
            guard !excerpt.isEmpty else { continue }
            function = frame.shownName
            file = String(path.dropFirst(directory.utf8.count + 1))
            self.path = path
            line = location.line
            column = location.column
            self.excerpt = excerpt
            return
        }
        return nil
    }

    /// The path of a source file, if it is in the project, and not a link that leads out of it.
    static func path(of file: String, in directory: String) -> String? {
        let path = FilePath.absolute(file, in: directory)
        guard path.hasPrefix(directory + "/"), let real = resolvedPath(path), let root = resolvedPath(directory),
            real.hasPrefix(root + "/"), FileStatus(path: path)?.isRegular == true
        else { return nil }
        return path
    }
}
