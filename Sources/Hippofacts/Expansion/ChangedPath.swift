package import Content

/// Something in a project that may have changed.
package struct ChangedPath: Hashable, Sendable, CustomStringConvertible {
    /// Relative to the project.
    package let path: RelativePath
    /// Whether a directory came or went, with all that is in it.
    package let isDirectory: Bool

    package init(_ path: RelativePath, isDirectory: Bool = false) {
        self.path = path
        self.isDirectory = isDirectory
    }

    /// The path; with a slash after it if it is a directory's.
    package var description: String { isDirectory ? path.string + "/" : path.string }
}

extension ChangedPath: Comparable {
    /// By the bytes of the paths.
    package static func < (left: ChangedPath, right: ChangedPath) -> Bool {
        left.path == right.path ? !left.isDirectory && right.isDirectory : left.path < right.path
    }
}

extension ChangedPath: ExpressibleByStringLiteral {
    /// A path as `description` gives it. The program stops if it is invalid.
    package init(stringLiteral text: String) {
        let isDirectory = text.utf8.last == UInt8(ascii: "/")
        guard let path = RelativePath(validating: isDirectory ? String(text.dropLast()) : text) else {
            preconditionFailure("'\(text)' is no relative path")
        }
        self.init(path, isDirectory: isDirectory)
    }
}
