import TestSupport
import Testing

@testable import CommandLineInterface

/// The manual page, and what the programs that read it say.
struct ManualPageTests {
    private let page = ManualPage(
        root: SampleTool.root, version: "1.2.3", date: "2026-01-31", description: "It's a tool.\n\n  verbatim",
        sections: [.init(title: "FILES", entries: [.init(".tool", "Its settings. It has none.")])])

    @Test("What means something to roff is escaped") func whatMeansSomethingToRoffIsEscaped() {
        #expect(RoffText.escaped(".a 'b' -c \\d é") == "\\&.a \\(aqb\\(aq \\-c \\ed \\[u00E9]")
        #expect(RoffText.filled("One. Two three.") == ["One.", "Two three."])
    }

    @Test("Every command and option is there") func everyCommandAndOptionIsThere() {
        let source = page.source
        for text in [".SS keys new", "\\fB\\-l\\fP \\fIIP:PORT\\fP, \\fB\\-\\-listen\\fP", "LOG_DIR", ".SH FILES"] {
            #expect(source.contains(text), "no \(text)")
        }
        #expect(!source.contains("secret") && !source.contains("inner"))
    }

    @Test("A default that ends in a point is told from its sentence") func aDefaultThatEndsInAPoint() {
        let command = Command(
            name: "up", summary: "Serve.",
            options: [Option(name: "listen", valueName: "PORT", summary: "Where.", defaultValue: "3000")],
            arguments: [Argument("PATH", summary: "The project.", arity: .optional, defaultValue: ".")],
            action: { _ in .success })
        let source = ManualPage(
            root: Command(name: "tool", summary: "A tool.", subcommands: [command]), version: "1", date: "2026-01-31",
            description: "", sections: []
        ).source
        #expect(source.contains("By default \\(aq.\\(aq.\n") && source.contains("By default 3000.\n"), "\(source)")
        #expect(!source.contains("default .."))
    }

    @Test("Mandoc finds nothing to say", .enabled(if: Tool.path("mandoc") != nil, "no mandoc here"))
    func mandocFindsNothingToSay() throws {
        #expect(try Tool.output(of: "mandoc", ["-T", "lint"], input: page.source) == "")
    }

    @Test("Groff warns of nothing", .enabled(if: Tool.path("groff") != nil, "no groff here"))
    func groffWarnsOfNothing() throws {
        #expect(try Tool.output(of: "groff", ["-man", "-ww", "-z", "-Tutf8"], input: page.source) == "")
    }
}
