import Platform

/// A program made of commands: reads its command line, runs what it names, and reports what goes wrong.
package struct CommandLineTool: Sendable {
    package let root: Command
    package let version: String
    private let environment: [String: String]

    /// - Parameters:
    ///   - root: the tool itself; its subcommands are its commands.
    ///   - environment: for options that have a variable, and for `NO_COLOR` and `TERM`.
    package init(root: Command, version: String, environment: [String: String]) {
        self.root = root
        self.version = version
        self.environment = environment
    }

    /// Runs the words that follow the program's name, and gives the status to end with.
    ///
    /// Help and version go to standard output; errors go to standard error.
    package func run(_ words: [String]) -> ExitCode {
        do {
            switch try CommandParser(root: root, environment: environment).parse(words) {
            case .version:
                show("\(root.name) \(version)\n", on: STDOUT_FILENO)
                return .success
            case .help(let path):
                let terminal = Terminal(fileDescriptor: STDOUT_FILENO, environment: environment)
                // Lines longer than this are hard to read, however wide the terminal is.
                let formatter = HelpFormatter(width: min(terminal.width, 100), usesStyles: terminal.usesStyles)
                show(formatter.help(path: path), on: STDOUT_FILENO)
                return .success
            case .run(let arguments, let path):
                return run(arguments, path: path)
            }
        } catch {
            return report(error.error, path: error.path)
        }
    }

    private func run(_ arguments: ParsedArguments, path: [Command]) -> ExitCode {
        guard let action = arguments.command.action else {
            return report(UsageError("a command is missing"), path: path)
        }
        do {
            return try action(arguments)
        } catch let error as UsageError {
            return report(error, path: path)
        } catch {
            show("\(prefix)\(PrintableText.lines("\(error)"))\n", on: STDERR_FILENO)
            return .failure
        }
    }

    private func report(_ error: UsageError, path: [Command]) -> ExitCode {
        let words = path.map(\.name).joined(separator: " ")
        show("\(prefix)\(PrintableText.lines(error.message))\nTry '\(words) --help'.\n", on: STDERR_FILENO)
        return .usage
    }

    private var prefix: String {
        let isStyled = Terminal(fileDescriptor: STDERR_FILENO, environment: environment).usesStyles
        return isStyled ? "\u{1B}[1;31merror:\u{1B}[0m " : "error: "
    }

    private func show(_ text: String, on fileDescriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(fileDescriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes.removeFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
