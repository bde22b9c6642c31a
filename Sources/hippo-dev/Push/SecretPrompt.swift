import Platform

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
        let bytes = try isSecret ? secretBytes(prompt, terminal) : bytes(prompt, terminal)
        guard let line = String(validating: bytes, as: UTF8.self) else {
            throw Failure(description: "what was typed is not UTF-8")
        }
        return line
    }

    private static func show(_ text: String, _ terminal: Int32) {
        _ = text.withCString { write(terminal, $0, strlen($0)) }
    }

    private static func bytes(_ prompt: String, _ terminal: Int32) throws -> [UInt8] {
        show("\(prompt): ", terminal)
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(terminal, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return bytes }
            bytes.append(byte)
        }
        throw Failure(description: "nothing was typed")
    }

    /// Takes each key by itself: if the terminal made signals of ^C and ^Z, they would leave it silent.
    private static func secretBytes(_ prompt: String, _ terminal: Int32) throws -> [UInt8] {
        var saved = termios()
        tcgetattr(terminal, &saved)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &saved)
            show("\n", terminal)
        }
        func begin() {
            var silent = saved
            silent.c_lflag &= ~tcflag_t(ECHO | ISIG | ICANON)
            withUnsafeMutableBytes(of: &silent.c_cc) { characters in
                characters[Int(VMIN)] = 1
                characters[Int(VTIME)] = 0
            }
            tcsetattr(terminal, TCSAFLUSH, &silent)
            show("\(prompt): ", terminal)
        }
        begin()
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(terminal, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { throw Failure(description: "nothing was typed") }
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return bytes
            case Key.interrupt, Key.quit: throw Failure(description: "interrupted")
            case Key.end:
                if bytes.isEmpty { throw Failure(description: "nothing was typed") }
                return bytes
            case Key.suspend:
                tcsetattr(terminal, TCSAFLUSH, &saved)
                kill(0, SIGTSTP)
                begin()
                bytes = []
            case Key.erase, Key.backspace:
                // What follows the first byte of a character goes with it.
                while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
            case Key.eraseLine: bytes = []
            default: bytes.append(byte)
            }
        }
    }

    private enum Key {
        static let interrupt: UInt8 = 3
        static let end: UInt8 = 4
        static let backspace: UInt8 = 8
        static let eraseLine: UInt8 = 21
        static let suspend: UInt8 = 26
        static let quit: UInt8 = 28
        static let erase: UInt8 = 127
    }
}
