/// What the first group of a regular expression matches in a text.
enum Matches {
    static func of(_ pattern: Regex<(Substring, Substring)>, in text: String) -> [String] {
        text.matches(of: pattern).map { String($0.output.1) }
    }
}
