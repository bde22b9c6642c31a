/// A file that a scaffold writes.
public struct ScaffoldFile: Hashable, Sendable {
    /// Relative to the project, with `/` between components.
    public let path: String
    public let content: String

    public init(_ path: String, _ content: String) {
        self.path = path
        self.content = content
    }
}
