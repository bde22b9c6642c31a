import Foundation

/// The names of an application's files, found out when somebody wants to know.
struct AssetNames: Sendable {
    /// The directory that they are laid out in; nil if there is none.
    let root: String?

    /// More are not looked at: it is for people, who do not read them either.
    private static let limit = 5_000

    /// The paths of the files below the root, in order.
    func list() -> [String] {
        guard let root, let entries = FileManager.default.enumerator(atPath: root) else { return [] }
        var names: [String] = []
        for case let name as String in entries {
            if names.count == Self.limit { break }
            if entries.fileAttributes?[.type] as? FileAttributeType != .typeDirectory { names.append(name) }
        }
        return names.sorted()
    }
}
