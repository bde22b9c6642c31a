/// Why names and contents make no wwwroot.
package enum WwwrootError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One name stands for two contents.
    case twoContents(RelativePath)
    /// One name stands for a file, and for a directory that another file is in.
    case fileIsDirectory(RelativePath)
    case unusable(ImageError)

    package var description: String {
        switch self {
        case .twoContents(let path):
            "there are two files named \(path.string.debugDescription) with different contents: a name can stand for one only"
        case .fileIsDirectory(let path):
            "there is a file named \(path.string.debugDescription), which is a directory of another file"
        case .unusable(let error): "\(error)"
        }
    }
}
