import Platform

/// What kind of word an option or an argument takes: for completion by the shell, and, where only some words are valid,
/// for the parser.
package enum ValueKind: Hashable, Sendable {
    /// Any text; there is nothing to complete.
    case text
    /// The path of a file: one with one of these extensions (without dots), or any if there are none. Directories are
    /// on the way to it.
    case file(extensions: [String])
    /// The path of a directory.
    case directory
    /// One of these words, and no other.
    case choice([String])

    /// The kind that a value's name in help stands for: `FILE`, `PATH` and `MODULE` are files, `DIR` is a directory.
    static func conventional(for name: String) -> ValueKind {
        switch name {
        case "FILE", "PATH": .file(extensions: [])
        case "MODULE": .file(extensions: ["wasm", "wat"])
        case "DIR", "DIRECTORY": .directory
        default: .text
        }
    }

    /// What is wrong with a word, if it is not one of the choices.
    func complaint(about word: String) -> String? {
        guard case .choice(let words) = self, !words.contains(word) else { return nil }
        let hint = Suggestion.closest(to: word, among: words).map { "; did you mean '\($0)'?" } ?? ""
        return "expected one of \(words.joined(separator: ", "))\(hint)"
    }
}
