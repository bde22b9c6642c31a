/// Patterns of paths as the shell has them.
package enum PathPattern {
    /// The paths that a pattern with `*`, `?` and `[…]` matches, in their order; none if it matches nothing.
    package static func matches(of pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            found.gl_pathv[index].map { String(cString: $0) }
        }
    }
}
