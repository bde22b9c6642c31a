import Content
import Hippofacts

/// What changes of files and settings mean.
///
/// See Save.md in Sandbox.docc.
extension ProjectState {
    mutating func noteChanges(
        _ changes: FileWatcher.Changes, _ ticket: UInt64, _ seen: Instant, _ files: BuildFiles
    ) {
        self.ticket = max(self.ticket, ticket)
        lastChange = max(lastChange, seen)
        if case .gone = storage { storage = .gone(until: lastChange + Self.removalPatience) }
        effects.append(.forgetFetchFailures)
        if !isWorkPending { cycle = Cycle(began: seen) }
        for (directory, change) in changes.sorted(by: { $0.key < $1.key }) {
            if let parent = WatchScope.parentOfVariables(directory) {
                noteChange(of: change, in: parent)
                settingsState = .outdated
            } else if let modules = scope.outsideModules[directory] {
                switch change {
                case .everything: noteEverything()
                case .paths(let paths): for path in paths.sorted() { noteModules(modules, at: path.path) }
                }
            } else if directory != project.directory {
                noteChange(of: change, in: directory.split(separator: "/").last.map(String.init) ?? directory)
                effects.append(.noteLibraryChange(directory))
                touched = nil
                needsExpansion = true
            } else {
                switch change {
                case .everything: noteEverything()
                case .paths(let paths): for path in paths.sorted() { note(path, files) }
                }
            }
        }
    }

    /// Modules outside of the project have changed, if they are at this path or below it.
    private mutating func noteModules(_ modules: [RelativePath: WatchScope.OutsideModule], at path: RelativePath) {
        for (place, module) in modules where place == path || path.isAbove(place) {
            touched?.insert(ChangedPath(module.name))
            needsExpansion = true
            if !isBuilding { changed.insert(module.shownPath) }
        }
    }

    mutating func noteChange(of change: FileWatcher.Change, in directory: String) {
        switch change {
        case .everything: changed.insert(directory)
        case .paths(let paths): changed.formUnion(paths.map { "\(directory)/\($0)" })
        }
    }

    /// Anything may have changed.
    mutating func noteEverything() {
        changed.insert(".")
        touched = nil
        settingsState = .outdated
        needsExpansion = true
        ledger.forgetListing()
        guard settings.buildCommand != nil else { return }
        // What a build writes may be more than the system can tell of: the build goes on, and is looked at afterwards.
        if isBuilding { ledger.noteUncertainty() } else { buildWish = .now }
    }

    /// Finds out what a change of a path means.
    mutating func note(_ change: ChangedPath, _ files: BuildFiles) {
        noteTouched(change)
        let (path, isDirectory) = (change.path, change.isDirectory)
        if scope.isBuildInput(path, isDirectory: isDirectory) {
            noteBuildInput(change, files)
            if buildWish == .now { changed.insert(change.description) }
        }
        if scope.isOfSettings(path) { settingsState = .outdated }
        // A directory that only the build knows of is no part of the bundle; whether another one is, expansion tells.
        var others = scope
        others.buildInputs = nil
        if isDirectory ? others.reaches(below: path) : others.contains(path) {
            needsExpansion = true
            if !isBuilding { changed.insert(change.description) }
        }
    }

    /// Changes can be taken in one by one only as long as HIPPOFACTS stays the same.
    mutating func noteTouched(_ change: ChangedPath) {
        let isHippofacts =
            Hippofacts.filePaths.contains(change.path) || project.relativePath(project.path) == change.path
        if isHippofacts { touched = nil } else { touched?.insert(change) }
    }

    mutating func noteBuildInput(_ change: ChangedPath, _ files: BuildFiles) {
        guard settings.buildCommand != nil else { return }
        let digest = change.isDirectory ? nil : files.digest(change.path)
        if isBuilding {
            if ledger.judge(change, digest) == .edit { buildWish = .now }
        } else if ledger.noteEdit(change, digest) {
            buildWish = .now
        }
    }

    /// The keys that have changed and are looked at only at the start.
    private static func keysOfTheStart(_ new: SandboxSettings, _ old: SandboxSettings) -> [String] {
        let keys = [
            ("listen", new.listen != old.listen), ("bindle-listen", new.bindleListen != old.bindleListen),
            ("https", new.tls != old.tls), ("bindle-http", new.servesBindlesAsHTTP != old.servesBindlesAsHTTP),
            ("store", new.storage != old.storage), ("parcels", new.parcels != old.parcels),
            ("behind", new.behind != old.behind), ("watch", new.isWatching != old.isWatching),
            ("poll", new.pollInterval != old.pollInterval),
        ]
        return keys.filter(\.1).map(\.0)
    }

    mutating func adopt(_ new: SandboxSettings, hasNewCommand: Bool, _ now: Instant) {
        finish(.readingSettings)
        guard new != settings else { return }
        let old = settings
        settings = new
        if new.buildCommand != old.buildCommand {
            buildWish = new.buildCommand == nil ? .none : .now
            needsExpansion = true
            ledger = BuildInputLedger(outputs: [])
            if new.buildCommand == nil { mendBuild() }
        }
        let fixed = Self.keysOfTheStart(new, old)
        if !fixed.isEmpty {
            log(
                "The change of \(fixed.map { "'\($0)'" }.joined(separator: ", ")) takes effect when hippo-dev up is started again."
            )
        }
        if new.libraries != old.libraries || new.upstream != old.upstream
            || new.upstreamStrategy != old.upstreamStrategy || new.handlers != old.handlers
            || new.allowedOutbound != old.allowedOutbound || new.excludedFiles != old.excludedFiles
        {
            needsExpansion = true
            touched = nil
        }
        if hasNewCommand {
            needsLaunch = true
            needsExpansion = true
        }
        effects.append(.adopt(new))
    }
}
