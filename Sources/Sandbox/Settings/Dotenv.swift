import Content
import Platform

/// `.env`, a project's file of variables that are the developer's own: keys of services, say.
///
/// It is read by what runs the project, and by nothing that hands it on. See Environment.md in Sandbox.docc.
enum Dotenv {
    static let name = ".env"
    static let path = RelativePath(validating: name)!

    /// Reads the file in a project's directory; no variables if there is none.
    static func read(inProject directory: String) throws(Failure) -> [SandboxSettings.Variable] {
        let path = "\(directory)/\(name)"
        guard FileStatus(path: path) != nil else { return [] }
        return try SandboxSettings.Variable.read(file: path, shownPath: name)
    }
}
