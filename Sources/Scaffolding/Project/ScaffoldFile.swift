/// A file that a scaffold writes.
package struct ScaffoldFile: Hashable, Sendable {
    /// Relative to the project, with `/` between components.
    package let path: String
    package let content: String

    package init(_ path: String, _ content: String) {
        self.path = path
        self.content = content
    }
}
