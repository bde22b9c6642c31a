/// Finds programs as the shell does.
package enum ExecutablePath {
    /// The path of a program: itself if it has a slash, else the first of that name in the directories of `path`.
    package static func find(_ program: String, in path: String?) -> String? {
        if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
        for directory in (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
            let candidate = "\(directory)/\(program)"
            if access(candidate, X_OK) == 0, FileStatus(path: candidate)?.isDirectory == false { return candidate }
        }
        return nil
    }
}
