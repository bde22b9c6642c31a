import Content
import Platform
import SandboxProtocol

/// When the build command runs, and what follows of it.
///
/// See Builds.md in Sandbox.docc.
extension ProjectState {
    mutating func startBuild(_ round: Round, _ files: BuildFiles, _ now: Instant) {
        buildWish = .none
        guard let command = settings.buildCommand else { return }
        reportChanges()
        if round == .first {
            needsExpansion = true
            cycle.timings = []
        } else {
            cycle = Cycle(began: now)
        }
        buildCount += 1
        activity = .building(BuildRun(number: buildCount, round: round))
        let inputs = scope
        ledger.beginRun { files.names(inputs) }
        effects.append(
            .startBuild(
                number: buildCount, command: command, passing: settings.passedVariables,
                isAwaited: settings.waitsForBuild ?? false))
        if announceStart(command) { effects += [.hold, .prepareStandby] }
    }

    /// A first build may take minutes, and what cannot be served is mended sooner or later: where the app will be is told at
    /// once, and something answers there.
    ///
    /// - Parameter command: `nil` for a failure, which follows.
    /// - Returns: whether it was told.
    mutating func announceStart(_ command: String?) -> Bool {
        guard !hasBeenReady, !hasAnnouncedStart, serving == .nothing else { return false }
        hasAnnouncedStart = true
        effects.append(.tell(.starting(app: addresses.app, bindle: addresses.bindle, command: command)))
        return true
    }

    // MARK: The repository's lock

    /// Whether a build has to wait until git has exchanged the files that it is about to exchange.
    mutating func waitsForRepository(_ files: BuildFiles, _ now: Instant) -> Bool {
        guard let lock = files.repositoryLock() else {
            switch repository {
            case .free: return false
            case .released: return true
            case .stale:
                repository = .free
                return false
            case .locked:
                repository = .released
                effects.append(.catchUp)
                return true
            }
        }
        let since: Instant
        switch repository {
        case .stale(lock): return false
        case .locked(_, let start, _): since = start
        case .free, .released, .stale:
            since = now
            // Requests need not wait for git: what serves is marked, as during a build.
            effects.append(.awaitBuild(isAwaited: settings.waitsForBuild ?? false))
            if let command = settings.buildCommand, announceStart(command) { effects += [.hold, .prepareStandby] }
        }
        guard now < min(max(since, lastChange) + Self.lockPatience, since + Self.lockLimit) else {
            repository = .stale(lock)
            log(
                "Builds do not wait for git any more: \(lock.path) has been there for "
                    + "\((now - since).components.seconds) s. If no git is running, remove it.")
            return false
        }
        repository = .locked(lock, since: since, nextLook: now + Self.lockInterval)
        return true
    }

    /// No build is wanted any more.
    mutating func forgetRepository() {
        switch repository {
        case .free, .stale: break
        case .locked, .released:
            repository = .free
            effects.append(.noteBuildEnded)
        }
    }

    /// When the lock is looked for again, if a build waits for nothing else.
    var repositoryTime: Instant? {
        guard case .locked(_, _, let nextLook) = repository, activity == .none, settingsState == .current,
            buildWish == .now || buildWish == .afterwards && !needsExpansion
        else { return nil }
        return nextLook
    }

    mutating func cancel(_ run: BuildRun, _ now: Instant) {
        activity = .cancelling(run, since: now)
        effects.append(.cancelBuild(number: run.number))
    }

    /// - Parameter duration: `nil` if the command could not be started.
    mutating func endBuild(
        _ number: Int, _ duration: Duration?, _ failure: Failure?, _ files: BuildFiles, _ now: Instant
    ) {
        let run: BuildRun
        var isCancelled = false
        switch activity {
        case .building(let current) where current.number == number: run = current
        case .cancelling(let current, _) where current.number == number: (run, isCancelled) = (current, true)
        // It was given up.
        default: return
        }
        activity = .none
        effects.append(.noteBuildEnded)
        let outcome = ledger.endRun(
            isCancelled: isCancelled, isRepeated: run.round == .second, files.digest)
        if outcome.hasNewOutputs { effects.append(.rememberOutputs(ledger.outputs, of: settings.buildCommand ?? "")) }
        if !outcome.products.isEmpty {
            log(
                "The build command itself writes \(Self.list(outcome.products)): changes of it during a build do not "
                    + "restart it any more.")
        }
        // What it has made is outdated.
        if isCancelled || buildWish == .now { return }
        if outcome.asksForAnother { noteLeftovers(outcome, run.round) }
        if let duration { cycle.timings.append(StageTiming(stage: "build", milliseconds: duration.milliseconds)) }
        guard let failure else {
            mendBuild()
            if !needsExpansion { effects.append(.noteIdle) }
            return
        }
        needsExpansion = false
        // The second round has the same to say, which has just been told.
        if run.round == .second, failure == buildFailure {
            effects.append(.noteIdle)
        } else {
            buildFailure = failure
            fail(failure)
        }
    }

    /// Nothing is wrong with the build any more.
    mutating func mendBuild() {
        guard buildFailure != nil else { return }
        buildFailure = nil
        effects.append(.mendBuild(upTo: ticket))
    }

    mutating func noteLeftovers(_ outcome: BuildInputLedger.Outcome, _ round: Round) {
        guard round == .second else {
            buildWish = .afterwards
            if !outcome.new.isEmpty {
                log(
                    "The build command has made \(Self.list(outcome.new)). It may read what it has made, so it runs once more."
                )
            }
            return
        }
        // What the second round made again is output. What came only then would go on for ever.
        guard !outcome.new.isEmpty || outcome.isUncertain else { return }
        let what =
            outcome.new.isEmpty
            ? "more files than the system can tell of"
            : "new files each time, such as \(Self.list(outcome.new, limit: 1))"
        log(
            "The build leaves \(what): it is not run again for them. If it reads them, save one of them; else say what it "
                + "reads, with watch = [\"src/**/*\"] under [build] in hippo-dev.toml, or let it write into a directory "
                + "called build, dist, out or target.")
    }

    /// Names a few paths, and counts the others.
    static func list(_ paths: [RelativePath], limit: Int = 3) -> String {
        let rest = paths.count - limit
        return paths.prefix(limit).map(\.string).joined(separator: ", ")
            + (rest > 0 && limit > 1 ? " and \(rest) more" : "")
    }
}
