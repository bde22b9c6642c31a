import Platform

/// Files that are to be written into a project's directory.
package struct Scaffold: Sendable {
    /// What became of a file, or would.
    package enum Outcome: Hashable, Sendable {
        case created
        case replaced
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
    ///   - replacesExisting: whether files that are there already, and are other ones, are replaced.
    ///   - isDryRun: whether it is only found out what would be done.
    /// - Returns: what became of each file.
    package func write(
        to directory: String, replacesExisting: Bool, isDryRun: Bool
    ) throws(WriteError) -> [(file: ScaffoldFile, outcome: Outcome)] {
        var outcomes: [(ScaffoldFile, Outcome)] = []
        for file in files {
            let outcome = outcome(for: file, in: directory, replacesExisting: replacesExisting)
            if !isDryRun && (outcome == .created || outcome == .replaced) {
                try Self.write(file, to: directory)
            }
            outcomes.append((file, outcome))
        }
        return outcomes
    }

    private func outcome(for file: ScaffoldFile, in directory: String, replacesExisting: Bool) -> Outcome {
        let path = directory + "/" + file.path
        // A link that leads nowhere is something, too.
        guard FileStatus(linkAt: path) != nil else { return .created }
        let content = Array(file.content.utf8)
        if (try? FileReader.bytes(of: path, limit: content.count)) == content { return .unchanged }
        return replacesExisting ? .replaced : .kept
    }

    private static func write(_ file: ScaffoldFile, to directory: String) throws(WriteError) {
        let path = FilePath.absolute(file.path, in: directory)
        do {
            try Directories.make(FilePath.parent(path))
            try FileWriter.write(file.content, to: path, atomically: true)
        } catch {
            throw WriteError(path: path, reason: error.reason)
        }
    }
}
