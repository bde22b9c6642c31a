import CommandLineInterface
import Platform
import Scaffolding

/// The options that `new` and `init` share, and what both do with files.
enum ScaffoldOptions {
    static let editor = Option(
        flag: "vscode",
        summary: "Also write tasks for VS Code, which show failures of hippo-dev up as problems, and schemas by which "
            + "editors complete the keys of HIPPOFACTS and hippo-dev.toml.")
    static let workflow = Option(
        flag: "github",
        summary:
            "Also write a workflow for GitHub that checks what is pushed, and publishes each version that is tagged.")
    static let force = Option(flag: "force", summary: "Replace files that are there already.")
    static let dryRun = Option(flag: "dry-run", summary: "Show what would be written, and write nothing.")

    static let all = [editor, workflow, force, dryRun]

    /// The files that the options ask for.
    static func files(for project: ProjectDescription, _ arguments: ParsedArguments) -> [ScaffoldFile] {
        (arguments.isSet(editor) ? project.editorFiles : []) + (arguments.isSet(workflow) ? [project.workflow] : [])
    }

    /// Writes the files, and says what became of each.
    ///
    /// - Parameter showsContent: whether a dry run shows what the files would hold.
    /// - Returns: the paths of files that were left as they are, since there are others in their place.
    static func write(
        _ files: [ScaffoldFile], to directory: String, _ arguments: ParsedArguments, showsContent: Bool
    ) throws -> [String] {
        let isDryRun = arguments.isSet(dryRun)
        let results = try Scaffold(files: files).write(
            to: directory, replacesExisting: arguments.isSet(force), isDryRun: isDryRun)
        for (file, outcome) in results {
            StandardOutput.tell((isDryRun ? outcome.prospect : outcome.report) + " " + file.path + outcome.remark)
            if case .unreadable(let missing) = outcome {
                for line in missing.split(separator: "\n") { StandardOutput.tell("    " + line) }
            }
            if isDryRun && showsContent && (outcome == .created || outcome == .replaced) {
                for line in file.content.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                    StandardOutput.tell(line.isEmpty ? "" : "    " + line)
                }
            }
        }
        return results.filter { $0.outcome == .kept }.map(\.file.path)
    }

    /// Says what keeps a workflow from being found, if anything does.
    static func workflowNote(for directory: String) -> String? {
        guard FileStatus(path: directory + "/.git") == nil else { return nil }
        var parent = FilePath.parent(directory)
        while parent != "/" {
            if FileStatus(path: parent + "/.git") != nil {
                return "GitHub looks for workflows in \(parent)/.github only: move it there, and let it work in "
                    + "this directory."
            }
            parent = FilePath.parent(parent)
        }
        return nil
    }
}

extension Scaffold.Outcome {
    fileprivate var report: String {
        switch self {
        case .created: "created  "
        case .replaced: "replaced "
        case .extended: "extended "
        case .unreadable: "kept     "
        case .kept: "kept     "
        case .unchanged: "unchanged"
        }
    }

    fileprivate var prospect: String {
        switch self {
        case .created: "would create "
        case .replaced: "would replace"
        case .extended: "would extend "
        case .unreadable: "would keep   "
        case .kept: "would keep   "
        case .unchanged: "unchanged    "
        }
    }

    /// What there is to say behind the file's name.
    fileprivate var remark: String {
        switch self {
        case .extended(let additions): ": \(additions.joined(separator: ", "))"
        case .unreadable: ", which cannot be read as JSON: insert this yourself"
        default: ""
        }
    }
}
