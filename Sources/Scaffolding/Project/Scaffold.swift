import Platform

/// Files that are to be written into a project's directory.
package struct Scaffold: Sendable {
    /// What became of a file, or would.
    package enum Outcome: Hashable, Sendable {
        case created
        case replaced
        /// What the file lacked was added, as these words say.
        case extended([String])
        /// There is a file of that name that is not what it should be, and was left alone; this text belongs into it.
        case unreadable(missing: String)
        /// There is another file of that name, which was left alone.
        case kept
        /// The file is there already, just as it would be written.
        case unchanged
    }

    /// A file that cannot be written.
    package struct WriteError: Error, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "cannot write \(path): \(reason)" }
    }

    package var files: [ScaffoldFile]

    package init(files: [ScaffoldFile]) {
        self.files = files
    }

    /// Writes the files, in order.
    ///
    /// - Parameters:
    ///   - replacesExisting: Whether files that are there already, and are other ones, are replaced.
    ///   - isDryRun: whether it is only found out what would be done.
    /// - Returns: what became of each file.
    package func write(
        to directory: String, replacesExisting: Bool, isDryRun: Bool
    ) throws(WriteError) -> [(file: ScaffoldFile, outcome: Outcome)] {
        var outcomes: [(ScaffoldFile, Outcome)] = []
        for file in files {
            let (outcome, content) = plan(for: file, in: directory, replacesExisting: replacesExisting)
            if !isDryRun, let content { try Self.write(content, to: file.path, in: directory) }
            outcomes.append((file, outcome))
        }
        return outcomes
    }

    /// What becomes of a file, and what it is to hold; `nil` if it stays as it is.
    private func plan(
        for file: ScaffoldFile, in directory: String, replacesExisting: Bool
    ) -> (outcome: Outcome, content: String?) {
        let path = directory + "/" + file.path
        // A link that leads nowhere is something, too.
        guard FileStatus(linkAt: path) != nil else { return (.created, file.content) }
        let bytes = try? FileReader.bytes(of: path, limit: Self.longestFile)
        if bytes == Array(file.content.utf8) { return (.unchanged, nil) }
        if replacesExisting { return (.replaced, file.content) }
        guard let text = bytes.flatMap({ String(validating: $0, as: UTF8.self) }) else { return (.kept, nil) }
        switch file.joined(with: text) {
        case .complete: return (.unchanged, nil)
        case .extended(let new, let additions): return (.extended(additions), new)
        case .unreadable(let missing): return (.unreadable(missing: missing), nil)
        case .separate: return (.kept, nil)
        }
    }

    /// In bytes; this program has not written a longer one, and could not add to it.
    private static let longestFile = 16 << 20

    private static func write(_ content: String, to file: String, in directory: String) throws(WriteError) {
        let path = FilePath.absolute(file, in: directory)
        do {
            try Directories.make(FilePath.parent(path))
            try FileWriter.write(content, to: path, atomically: true)
        } catch {
            throw WriteError(path: path, reason: error.reason)
        }
    }
}
