import Platform

/// The names of an application's files, found out when somebody wants to know.
struct AssetNames: Sendable {
    /// The directory that they are laid out in; nil if there is none.
    let root: String?

    /// More are not looked at: it is for people, who do not read them either.
    private static let limit = 5_000

    /// The paths of the files below the root, in order.
    func list() -> [String] {
        guard let root else { return [] }
        var names: [String] = []
        var directories = [""]
        while let directory = directories.popLast(), names.count < Self.limit {
            for name in (try? Directories.names(in: "\(root)/\(directory)")) ?? [] where names.count < Self.limit {
                let path = directory.isEmpty ? name : "\(directory)/\(name)"
                if FileStatus(linkAt: "\(root)/\(path)")?.isDirectory == true {
                    directories.append(path)
                } else {
                    names.append(path)
                }
            }
        }
        return names.sorted()
    }
}
