import Bindle
import Content
import Hippofacts
import Platform
import SandboxProtocol

/// How the loop does what `ProjectState` decides.
///
/// See Save.md in Sandbox.docc.
extension SandboxLoop {
    typealias StateMessage = ProjectState.Message

    /// Does one thing, and says what has come of it.
    func perform(_ effect: Effect) -> [StateMessage] {
        assertOnLoop()
        let freshness = dependencies.freshness
        switch effect {
        case .tell(let event): emit(event)
        case .readSettings: return readSettings()
        case .adopt(let settings): return adopt(settings)
        case .startBuild(let number, let command, let passing, let isAwaited):
            return startBuild(number, command, passing, isAwaited: isAwaited)
        case .awaitBuild(let isAwaited): noteBuild(isAwaited: isAwaited)
        case .catchUp: catchUp()
        case .cancelBuild(let number): if build?.number == number { build?.process.cancel() }
        case .hold: hold()
        case .noteBuildEnded: freshness.board.build = .idle
        case .noteIdle: supervisor.updateStatus { $0.isBuilding = false }
        case .rememberOutputs(let outputs, let command): dependencies.buildOutputs.write(outputs, of: command)
        case .assemble(let touched, let isStoreGone): return assemble(touched, isStoreGone: isStoreGone)
        case .judge(let failure): return [judge(failure)]
        case .restoreStorage: return [.storageRestored(restoreStorage())]
        case .store(let isAlwaysNew, let mayBePinned):
            return [store(isAlwaysNew: isAlwaysNew, mayBePinned: mayBePinned)]
        case .load(let revision, let isProject, let ticket, let tellsStyleSheets):
            return load(revision, isProject: isProject, ticket, tellsStyleSheets: tellsStyleSheets)
        case .noteProjectServes:
            suspects = []
            writing.reset()
            content.noteServing(isProject: true)
        case .noteOtherServes: content.noteServing(isProject: false)
        case .succeed:
            freshness.succeed()
            supervisor.updateStatus { status in
                status.problem = nil
                status.isBuilding = false
            }
        case .fail(let failure, let ticket): fail(failure, upTo: ticket)
        case .mendBuild(let ticket):
            freshness.mend(upTo: ticket)
            supervisor.mendBuild()
        case .noteServed(let revision):
            do { try content.store.noteServed(revision: revision) } catch  where error.isDamage {
                return [.storeDamaged(content.noteDamage(error))]
            } catch {
                emit(.log(.sandbox, text: "The history of revisions could not be kept: \(error)"))
            }
        case .prepareStandby: prepareStandby()
        case .restore(let id, let revision): return [restore(id, revision)]
        case .finishRollback(let id, let outcome): finishRollback(id, outcome)
        case .noteLibraryChange(let directory): content.libraries.noteChange(in: directory)
        case .forgetFetchFailures: content.externals.forgetFailures()
        case .settle(let ticket): freshness.finish(upTo: ticket)
        case .stop: break
        }
        return []
    }

    // MARK: Settings

    private func readSettings() -> [StateMessage] {
        var messages: [StateMessage] = []
        do throws(Failure) {
            var new = try dependencies.project.settings(completing: dependencies.commandLineSettings)
            // A file of variables that is not there is waited for.
            watchEnvironmentFiles(new)
            if let scope = updateScope(new) { messages.append(.scopeChanged(scope)) }
            try new.readVariables(of: dependencies.project)
            do throws(DataDirectory.Unusable) { try new.data?.make() } catch {
                throw Failure(stage: .assemble, message: error.description, file: SettingsFile.name)
            }
            let hasNewCommand = dependencies.workerCommand(new) != dependencies.workerCommand(state.settings)
            messages.append(.settingsRead(.success(.init(settings: new, hasNewCommand: hasNewCommand))))
        } catch {
            messages.append(.settingsRead(.failure(error)))
        }
        return messages
    }

    /// Tells which variables come from `.env`, unless that was told last.
    func tellVariables(_ settings: SandboxSettings) {
        guard let note = settings.guestVariables.note, note != toldVariables else { return }
        toldVariables = note
        emit(.log(.sandbox, text: note))
    }

    private func adopt(_ settings: SandboxSettings) -> [StateMessage] {
        var messages: [StateMessage] = []
        content.store.limitHistory(to: settings.historyBytes ?? BindleStore.defaultHistoryLimit)
        do { content.externals.use(try dependencies.upstream(settings)) } catch {
            messages.append(.failed(Failure(stage: .assemble, message: "\(error)", file: SettingsFile.name)))
        }
        supervisor.use(dependencies.workerCommand(settings))
        dependencies.announce(settings)
        tellVariables(settings)
        supervisor.updateStatus { $0.reloadsPages = settings.reloadsPages ?? true }
        if let new = updateScope(settings) { messages.append(.scopeChanged(new)) }
        return messages
    }

    // MARK: Builds

