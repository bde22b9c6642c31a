package import Platform

/// The programs that an inspection asks, where they are installed.
package struct ProjectTools: Sendable {
    /// Runs a program in a directory; `nil` if there is none.
    package let run: @Sendable (_ words: [String], _ directory: String) -> ProgramRun?

    package init(run: @escaping @Sendable (_ words: [String], _ directory: String) -> ProgramRun?) {
        self.run = run
    }

    /// Those on the `PATH`.
    package static let installed = ProjectTools { ProgramRun.of($0, in: $1) }
    /// None: what a project is like is read from its files.
    package static let none = ProjectTools { _, _ in nil }
}
