import Hippofacts
import Platform
import SandboxProtocol

/// What the loop does with what it is told: it takes note, and says what has come of it.
extension SandboxLoop {
    func handle(_ message: Message) {
        switch message {
        case .change(let changes, let ticket, let seen):
            self.ticket = max(self.ticket, ticket)
            lastChange = seen
            externals.forgetFailures()
            if !isWorkPending { cycle = Cycle(began: seen) }
            for (directory, change) in changes {
                libraries.noteChange(in: directory)
                if environmentRoots.contains(directory) {
                    noteEnvironmentChange(directory, change)
                    continue
                }
                guard directory == surroundings.project.directory else {
                    noteLibraryChange(directory, change)
                    continue
                }
                switch change {
                case .everything: noteEverything()
                case .paths(let paths): for path in paths { note(path) }
                }
            }
        case .buildLine(let line):
            diagnostics.note(line)
            emit(.log(.build, text: line))
        case .buildEnded(let number, let outcome):
            guard let build, build.number == number else { return }
            finishBuild(outcome)
            self.build = nil
            surroundings.freshness.board.build = .idle
        case .worker(let worker, let event):
            if let report = supervisor.handle(worker, event) { handle(report) }
        case .rollBack(let request):
            rollBack(request)
        case .rebuild:
            if !isWorkPending { cycle = Cycle() }
            noteEverything()
        case .notice(let text):
            emit(.log(.sandbox, text: text))
        case .fetched(let item, let failure):
            externals.finish(item, failure)
            needsExpansion = true
            touched = nil
        case .stop(let reason):
            end = End(reason: reason, isFailure: false)
        }
    }

    var isWorkPending: Bool {
        needsSettings || needsBuild || needsExpansion || build != nil || externals.isPending
    }

    func noteEverything() {
        changed.insert(".")
        touched = nil
        needsSettings = true
        needsExpansion = true
        needsBuild = settings.buildCommand != nil
    }

    /// Finds out what a change of a path means. Directories end in `/`.
    func note(_ path: String) {
        noteTouched(path)
        let components = path.split(separator: "/")
        let isDirectory = path.hasSuffix("/")
        if scope.isBuildInput(components, isDirectory: isDirectory) {
            noteBuildInput(path)
            if needsBuild { changed.insert(path) }
        }
        if scope.isSame(path, SettingsFile.name) { needsSettings = true }
        let file = surroundings.project.directory + "/" + path
        if settings.environmentFiles.contains(where: { scope.isSame($0, file) }) { noteEnvironmentChange() }
        // A directory that only the build knows of is no part of the bundle; whether another one is, expansion tells.
        var others = scope
        others.buildInputs = nil
        if isDirectory ? others.reaches(below: components) : others.contains(components) {
            needsExpansion = true
            if build == nil { changed.insert(path) }
        }
    }

    /// Only changes of files can be taken in one by one, and only as long as what they are for stays the same.
    func noteTouched(_ path: String) {
        let isFile = !path.hasSuffix("/") && !Hippofacts.fileNames.contains(path)
            && surroundings.project.path != surroundings.project.directory + "/" + path
        // Known files may be called otherwise.
        let isNamed = !scope.ignoresCase || expansion.hasFile(path)
        if isFile && isNamed { touched?.insert(path) } else { touched = nil }
    }

    /// What processes are started with is another environment.
    func noteEnvironmentChange() {
        supervisor.discardStandby()
        needsLaunch = true
        needsExpansion = true
    }

    func noteEnvironmentChange(_ root: String, _ change: FileWatcher.Change) {
        let directory = String(root.dropLast("/.".count))
        switch change {
        case .everything: changed.insert(directory)
        case .paths(let paths): changed.formUnion(paths.map { "\(directory)/\($0)" })
        }
        noteEnvironmentChange()
    }

    func noteLibraryChange(_ directory: String, _ change: FileWatcher.Change) {
        let name = directory.split(separator: "/").last.map(String.init) ?? directory
        switch change {
        case .everything: changed.insert(name)
        case .paths(let paths): changed.formUnion(paths.map { "\(name)/\($0)" })
        }
        touched = nil
        needsExpansion = true
    }

    func noteBuildInput(_ path: String) {
        guard build != nil else {
            ledger.noteEdit(path, in: surroundings.project.directory)
            needsBuild = true
            return
        }
        switch ledger.judge(path, in: surroundings.project.directory) {
        case .edit: needsBuild = true
        case .unchanged, .product: break
        }
    }

    func handle(_ report: WorkerSupervisor.Report) {
        switch report {
        case .serving(let target, let timings, let isRestart):
            revision = target.revision
            if isRestart {
                emit(.log(.sandbox, text: "Revision \(revision) serves again."))
            } else {
                servedInvoice = target.revision == restoredRevision ? nil : launchedInvoice
                loadingCycle.timings += timings
                announce(target.id, isUnchanged: false, loadingCycle)
            }
            noteServed()
            keepFirstDigests()
            // Its start must not compete with the first requests, but it has to be over before the next save.
            try? supervisor.prepare()
        case .loadFailed(_, let failure):
            launchedInvoice = nil
            try? supervisor.prepare()
            finishRollback(failure: "it could not be launched: \(failure.message)")
            fail(
                Failure(
                    stage: .launch, message: failure.message, file: failure.file.map(surroundings.project.relative),
                    line: failure.line, column: failure.column))
        case .request(let request): emit(.request(request))
        case .log(let route, let text): emit(.log(.guest(route: route), text: text))
        case .notice(let text): emit(.log(.sandbox, text: text))
        }
    }

    func announce(_ id: String, isUnchanged: Bool, _ cycle: Cycle) {
        if isUnchanged {
            surroundings.freshness.succeed()
            supervisor.updateStatus { status in
                status.problem = nil
                status.isBuilding = false
            }
        }
        let total = StageTiming(stage: "total", milliseconds: (SuspendingClock.now - cycle.began).milliseconds)
        if isReady {
            emit(.serving(revision: revision, id: id, isUnchanged: isUnchanged, timings: cycle.timings + [total]))
        } else {
            isReady = true
            emit(.ready(app: surroundings.appURL, bindle: surroundings.bindleURL, id: id, revision: revision))
        }
    }

    func fail(_ failure: Failure) {
        emit(.failed(failure))
        let stage = failure.stage == .build ? "the build failed" : "the last change cannot be served"
        surroundings.freshness.fail(upTo: ticket, because: "\(stage): \(failure)")
        let problem = failure.problem(inProject: surroundings.project.directory)
        supervisor.updateStatus { status in
            status.problem = problem
            status.isBuilding = false
        }
        if watcher == nil && supervisor.servingTarget == nil {
            end = End(reason: "nothing can be served", isFailure: true)
            return
        }
        // Without a process to tell of it, a browser would wait and learn nothing.
        try? supervisor.hold()
        try? supervisor.prepare()
    }
}
