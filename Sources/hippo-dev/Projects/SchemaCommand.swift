import CommandLineInterface
import Scaffolding

extension Command {
    /// `hippo-dev schema`: what editors complete keys by.
    static let schema = Command(
        name: "schema",
        summary: "Print the JSON schema of HIPPOFACTS or of hippo-dev.toml, for editors.",
        discussion: """
            'hippo-dev init --vscode' writes both into .vscode, and .taplo.toml, which says to the extension \
            even-better-toml which file each is for.
            """,
        arguments: [schemaFile],
        examples: [
            Example("hippo-dev schema hippofacts > hippofacts.schema.json", "Keep the schema of HIPPOFACTS.")
        ],
        action: { arguments in
            let schema = arguments[schemaFile].flatMap(Schema.init(rawValue:)) ?? .hippofacts
            print(schema.text, terminator: "")
            return .success
        }
    )

    private static let schemaFile = Argument(
        "FILE", summary: "Whose schema: hippofacts, or hippo-dev for hippo-dev.toml.", arity: .optional,
        defaultValue: Schema.hippofacts.rawValue, kind: .choice(Schema.allCases.map(\.rawValue)))
}