    private func startBuild(_ number: Int, _ command: String, _ passing: Set<String>, isAwaited: Bool) -> [StateMessage]
    {
        let (mailbox, watcher) = (dependencies.mailbox, watcher)
        do {
            let process = try BuildProcess(
                command: command, directory: dependencies.project.directory,
                environment: ChildEnvironment.current(passing: passing),
                runner: .thisProgram(arguments: ["build-runner", "--"]),
                terminal: dependencies.hasColours ? TerminalSize(of: STDOUT_FILENO)?.wide : nil,
                onLine: dependencies.emitBuildLine,
                onEnd: { outcome in
                    // What the build wrote last is still on its way; it is part of this build, and told before its end.
                    watcher?.synchronize()
                    mailbox.post(.buildEnded(number: number, outcome))
                })
            build = (process, number)
            // Files have the time of a clock that is a few milliseconds late.
            buildStart = SystemTime().nanosecondsSince1970 - 20_000_000
            noteBuild(isAwaited: isAwaited)
            // Somebody may have made a repository of the project. It matters to the next build; this one runs already.
            lockPath = RepositoryLock.path(around: dependencies.project.directory)
            return []
        } catch {
            let failure = Failure(stage: .build, message: "The build command could not be started: \(error)")
            return [.buildNotStarted(number: number, failure)]
        }
    }

    /// Lets requests, and pages that wait, know that the build command runs, or is about to.
    private func noteBuild(isAwaited: Bool) {
        dependencies.freshness.board.build = isAwaited ? .awaited : .running
        supervisor.updateStatus { $0.isBuilding = true }
    }

    /// Has all changes told that are on their way; that may take its time, where the directories are looked at.
    private func catchUp() {
        let (mailbox, watcher) = (dependencies.mailbox, watcher)
        SystemThread.detach(name: "catching up") {
            watcher?.synchronize()
            mailbox.post(.caughtUp)
        }
    }

    // MARK: Revisions

    private func assemble(_ touched: Set<ChangedPath>?, isStoreGone: Bool) -> [StateMessage] {
        let started = dependencies.now()
        for change in touched ?? [] { suspects.insert("\(dependencies.project.directory)/\(change.path)") }
        writing.reset()
        var messages: [StateMessage] = []
        let result = content.assemble(
            touched: touched, isStoreGone: isStoreGone, state.settings, ignoresCase: scope.ignoresCase,
            onFacts: { if let new = updateScope(state.settings) { messages.append(.scopeChanged(new)) } })
        messages.append(.assembled(withAdvice(result), dependencies.now() - started))
        return messages
    }

    /// Says where the modules are that HIPPOFACTS seems to mean, if they are not where it says.
    private func withAdvice(_ result: ProjectState.Assembly) -> ProjectState.Assembly {
        guard case .failed(let failure) = result else {
            tellUntouchedModules()
            return result
        }
        let missing = ModuleMismatch.all(content.facts, in: dependencies.project.directory, buildStart: nil)
        guard let mismatch = missing.first(where: { failure.message.contains($0.named) }) else { return result }
        var lines = failure.message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.insert(mismatch.advice, at: 1)
        return .failed(
            Failure(
                stage: failure.stage, message: lines.joined(separator: "\n"), file: failure.file, line: failure.line,
                column: failure.column))
    }

    /// Tells, after a build that has ended well, which modules it has made under another path than HIPPOFACTS names.
    private func tellUntouchedModules() {
        guard let start = finishedBuildStart else { return }
        finishedBuildStart = nil
        for mismatch in ModuleMismatch.all(content.facts, in: dependencies.project.directory, buildStart: start)
        where toldMismatches.insert(mismatch).inserted {
            emit(.log(.sandbox, text: "warning: \(mismatch.advice)"))
        }
    }

    private func judge(_ failure: Failure) -> StateMessage {
        var paths = suspects
        if let file = failure.file {
            paths.insert(file.hasPrefix("/") ? file : "\(dependencies.project.directory)/\(file)")
        }
        // What is wrong with a module may be told at the place where HIPPOFACTS names it.
        if failure.stage == .launch {
            for module in content.facts?.dependencies.modules ?? [] {
                paths.insert("\(dependencies.project.directory)/\(module)")
            }
        }
        let now = MonotonicTime.now
        let time = writing.unsettled(among: paths, now: now)
        return .judged(failure, until: time.map { dependencies.now() + ($0 - now) })
    }

    private func restoreStorage() -> Failure? {
        supervisor.abandonLoad()
        supervisor.discardStandby()
        do {
            try content.restart(after: supervisor.servingTarget?.revision ?? 0, dependencies.restoreStorage)
            dependencies.storeWatch?.watch()
            return nil
        } catch {
            return Failure(stage: .store, message: "\(error)")
        }
    }

