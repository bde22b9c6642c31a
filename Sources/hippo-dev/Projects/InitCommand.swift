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

            Files that are there already stay: .gitignore, and VS Code's tasks and settings, get what they lack. A \
            HIPPOFACTS that is there is compared with what the build makes, and the lines that name another file are \
            told; --fix changes them.
            """,
        options: [InitOptions.kind, InitOptions.fix] + ScaffoldOptions.all,
        arguments: [InitOptions.path],
        examples: [
            Example("hippo-dev init --dry-run", "Show what would be written into this directory."),
            Example("hippo-dev init --fix", "Let a HIPPOFACTS of an older Rust name what cargo makes today."),
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
        var inspector = ProjectInspector(directory: directory)
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
        let outdated = OutdatedLines(of: kind, in: directory)
        if arguments.isSet(InitOptions.fix), try outdated.mend(isDryRun: arguments.isSet(ScaffoldOptions.dryRun)) {
            inspector = ProjectInspector(directory: directory)
        } else {
            outdated.tell()
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
        if let existing {
            if try compare(existing, in: directory, with: project, arguments) {
                files.removeFirst()
            } else if existing != project.hippofacts.path {
                StandardOutput.tell("kept      \(existing)")
                files.removeFirst()
            }
        }
        files += [project.gitignore] + ScaffoldOptions.files(for: project, arguments)
        let kept = try ScaffoldOptions.write(files, to: directory, arguments, showsContent: true)
        if !kept.isEmpty {
            StandardOutput.tell("\(kept.joined(separator: ", ")): there already; --force replaces what is there.")
        }
        if arguments.isSet(ScaffoldOptions.workflow), let note = ScaffoldOptions.workflowNote(for: directory) {
            StandardOutput.tell("Note: \(note)")
        }
        guard !arguments.isSet(ScaffoldOptions.dryRun) else { return .success }
        print("\nNow: \(path == "." ? "" : "cd \(path) && ")hippo-dev up --open")
        if let requirement = project.toolchain.requirement {
            print("It needs \(requirement). 'hippo-dev doctor' says what is missing.")
        }
        return .success
    }
}

extension Command {
    /// Tells which lines of the HIPPOFACTS that is there name what the build does not make, or mends them.
    ///
    /// - Returns: Whether they are mended, or would be.
    private static func compare(
        _ name: String, in directory: String, with project: ProjectDescription, _ arguments: ParsedArguments
    ) throws -> Bool {
        let path = directory + "/" + name
        guard !arguments.isSet(ScaffoldOptions.force), let text = try? FileReader.text(of: path, limit: 16 << 20) else {
            return false
        }
        let comparison = ModuleComparison(text, modules: project.handlers.map(\.module))
        guard !comparison.differences.isEmpty else { return false }
        let isCertain = !project.handlers.contains(where: \.isGuess)
        for difference in comparison.differences {
            print(
                "\(name):\(difference.line): the build makes \(difference.made)\(isCertain ? "" : ", as is guessed"), "
                    + "and not \(difference.named)")
        }
        guard arguments.isSet(InitOptions.fix) else {
            print("'hippo-dev init --fix' changes \(comparison.differences.count == 1 ? "this line" : "these lines").")
            return false
        }
        guard isCertain, let mended = comparison.mended else {
            print(
                "It is not changed: \(isCertain ? "the name is written with escapes" : "that is no more than a guess")."
            )
            return false
        }
        if arguments.isSet(ScaffoldOptions.dryRun) {
            print("would fix     \(name)")
        } else {
            try FileWriter.write(mended, to: path, atomically: true)
            print("fixed     \(name)")
        }
        return true
    }
}

/// Lines of a Rust project's settings that name the target that Rust does not know any more.
private struct OutdatedLines {
    private let files: [(name: String, path: String, text: String, lines: [Int])]

    init(of kind: ProjectKind, in directory: String) {
        // Other compilers go on calling their target by that name.
        let names = kind == .rust ? ["hippo-dev.toml", ".cargo/config.toml", ".cargo/config"] : []
        files = names.compactMap { name in
            let path = directory + "/" + name
            guard let text = try? FileReader.text(of: path, limit: 16 << 20) else { return nil }
            let lines = OutdatedTarget.lines(of: text)
            return lines.isEmpty ? nil : (name, path, text, lines)
        }
    }

    /// Says where they are.
    func tell() {
        for file in files {
            for line in file.lines {
                print(
                    "\(file.name):\(line): Rust calls the target \(OutdatedTarget.name) \(OutdatedTarget.successor) since "
                        + "1.78, and does not know the old name since 1.84; 'hippo-dev init --fix' changes it")
            }
        }
    }

    /// Writes the new name.
    ///
    /// - Returns: Whether there was anything to change.
    func mend(isDryRun: Bool) throws -> Bool {
        for file in files {
            let lines = file.lines.map(String.init).joined(separator: ", ")
            print("\(isDryRun ? "would fix    " : "fixed    ") \(file.name): line \(lines)")
            if !isDryRun { try FileWriter.write(OutdatedTarget.mended(file.text), to: file.path, atomically: true) }
        }
        return !files.isEmpty
    }
}

private enum InitOptions {
    static let fix = Option(
        flag: "fix", summary: "Change the lines of files that are there which name what the build does not make.")
    static let path = Argument(
        "PATH", summary: "The project's directory.", arity: .optional, defaultValue: ".", kind: .directory)
    static let kind = Option(
        name: "as", valueName: "KIND", summary: "What to take the project for.",
        kind: .choice(ProjectKind.allCases.map(\.rawValue)))
}
