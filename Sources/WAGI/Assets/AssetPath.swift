/// The name of an asset as a path within a directory, which no name from outside can leave.
struct AssetPath: Hashable {
    let components: [Substring]

    /// Nil unless the name is a plain relative path: no empty component, no `.` or `..`, no NUL, not absolute.
    init?(_ name: String) {
        let components = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.utf8.contains(0),
            components.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 })
        else { return nil }
        self.components = components
    }

    var description: String { components.joined(separator: "/") }
    /// The directory that it is in, empty for the root.
    var directory: String { components.dropLast().joined(separator: "/") }
}
