import Dispatch
package import Hippofacts
import Platform
import Synchronization

/// Waits for a project to change, for commands that do something again and again.
package final class ProjectWatch: Sendable {
    /// So long nothing must have changed before something is done again.
    private static let patience = Duration.milliseconds(50)

    private let mailbox = Mailbox<FileWatcher.Changes>()
    private let watcher: FileWatcher
    private let project: Project
    private let patterns: [GlobPattern]
    private let scope: Mutex<WatchScope>
    private let builds = Mutex(true)

    /// Watches from now on what `hippo-dev up` would watch, and what patterns take.
    ///
    /// - Parameters:
    ///   - path: the project.
    ///   - patterns: of further files in the project.
    package init(path: String, patterns: [GlobPattern]) throws {
        project = try Project(at: path)
        self.patterns = patterns
        let mailbox = mailbox
        watcher = try FileWatcher(
            queue: try? ChangeQueue(), onProblem: { StandardError.write("warning: \($0)\n") },
            onChange: { changes, _ in mailbox.post(changes) })
        scope = Mutex(WatchScope())
        update(settings: nil)
    }

    deinit { watcher.stop() }

    /// Watches what HIPPOFACTS and settings say now.
    ///
    /// - Parameter settings: `nil` if they cannot be read.
    package func update(settings: SandboxSettings?) {
        var new = project.scope(of: try? project.facts(), settings: settings ?? SandboxSettings())
        new.patterns += patterns
        // What a build writes must not begin the next one.
        if settings?.buildCommand != nil {
            for module in (try? project.facts())?.dependencies.modules ?? [] { new.files.remove(module) }
        }
        scope.withLock { $0 = new }
        builds.withLock { $0 = settings.map { $0.buildCommand != nil } ?? true }
        watcher.watch(project.directory, new)
    }

    /// Forgets what a build has written: the changes so far of what it does not read, and of no file that a pattern takes.
    ///
    /// To be called when the build has ended, before anything else takes its time: a file that somebody saves meanwhile may
    /// look like an output. Without a build, nothing is forgotten.
    package func forgetOutputs() {
        guard builds.withLock({ $0 }) else { return }
        watcher.synchronize()
        let kept = mailbox.next(until: .now()).filter(isInput)
        for changes in kept { mailbox.post(changes) }
    }

    /// Returns when something has changed since the last call, and nothing more for a moment.
    package func waitForChange() {
        _ = mailbox.next(until: .distantFuture)
        while !mailbox.next(until: .now() + Self.patience.seconds).isEmpty {}
    }

    private func isInput(_ changes: FileWatcher.Changes) -> Bool {
        let scope = scope.withLock { $0 }
        return changes.values.contains { change in
            switch change {
            case .everything: true
            case .paths(let paths):
                paths.contains { changed in
                    scope.files.contains(changed.path) || patterns.contains { $0.matches(changed.path) }
                        || scope.isBuildInput(changed.path, isDirectory: false)
                }
            }
        }
    }
}
