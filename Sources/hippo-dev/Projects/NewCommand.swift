import CommandLineInterface
import Platform
import Scaffolding

extension Command {
    /// `hippo-dev new`: a project that comes up.
    static let new = Command(
        name: "new",
        summary: "Make a project.",
        discussion: """
            Makes the directory NAME with a project that 'hippo-dev up' serves: HIPPOFACTS, a page, a handler, the \
            command that builds it, and .gitignore. The templates:

            \(Template.allCases.map { "  \(padded($0.rawValue))  \($0.summary)" }.joined(separator: "\n"))
            """,
        options: [NewOptions.template] + ScaffoldOptions.all,
        arguments: [NewOptions.name],
        examples: [
            Example("hippo-dev new weather", "Make a project that needs no toolchain."),
            Example("hippo-dev new weather --template rust --vscode", "Make one in Rust, with tasks for VS Code."),
        ],
        action: make
    )

    private static func padded(_ text: String) -> String {
        text + String(repeating: " ", count: max(0, 14 - text.count))
    }

    private static func make(_ arguments: ParsedArguments) throws -> ExitCode {
        let path = arguments[NewOptions.name] ?? ""
        let directory = FilePath.absolute(path)
        let lastComponent = directory.split(separator: "/").last.map(String.init) ?? ""
        guard let name = ProjectName(lastComponent) else {
            throw UsageError(
                "'\(lastComponent)' is no name for a project: it takes letters, digits, '_', '-' and '.', and begins "
                    + "with a letter or a digit")
        }
        let content = (try? Directories.names(in: directory)) ?? []
        if FileStatus(path: directory) != nil && !content.allSatisfy({ $0 == ".git" }) {
            guard arguments.isSet(ScaffoldOptions.force) else {
                throw CommandFailure(
                    "\(path) is there already. 'hippo-dev init \(path)' adds HIPPOFACTS to a project; --force replaces "
                        + "the files that a new one has.")
            }
        }
        let template = arguments[NewOptions.template].flatMap(Template.init(rawValue:)) ?? .wat
        let (project, sources) = template.project(named: name)
        let files =
            [project.hippofacts] + [project.settings].compactMap { $0 } + sources + [project.gitignore]
            + ScaffoldOptions.files(for: project, arguments)
        _ = try ScaffoldOptions.write(files, to: directory, arguments, showsContent: false)
        guard !arguments.isSet(ScaffoldOptions.dryRun) else { return .success }
        StandardOutput.tell("\nNow: cd \(path) && hippo-dev up --open")
        if let requirement = project.toolchain.requirement { StandardOutput.tell("It needs \(requirement).") }
        if arguments.isSet(ScaffoldOptions.workflow), let note = ScaffoldOptions.workflowNote(for: directory) {
            StandardOutput.tell("Note: \(note)")
        }
        return .success
    }
}

private enum NewOptions {
    static let name = Argument("NAME", summary: "The project's directory, whose last part is its name.")
    static let template = Option(
        name: "template", shortName: "t", valueName: "TEMPLATE", summary: "What the project is made of.",
        defaultValue: Template.wat.rawValue, kind: .choice(Template.allCases.map(\.rawValue)))
}
