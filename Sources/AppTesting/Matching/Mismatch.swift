/// A part of a response that is not as it was expected.
package struct Mismatch: Hashable, Sendable {
    /// The part: `status`, `header 'Location'`, `body`, `body at /items/0/id`, `capture 'id'`.
    package let part: String
    /// What differs, for people: one line or more, without control characters.
    package let lines: [String]

    /// Whether the lines are those of two texts that differ, and not words.
    package var isDifference: Bool { ["- ", "+ ", "  "].contains { lines.first?.hasPrefix($0) == true } }
}
