import Foundation

@testable import CommandLineInterface

/// A tool that has one of everything.
enum SampleTool {
    static let root = Command(
        name: "a-tool",
        summary: "Do this & that: it's a tool.",
        subcommands: [
            Command(
                name: "serve", summary: "Serve [everything]: files, too.",
                options: [
                    Option(name: "listen", shortName: "l", valueName: "IP:PORT", summary: "Where it's served."),
                    Option(
                        name: "color", valueName: "WHEN", summary: "When to use colours.", defaultValue: "auto",
                        kind: .choice(["auto", "always", "never"])),
                    Option(
                        name: "log-dir", valueName: "DIR", summary: "Where the log is.", environmentVariable: "LOG_DIR"),
                    Option(
                        name: "env", shortName: "e", valueName: "NAME=VALUE", summary: "A variable.", isRepeatable: true
                    ),
                    Option(flag: "quiet", shortName: "q", summary: "Say less."),
                    Option(flag: "secret", summary: "Not shown.", isHidden: true),
                ],
                arguments: [Argument("MODULE", summary: "A module.", arity: .optional)],
                examples: [Example("a-tool serve -l 127.0.0.1:0 'it'", "Serves it.")],
                action: { _ in .success }),
            Command(
                name: "run", summary: "Run a program.", options: [Option(flag: "fast", summary: "Run.")],
                arguments: [Argument("FILE", summary: "What."), Argument("ARGS", summary: "Its own.", arity: .rest)],
                action: { _ in .success }),
            Command(
                name: "keys", summary: "Keep keys.",
                subcommands: [
                    Command(
                        name: "new", summary: "Make one.",
                        discussion: "A key.\n\n  .verbatim \\ 'line'\n\nMore.",
                        arguments: [Argument("TYPE", summary: "Its type.", kind: .choice(["ed25519", "rsa"]))],
                        action: { _ in .success }),
                    Command(name: "list", summary: "List them.", action: { _ in .success }),
                ]),
            Command(name: "inner", summary: "Not shown.", isHidden: true, action: { _ in .success }),
        ])
}

/// A program of this machine that tests may need.
enum Tool {
    static func path(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// Runs a program to its end and gives all that it wrote, standard error included.
    static func output(
        of name: String, _ arguments: [String], input: String = "", in directory: String? = nil
    ) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path(name) ?? name)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        let output = Pipe()
        let inputPipe = Pipe()
        process.standardInput = inputPipe
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let writing = inputPipe.fileHandleForWriting
        Thread {
            try? writing.write(contentsOf: Data(input.utf8))
            try? writing.close()
        }.start()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
