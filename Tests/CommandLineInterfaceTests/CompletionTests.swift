import Foundation
import TestSupport
import Testing

@testable import CommandLineInterface

/// What shells make of the completion scripts.
struct CompletionTests {
    private static let hasBash = Tool.path("bash") != nil
    private static let hasZsh = Tool.path("zsh") != nil
    private static let hasFish = Tool.path("fish") != nil

    private func directoryOfFiles() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "module.wasm")
        try directory.write("", to: "text.wat")
        try directory.write("", to: "notes.txt")
        try directory.write("", to: "folder/inner.wasm")
        return directory
    }

    /// What bash offers for a line whose last word is being typed.
    private func bash(_ words: [String], in directory: String? = nil) throws -> Set<String> {
        let quoted = words.map(\.singleQuoted).joined(separator: " ")
        let program =
            Shell.bash.completionScript(for: SampleTool.root) + """
                COMP_WORDS=(\(quoted)) COMP_CWORD=\(words.count - 1)
                _a_tool
                printf '%s\\n' "${COMPREPLY[@]}"
                """
        let output = try Tool.output(of: "bash", ["--norc", "--noprofile", "-u", "-s"], input: program, in: directory)
        return Set(output.split(separator: "\n").map(String.init))
    }

    @Test(
        "Bash completes commands options and values", .enabled(if: hasBash, "no bash here"),
        arguments: [
            (["a-tool", ""], ["serve", "run", "keys", "help"]),
            (["a-tool", "s"], ["serve"]),
            (["a-tool", "--v"], ["--version"]),
            (["a-tool", "keys", ""], ["new", "list"]),
            (["a-tool", "keys", "new", "e"], ["ed25519"]),
            (["a-tool", "serve", "--"], ["--listen", "--color", "--log-dir", "--env", "--quiet", "--help"]),
            (["a-tool", "serve", "--color", "a"], ["auto", "always"]),
            // As bash parts words, with '=' and ':' among those that part them.
            (["a-tool", "serve", "--color", "="], ["auto", "always", "never"]),
            (["a-tool", "serve", "--color", "=", "n"], ["never"]),
            (["a-tool", "serve", "--listen", "127.0.0.1", ":", "3000", "--q"], ["--quiet"]),
            (["a-tool", "serve", "-e", "NAME", "=", "VALUE", "--co"], ["--color"]),
            // As it does where neither parts words.
            (["a-tool", "serve", "--color=ne"], ["--color=never"]),
            (["a-tool", "serve", "--listen", ""], []),
            (["a-tool", "inner", "--"], ["--help", "--version"]),
        ])
    func bashCompletesCommandsOptionsAndValues(_ words: [String], _ expected: [String]) throws {
        #expect(try bash(words) == Set(expected))
    }

    @Test("Bash completes files by what is taken", .enabled(if: hasBash, "no bash here"))
    func bashCompletesFilesByWhatIsTaken() throws {
        let directory = try directoryOfFiles()
        #expect(try bash(["a-tool", "serve", ""], in: directory.path) == ["module.wasm", "text.wat", "folder"])
        #expect(try bash(["a-tool", "serve", "folder/"], in: directory.path) == ["folder/inner.wasm"])
        #expect(try bash(["a-tool", "serve", "--log-dir", ""], in: directory.path) == ["folder"])
        #expect(try bash(["a-tool", "run", "n"], in: directory.path) == ["notes.txt"])
        // What follows the program belongs to it.
        #expect(try bash(["a-tool", "run", "notes.txt", "--f"], in: directory.path) == [])
        #expect(try bash(["a-tool", "run", "--f"], in: directory.path) == ["--fast"])
    }

    @Test(
        "Zsh completes", .enabled(if: hasZsh, "no zsh here"),
        arguments: [
            ("a-tool ", ["serve", "run", "keys"], ["inner"]),
            ("a-tool keys n", ["a-tool keys new"], []),
            ("a-tool serve --color al", ["--color always"], []),
            ("a-tool serve --co", ["--color"], []),
            ("a-tool keys new ", ["ed25519", "rsa"], []),
        ])
    func zshCompletes(_ line: String, _ expected: [String], _ unexpected: [String]) throws {
        let directory = try TemporaryDirectory()
        try directory.write(Shell.zsh.completionScript(for: SampleTool.root), to: "script.zsh")
        let conditions = expected.map { "$text == *\"\($0)\"*" }.joined(separator: " && ")
        // A zsh of its own on a pseudo-terminal, since completion is a part of the line editor.
        let driver = """
            zmodload zsh/zpty
            zpty shell "TERM=dumb zsh -f -i"
            zpty -w shell "PS1='>' ; unsetopt prompt_cr ; autoload -Uz compinit ; compinit -u -D"
            zpty -w shell "source \(directory.path)/script.zsh ; print loa''ded"
            zpty -r shell text "*loaded*"
            zpty -n -w shell $'\(line)\\t\\t'
            text=
            for ((attempt = 0; attempt < 400; attempt++)); do
              while zpty -r -t shell more; do text+=$more; done
              [[ \(conditions) ]] && break
              sleep 0.05
            done
            zpty -d shell
            print -r -- "$text"
            """
        let output = try Tool.output(of: "zsh", ["-f", "-s"], input: driver)
        for word in expected { #expect(output.contains(word), "\(output)") }
        for word in unexpected { #expect(!output.contains(word)) }
    }

    @Test(
        "Fish completes", .enabled(if: hasFish, "no fish here"),
        arguments: [
            ("a-tool ", ["serve", "run", "keys"]),
            ("a-tool keys ", ["new", "list"]),
            ("a-tool keys new ", ["ed25519", "rsa"]),
            ("a-tool serve --color a", ["auto", "always"]),
            ("a-tool serve --qu", ["--quiet"]),
            ("a-tool serve --se", []),
        ])
    func fishCompletes(_ line: String, _ expected: [String]) throws {
        let directory = try TemporaryDirectory()
        let script = Shell.fish.completionScript(for: SampleTool.root)
        let output = try Tool.output(
            of: "env",
            [
                "HOME=\(directory.path)", "fish", "--no-config", "-c",
                script + "\ncomplete -C \(line.singleQuoted)",
            ], in: directory.path)
        let words = output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        #expect(Set(words) == Set(expected))
    }

    @Test("Values of another kind are refused") func valuesOfAnotherKindAreRefused() {
        let parser = CommandParser(root: SampleTool.root, environment: [:])
        #expect {
            try parser.parse(["serve", "--color", "allways"])
        } throws: { error in
            (error as? CommandParser.Failure)?.error.message
                == "invalid value 'allways' for '--color': expected one of auto, always, never; did you mean 'always'?"
        }
        #expect {
            try parser.parse(["keys", "new", "dsa"])
        } throws: { error in
            (error as? CommandParser.Failure)?.error.message.hasPrefix("invalid TYPE 'dsa'") == true
        }
    }

    @Test(
        "Styles are used where they are wanted",
        arguments: [
            (Terminal.StyleChoice.auto, true, [:], true),
            (.auto, false, [:], false),
            (.auto, true, ["NO_COLOR": "1"], false),
            (.auto, true, ["NO_COLOR": ""], true),
            (.auto, true, ["TERM": "dumb"], false),
            (.auto, false, ["CLICOLOR_FORCE": "1"], true),
            (.auto, false, ["CLICOLOR_FORCE": "0"], false),
            (.always, false, ["NO_COLOR": "1"], true),
            (.never, true, ["CLICOLOR_FORCE": "1"], false),
        ])
    func stylesAreUsedWhereTheyAreWanted(
        _ choice: Terminal.StyleChoice, _ isTerminal: Bool, _ environment: [String: String], _ expected: Bool
    ) {
        #expect(Terminal.usesStyles(choice, isTerminal: isTerminal, environment: environment) == expected)
    }
}
