/// Why a text is not the path of something below a root.
package struct RelativePathError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        case empty
        case absolute
        case emptyComponent
        /// A component is `.` or `..`.
        case dots
        case nul
        /// A component has more than 255 bytes.
        case tooLong
    }

    package let path: String
    package let problem: Problem

    package init(path: String, problem: Problem) {
        (self.path, self.problem) = (path, problem)
    }

    package var description: String {
        switch problem {
        case .empty: "the path is empty"
        case .absolute: "the path \(path.debugDescription) begins with a slash"
        case .emptyComponent: "the path \(path.debugDescription) has an empty component"
        case .dots: "the path \(path.debugDescription) has a component '.' or '..'"
        case .nul: "the path \(path.debugDescription) has a NUL in it"
        case .tooLong:
            "the path \(path.debugDescription) has a component of more than \(RelativePath.maximumComponentLength) bytes"
        }
    }
}
