import Platform

/// Paths of directories with `*` and `?`, as Cargo takes them for the members of a workspace.
enum DirectoryPattern {
    /// The directories below `root` that a pattern names, in the order of their names; absolute.
    static func directories(_ pattern: String, below root: String) -> [String] {
        var found = [root]
        for component in pattern.split(separator: "/") where component != "." {
            if component == ".." {
                found = found.map(FilePath.parent)
            } else if component.contains(where: { "*?".contains($0) }) {
                found = found.flatMap { directory in
                    ((try? Directories.names(in: directory)) ?? []).sorted().filter {
                        !$0.hasPrefix(".")
                            && matches(Array($0.unicodeScalars)[...], Array(component.unicodeScalars)[...])
                    }.map { "\(directory)/\($0)" }
                }
            } else {
                found = found.map { "\($0)/\(component)" }
            }
        }
        return found.filter { FileStatus(path: $0)?.isDirectory == true }
    }

    private static func matches(_ name: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" { return matches(name, rest) || (!name.isEmpty && matches(name.dropFirst(), pattern)) }
        guard let scalar = name.first else { return false }
        return (first == "?" || first == scalar) && matches(name.dropFirst(), rest)
    }
}
