import Content

/// The names of an application's files, found out when somebody wants to know.
struct AssetNames: Sendable {
    /// nil if there are none.
    let wwwroot: Wwwroot?

    /// More are not looked at: it is for people, who do not read them either.
    private static let limit = 5_000

    /// The paths of the files below the root, in order.
    func list() -> [String] {
        var names: [RelativePath] = []
        wwwroot?.forEachFile { path, _, _ in
            names.append(path)
            return names.count < Self.limit
        }
        return names.sorted().map(\.string)
    }
}
