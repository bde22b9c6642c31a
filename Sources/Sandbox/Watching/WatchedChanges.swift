import Content
import Hippofacts

/// What events of a tree have told, until it is reported.
struct WatchedChanges: Sendable {
    var paths: Set<ChangedPath> = []
    /// Anything may have changed.
    var isEverything = false
    /// Files that are not to be reported yet, and for how long from now on at most, since more is to come: they are being
    /// written, or an editor has put them aside to write them anew.
    var held: [RelativePath: Duration] = [:]
    /// False where nobody asks, so that nothing need be found out.
    var isWanted = true

    mutating func insert(_ path: RelativePath) {
        if isWanted { paths.insert(ChangedPath(path)) }
    }

    /// Takes note of a directory that came or went, or in which something did that cannot be named; `nil` is the root.
    mutating func insert(directory: RelativePath?) {
        guard isWanted else { return }
        if let directory { paths.insert(ChangedPath(directory, isDirectory: true)) } else { isEverything = true }
    }

    mutating func hold(_ path: RelativePath, for duration: Duration) {
        held[path] = max(held[path] ?? .zero, duration)
    }
}
