/// What makes the modules of a project, as far as the one who expands it knows.
package enum ModuleBuild: Hashable, Sendable {
    /// Nothing that is known: the modules are files of the project like others.
    case absent
    /// A build command that was not run before this expansion.
    case notRun(command: String)
    /// A build command that was run before.
    case hasRun(command: String)

    /// What is said of a module that does not exist.
    var problemOfAbsentModule: String {
        switch self {
        case .absent: "does not exist"
        case .notRun(let command): "does not exist; run the build command first: \(command)"
        case .hasRun(let command): "does not exist, though the build command was run: \(command)"
        }
    }
}
