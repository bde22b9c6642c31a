import CommandLineInterface
import JSON
import Sandbox

extension Command {
    /// `hippo-dev doctor`: what keeps a project from being served.
    static let doctor = Command(
        name: "doctor",
        summary: "Say what a project needs to be built and served, and what of it is missing.",
        discussion: """
            Looks for the programs, targets and libraries that the project is built by, and for their versions: those that \
            its build tool needs, and those that the build command starts itself, through a Makefile, or through a script \
            of the project. Looks at its ports, watches, file system and store, and for what is older than it should be. \
            Each finding has its remedy. Nothing is changed.

            It ends with 1 if something will not work.
            """,
        options: [doctorJSON],
        arguments: [doctorPath],
        examples: [
            Example("hippo-dev doctor", "Examine the project in this directory."),
            Example(
                "hippo-dev doctor --json | jq '.[] | select(.severity == \"problem\")'", "Only what will not work."),
        ],
        action: examine
    )

    private static let doctorPath = Argument(
        "PATH", summary: "HIPPOFACTS, its directory, or a single module.", arity: .optional, defaultValue: ".")
    private static let doctorJSON = Option(
        flag: "json", summary: "Print an array of JSON objects, one for each finding.")

    private static func examine(_ arguments: ParsedArguments) throws -> ExitCode {
        let project = try ProjectDiagnosis(path: arguments[doctorPath] ?? ".")
        let toolchain = ToolchainDiagnosis(directory: project.directory, command: project.buildCommand)
        let findings = toolchain.findings() + project.findings(notBuilt: toolchain.misnamedModules)
        let problemCount = findings.count { $0.severity == .problem }
        if arguments.isSet(doctorJSON) {
            print(JSONValue.array(findings.map { .object($0.json) }).serialized)
        } else {
            for finding in findings { print(text(finding)) }
            let adviceCount = findings.count { $0.severity == .advice }
            print(
                problemCount + adviceCount == 0
                    ? "\nEverything is there."
                    : "\n\(Quantity.count(problemCount, "problem")), \(adviceCount) to be considered.")
        }
        return problemCount == 0 ? .success : .failure
    }

    private static func text(_ finding: Finding) -> String {
        let sign =
            switch finding.severity {
            case .fine: "●"
            case .advice: "!"
            case .problem: "✗"
            }
        let subject = finding.subject + String(repeating: " ", count: max(0, 14 - finding.subject.count))
        let remedy = finding.remedy.map { "\n  \(String(repeating: " ", count: 15))→ \($0)" } ?? ""
        return
            "\(sign) \(subject) \(finding.text.replacing("\n", with: "\n" + String(repeating: " ", count: 17)))\(remedy)"
    }
}
