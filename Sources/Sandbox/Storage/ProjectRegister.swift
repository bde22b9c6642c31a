import Platform

/// The list of the projects that a user has served, so that what was left in them can be found again.
package struct ProjectRegister: Sendable {
    /// A line for each project's directory.
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// The one in the user's directory for settings.
    package static var ofThisUser: ProjectRegister {
        ProjectRegister(path: UserFile.projects.path())
    }

    /// A user has hardly more projects than fit into it; in bytes.
    private static let longestFile = 4 << 20

    /// The directories of the projects, in the order in which they were served first.
    package var projects: [String] {
        guard let bytes = try? FileReader.bytes(of: path, limit: Self.longestFile) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Adds a project, unless it is known, or among the system's temporary files, which go by themselves. Where that is not
    /// possible, nothing is lost but the help to find it.
    package func note(_ directory: String) {
        guard !directory.contains("\n"), !directory.hasPrefix(FilePath.temporaryDirectory + "/"),
            !projects.contains(directory)
        else { return }
        try? Directories.make(FilePath.parent(path))
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // In one go, since another sandbox may do the same.
        let line = Array((directory + "\n").utf8)
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