    private func store(isAlwaysNew: Bool, mayBePinned: Bool) -> StateMessage {
        let started = dependencies.now()
        let result = content.save(isAlwaysNew: isAlwaysNew, mayBePinned: mayBePinned)
        if case .revision(let number) = result {
            do { try takeContentOfProject(number) } catch  where error.isDamage {
                return .stored(.damaged(content.noteDamage(error)), dependencies.now() - started)
            } catch {
                return .stored(.failed(Failure(stage: .store, message: "\(error)")), dependencies.now() - started)
            }
        }
        return .stored(result, dependencies.now() - started)
    }

    /// What is loaded next has the files of the project, as it was stored just now.
    private func takeContentOfProject(_ revision: Int) throws(StoreError) {
        guard let change = content.change, let invoice = content.invoice else { return }
        let times = try content.store.contentTimes(ofRevision: revision)
        do throws(AssetError) {
            if case .parcels(let update) = change, isContentOfProject, times.count == invoice.parcels.count,
                let new = try served.apply(update.edits, times: times, in: invoice.id)
            {
                servedContent = .success(new)
            } else {
                servedContent = .success(try served.replace(with: invoice, times: times))
            }
        } catch {
            servedContent = .failure(error)
        }
        isContentOfProject = true
    }

    /// Begins to load a revision, which is served when that has come to its end.
    private func load(
        _ revision: Int, isProject: Bool, _ ticket: UInt64?, tellsStyleSheets: Bool
    ) -> [StateMessage] {
        let id: String
        if isProject {
            id = content.invoice?.id.description ?? ""
        } else {
            do {
                let (invoice, times) = try content.store.content(ofRevision: revision)
                id = invoice.id.description
                isContentOfProject = false
                servedContent = Result { () throws(AssetError) in try served.replace(with: invoice, times: times) }
            } catch {
                return [.loadNotStarted("\(error)")]
            }
        }
        if let ticket { dependencies.freshness.beginLoad(upTo: ticket) }
        do {
            let bindleURL = dependencies.bindleURL(ofRevision: revision)
            let servedContent: ServedContent?
            switch self.servedContent {
            case .success(let content)?: servedContent = content
            case .failure(let error)?: return [.loadFailed(Failure(stage: .launch, message: error.description))]
            case nil: servedContent = nil
            }
            try supervisor.load(
                .init(id: id, bindleURL: bindleURL, revision: revision, content: servedContent))
        } catch {
            return [.loadNotStarted("\(error)")]
        }
        guard isProject else { return [] }
        // While the process loads it, there is time.
        if let paths = content.noteLaunch(), tellsStyleSheets { supervisor.noteLoadChanges(onlyStyleSheets: paths) }
        // When it serves, nothing more is made in the project that would be in the way of who removes that.
        content.keepFirstDigests()
        return []
    }

    private func fail(_ failure: Failure, upTo ticket: UInt64) {
        emit(.failed(failure))
        let stage = failure.stage == .build ? "the build failed" : "the last change cannot be served"
        dependencies.freshness.fail(upTo: ticket, because: "\(stage): \(failure)", isLasting: failure.stage == .build)
        supervisor.fail(
            failure.problem(inProject: dependencies.project.directory, editor: state.settings.editor ?? .usual))
        // Without a process to tell of it, a browser would wait and learn nothing.
        hold()
        prepareStandby()
    }

    /// Lets a process answer with the project's status, unless one serves.
    private func hold() {
        do { try supervisor.hold() } catch { noteStandbyProblem("\(error)") }
    }

    private func prepareStandby() {
        do {
            try supervisor.prepare()
            standbyProblem = nil
        } catch {
            noteStandbyProblem("\(error)")
        }
    }

    /// Tells once why there is no process for what comes next.
    private func noteStandbyProblem(_ problem: String) {
        guard standbyProblem != problem else { return }
        standbyProblem = problem
        emit(.log(.sandbox, text: "No WAGI process could be started for what comes next: \(problem)"))
    }

    // MARK: Rollbacks

    private func restore(_ id: RollbackID, _ number: Int) -> StateMessage {
        do {
            let revision = try content.store.restore(revision: number)
            rollbacks[id]?.revision = revision
            return .restored(id, revision: revision.number, restores: number)
        } catch {
            rollbacks.removeValue(forKey: id)?.request.finish(.failure(.store(error)))
            return .notRestored(id)
        }
    }

    private func finishRollback(_ id: RollbackID, _ outcome: RollbackOutcome) {
        guard let (request, revision) = rollbacks.removeValue(forKey: id) else { return }
        switch (outcome, revision) {
        case (.serves, let revision?): request.finish(.success(revision))
        case (.serves, nil): break
        case (.notServed(let reason), _): request.finish(.failure(.notServed(reason)))
        }
    }
}

extension SandboxLoop.Dependencies {
    /// Where the bindle of a revision is as it was in that, whatever comes after it.
    func bindleURL(ofRevision number: Int) -> String {
        let root = bindleURL.hasSuffix("/v1") ? String(bindleURL.dropLast(3)) : bindleURL
        return "\(root)/revisions/\(number)/v1"
    }
}
