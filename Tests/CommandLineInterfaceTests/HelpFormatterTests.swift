import Testing

@testable import CommandLineInterface

/// What help looks like.
struct HelpFormatterTests {
    let command = Command(
        name: "serve",
        summary: "Serve a directory.",
        discussion: """
            The first paragraph is
            wrapped anew, whatever its own line breaks are.

                kept as it is
            """,
        options: [
            Option(
                name: "listen", shortName: "l", valueName: "IP:PORT", summary: "The address to listen on.",
                defaultValue: "127.0.0.1:3000"),
            Option(name: "env", valueName: "NAME=VALUE", summary: "A variable.", isRepeatable: true),
            Option(name: "inner", valueName: "N", summary: "Not shown.", isHidden: true),
        ],
        arguments: [Argument("DIR", summary: "The directory.", arity: .optional, defaultValue: ".")],
        examples: [Example("tool serve www", "Serves the folder www.")],
        action: { _ in .success }
    )

    @Test("A command is shown in whole") func aCommandIsShownInWhole() {
        let root = Command(name: "tool", summary: "A tool.", subcommands: [command])
        let text = HelpFormatter(width: 60, usesStyles: false).help(path: [root, command])
        #expect(
            text == """
                Serve a directory.

                Usage: tool serve [OPTIONS] [DIR]

                The first paragraph is wrapped anew, whatever its own line
                breaks are.

                    kept as it is

                Arguments:
                  DIR  The directory. [default: .]

                Options:
                  -l, --listen IP:PORT  The address to listen on. [default:
                                        127.0.0.1:3000]
                      --env NAME=VALUE  A variable. [repeatable]
                  -h, --help            Show this help.

                Examples:
                  tool serve www
                      Serves the folder www.

                """)
    }

    @Test("The tool lists its commands") func theToolListsItsCommands() {
        let hidden = Command(name: "inner", summary: "Not shown.", isHidden: true, action: { _ in .success })
        let root = Command(name: "tool", summary: "A tool.", subcommands: [command, hidden])
        let text = HelpFormatter(width: 80, usesStyles: false).help(path: [root])
        #expect(
            text == """
                A tool.

                Usage: tool COMMAND

                Commands:
                  serve  Serve a directory.

                Options:
                  -h, --help     Show this help.
                  -V, --version  Show the version.

                'tool COMMAND --help' tells more about a command.

                """)
    }

    @Test("No line is wider than asked for") func noLineIsWiderThanAskedFor() {
        for width in 40...100 {
            let text = HelpFormatter(width: width, usesStyles: false).help(path: [command])
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
        }
    }

    @Test("Headings are bold where wanted") func headingsAreBoldWhereWanted() {
        #expect(HelpFormatter(width: 80, usesStyles: true).help(path: [command]).contains("\u{1B}[1mUsage:\u{1B}[0m"))
    }
}
