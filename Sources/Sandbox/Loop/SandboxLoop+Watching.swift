import Content
import Hippofacts
import Platform

/// What the loop lets be watched.
extension SandboxLoop {
    func startWatching() throws {
        guard state.settings.isWatching ?? true else { return }
        let (mailbox, emit, now) = (dependencies.mailbox, emit, dependencies.now)
        content.readFacts()
        scope = dependencies.project.scope(of: content.facts, settings: state.settings)
        let watcher = try FileWatcher(
            queue: dependencies.changes, pollInterval: state.settings.pollInterval ?? FileWatcher.defaultPollInterval,
            freshness: dependencies.freshness, onProblem: { emit(.log(.sandbox, text: $0)) },
            onChange: { mailbox.post(.change($0, ticket: $1, seen: now())) })
        watcher.watch(dependencies.project.directory, scope)
        self.watcher = watcher
        watchOutsideModules(before: [:])
        content.libraries.watcher = watcher
        watchEnvironmentFiles(state.settings)
    }

    /// Watches what HIPPOFACTS and settings say now.
    ///
    /// - Returns: the new scope, if it is another one.
    func updateScope(_ settings: SandboxSettings) -> WatchScope? {
        guard let watcher else { return nil }
        let new = dependencies.project.scope(of: content.facts, settings: settings)
        guard new != scope else { return nil }
        let before = scope.outsideModules
        scope = new
        watcher.watch(dependencies.project.directory, new)
        watchOutsideModules(before: before)
        return new
    }

    /// Watches the modules that are not in the project.
    private func watchOutsideModules(before: [String: [RelativePath: WatchScope.OutsideModule]]) {
        for root in before.keys where scope.outsideModules[root] == nil { watcher?.unwatch(root) }
        for (root, modules) in scope.outsideModules {
            watcher?.watch(root, WatchScope(files: Set(modules.keys)))
        }
    }

    /// Watches the files of variables that are not in the project.
    func watchEnvironmentFiles(_ settings: SandboxSettings) {
        guard let watcher else { return }
        let scopes = settings.environmentScopes(outside: dependencies.project.directory)
        for root in environmentRoots where scopes[root] == nil { watcher.unwatch(root) }
        for (root, scope) in scopes { watcher.watch(root, scope) }
        environmentRoots = Set(scopes.keys)
    }
}

extension SandboxSettings {
    /// What is watched for the files of variables outside a directory, by roots.
    func environmentScopes(outside directory: String) -> [String: WatchScope] {
        var scopes: [String: WatchScope] = [:]
        for file in environmentFiles {
            guard let slash = file.lastIndex(of: "/") else { continue }
            let parent = String(file[..<slash])
            guard !(parent + "/").hasPrefix(directory + "/") else { continue }
            guard let name = RelativePath(validating: String(file[file.index(after: slash)...])) else { continue }
            scopes[WatchScope.rootOfVariables(in: parent), default: WatchScope()].files.insert(name)
        }
        return scopes
    }
}
