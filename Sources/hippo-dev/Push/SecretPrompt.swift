import Foundation

/// Asks a person for words, on the terminal.
enum SecretPrompt {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A line of what is typed, which is shown.
    static func line(_ prompt: String) throws -> String {
        try ask(prompt, isSecret: false)
    }

    /// A line of what is typed, which is not shown.
    static func secret(_ prompt: String) throws -> String {
        try ask(prompt, isSecret: true)
    }

    private static func ask(_ prompt: String, isSecret: Bool) throws -> String {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0, isatty(STDIN_FILENO) == 1 else {
            throw Failure(description: "\(prompt) is needed, and there is no terminal to ask for it")
        }
        defer { close(terminal) }
        var saved = termios()
        tcgetattr(terminal, &saved)
        if isSecret {
            var silent = saved
            // Without signals, so that ^C does not leave the terminal silent: it comes as a character instead.
            silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
            tcsetattr(terminal, TCSAFLUSH, &silent)
        }
        defer {
            if isSecret {
                tcsetattr(terminal, TCSAFLUSH, &saved)
                _ = write(terminal, "\n", 1)
            }
        }
        let text = "\(prompt): "
        _ = text.withCString { write(terminal, $0, strlen($0)) }
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(terminal, &byte, 1) == 1, byte != UInt8(ascii: "\n") {
            guard byte != 3 else { throw Failure(description: "interrupted") }
            bytes.append(byte)
        }
        guard let line = String(validating: bytes, as: UTF8.self) else {
            throw Failure(description: "what was typed is not UTF-8")
        }
        return line
    }
}
