import CommandLineInterface
import Hippofacts
import Platform
import Scaffolding

extension Command {
    /// `hippo-dev init`: HIPPOFACTS for a project that is there.
    static let `init` = Command(
        name: "init",
        summary: "Add HIPPOFACTS to a project.",
        discussion: """
            Looks at the project's build tool (\(ProjectKind.allCases.map(\.evidence).joined(separator: ", "))), and \
            writes HIPPOFACTS, hippo-dev.toml with a build command, and .gitignore. Where the project could be taken \
            for several things, it says what it was taken for and what else there is. What cannot be known is guessed, and \
            said.

            Files that are there already are kept.
            """,
        options: [InitOptions.kind] + ScaffoldOptions.all,
        arguments: [InitOptions.path],
        examples: [
            Example("hippo-dev init --dry-run", "Show what would be written into this directory."),
            Example("hippo-dev init --as make --vscode", "Take the project for one of make; write tasks for VS Code."),
        ],
        action: initialize
    )

    private static func initialize(_ arguments: ParsedArguments) throws -> ExitCode {
        let path = arguments[InitOptions.path] ?? "."
        let directory = FilePath.absolute(path)
        guard FileStatus(path: directory)?.isDirectory == true else {
            throw CommandFailure("\(path) is no directory. 'hippo-dev new NAME' makes a project.")
        }
        let inspector = ProjectInspector(directory: directory)
        let candidates = inspector.candidates
        let chosen = arguments[InitOptions.kind].flatMap(ProjectKind.init(rawValue:))
        guard let kind = chosen ?? candidates.first else {
            throw CommandFailure(
                "nothing in \(path) tells what the project is: there is none of "
                    + ProjectKind.allCases.map(\.evidence).joined(separator: ", ")
                    + ". Name what it is with --as, or make a project with 'hippo-dev new NAME'.")
        }
        if let chosen, !candidates.contains(chosen) {
            throw CommandFailure("nothing like \(chosen.evidence) is in \(path), which --as \(chosen.rawValue) needs")
        }
        let finding = inspector.finding(kind)
        StandardOutput.tell("Taken for a project of \(kind.rawValue), by \(kind.evidence).")
        // Modules and pages are in most projects; who has not named a kind is not asked about them.
        let others = candidates.filter { other in
            other != kind && (chosen != nil || (other != .modules && other != .static))
        }
        if !others.isEmpty {
            let list = others.map { "--as \($0.rawValue) (\($0.evidence))" }.joined(separator: ", ")
            StandardOutput.tell("It could also be taken for \(others.count == 1 ? "" : "one of ")\(list).")
        }
        for note in finding.notes { StandardOutput.tell("Note: \(note)") }

        let project = finding.description
        var files = [project.hippofacts] + [project.settings].compactMap { $0 } + finding.additions
        // HIPPOFACTS may have another of its names.
        let existing = (try? Hippofacts.find(at: directory)).map { FilePath.name($0) }
        if let existing, existing != project.hippofacts.path {
            StandardOutput.tell("kept      \(existing)")
            files.removeFirst()
        }
        files += [project.gitignore] + ScaffoldOptions.files(for: project, arguments)
        let kept = try ScaffoldOptions.write(files, to: directory, arguments, showsContent: true)
        if !kept.isEmpty {
            StandardOutput.tell("\(kept.joined(separator: ", ")): there already; --force replaces what is there.")
        }
        if arguments.isSet(ScaffoldOptions.workflow), let note = ScaffoldOptions.workflowNote(for: directory) {
            StandardOutput.tell("Note: \(note)")
        }
        return .success
    }
}

private enum InitOptions {
    static let path = Argument(
        "PATH", summary: "The project's directory.", arity: .optional, defaultValue: ".", kind: .directory)
    static let kind = Option(
        name: "as", valueName: "KIND", summary: "What to take the project for.",
        kind: .choice(ProjectKind.allCases.map(\.rawValue)))
}
