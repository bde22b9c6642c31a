import Platform
import SandboxProtocol

/// How a revision is made of the project, and brought back: expanded, stored, loaded.
///
/// See Save.md in Sandbox.docc.
extension ProjectState {
    mutating func noteAssembly(_ result: Assembly, _ time: Duration, _ now: Instant) {
        guard activity == .assembling else { return }
        activity = .none
        switch result {
        case .storeIsGone:
            // What was stored and laid out has gone with it: all that the project has is needed.
            content = .unknown
            needsExpansion = true
            touched = nil
            storage = .gone(until: lastChange + Self.removalPatience)
        case .waiting:
            isWaitingForExternals = true
            restoreTouched()
        case .failed(let failure):
            restoreTouched()
            judge(failure)
        case .content(let id, let isNew):
            cycle.timings.append(StageTiming(stage: "assemble", milliseconds: time.milliseconds))
            bindleID = id
            if isNew { content = .unknown }
            if storage != .there {
                // Not before the project is there again: what is made earlier would be in the way of those who make it.
                if case .gone = storage { log("The store is gone: a new one is made.") }
                loading = .nothing
                finishRollback(failure: "the store was removed")
                activity = .restoringStorage
                effects.append(.restoreStorage)
            } else if content.isLaunched && !needsLaunch {
                // What is still being loaded is announced when it serves.
                if loading == .nothing { announceUnchanged(now) }
                cycle = Cycle(began: now)
            } else {
                beginStoring()
            }
        }
    }

    /// The store is made again when nothing has changed for a while: whoever removes it may remove more.
    mutating func noteStoreGone(_ now: Instant) {
        // What is being done with it finds out by itself.
        guard storage == .there, activity == .none else { return }
        lastChange = max(lastChange, now)
        if !isWorkPending { cycle = Cycle(began: now) }
        content = .unknown
        touched = nil
        needsExpansion = true
        storage = .gone(until: now + Self.removalPatience)
    }

    /// What the project has is put into another store, at once: what is damaged is in nobody's hands.
    mutating func noteStoreDamaged(_ detail: String, _ now: Instant) {
        guard storage == .there else { return }
        content = .unknown
        touched = nil
        damageCount += 1
        guard damageCount <= Self.damageLimit else {
            return fail(
                Failure(
                    stage: .store,
                    message:
                        "The store is damaged (\(detail)), as \(Self.damageLimit) before it were. Check the disk; or "
                        + "keep the store elsewhere with --store FILE, or nothing with --ephemeral."))
        }
        log("The store is damaged (\(detail)): a new one is made of the project. What serves goes on.")
        if !isWorkPending { cycle = Cycle(began: now) }
        needsExpansion = true
        storage = .damaged
    }

    /// What has not been taken in has still to be.
    mutating func restoreTouched() {
        if let before = beingAssembled, let since = touched { touched = before.union(since) } else { touched = nil }
        beingAssembled = nil
    }

    mutating func noteRestoration(_ failure: Failure?) {
        finish(.restoringStorage)
        content = .unknown
        if let failure {
            needsExpansion = false
            touched = nil
            return fail(failure)
        }
        storage = .there
        beginStoring()
    }

    mutating func beginStoring() {
        activity = .storing
        let mayBePinned = serving == .nothing && loading == .nothing && !content.isLaunched
        effects.append(.store(isAlwaysNew: needsLaunch, mayBePinned: mayBePinned))
    }

    mutating func noteStored(_ result: StoreResult, _ time: Duration, _ now: Instant) {
        guard activity == .storing else { return }
        activity = .none
        switch result {
        case .waiting:
            content = .unknown
            isWaitingForExternals = true
        case .sourceChanged:
            content = .unknown
            touched = nil
            attempts += 1
            if attempts < Self.attemptLimit {
                needsExpansion = true
            } else {
                attempts = 0
                fail(Failure(stage: .store, message: "Files of the project go on changing while they are read."))
            }
        case .damaged(let detail): noteStoreDamaged(detail, now)
        case .failed(let failure):
            // What is missing may be more than what this change has brought.
            content = .unknown
            touched = nil
            fail(failure)
        case .unavailable(let reason):
            content = .unknown
            touched = nil
            noteOutage(reason, now)
        case .pinned(let revision):
            outage = .none
            log("Revision \(revision) serves until a file changes: it was brought back.")
            content = .pinned
            load(revision, isProject: false, now)
        case .revision(let revision):
            attempts = 0
            outage = .none
            cycle.timings.append(StageTiming(stage: "store", milliseconds: time.milliseconds))
            content = .stored(revision)
            if case .revision(revision, _) = serving, loading == .nothing {
                // The project has become what was brought back.
                content = .launched(revision)
                serving = .revision(revision, isProject: true)
                effects.append(.noteProjectServes)
                announceUnchanged(now)
                cycle = Cycle(began: now)
                needsLaunch = false
            } else {
                content = .launched(revision)
                load(revision, isProject: true, now)
            }
        }
    }

    /// A save has failed since the blob store is out of reach. It is tried again without a change, so that it is made up for
    /// when the outage is over.
    mutating func noteOutage(_ reason: String, _ now: Instant) {
        let before = if case .failures(let count, _) = outage { count } else { 0 }
        let pause = min(Self.outagePatience * (1 << min(before, 10)), Self.longestOutagePatience)
        outage = .failures(before + 1, nextAttempt: now + pause)
        fail(Failure(stage: .store, message: "\(reason). It is tried again in \(pause.components.seconds) s"))
    }

    /// Has the save tried again whose time has come.
    mutating func endOutage(_ now: Instant) {
        guard case .failures(let count, let time?) = outage, time <= now else { return }
        outage = .failures(count, nextAttempt: nil)
        if !isWorkPending { cycle = Cycle(began: now) }
        needsExpansion = true
    }

    mutating func load(_ revision: Int, isProject: Bool, _ now: Instant) {
        finishRollback(failure: "a change of the project came in between")
        loading = .revision(Load(revision: revision, isProject: isProject, began: now, cycle: cycle))
        hasFailedSinceLoad = false
        effects.append(
            .load(revision: revision, isProject: isProject, ticket: ticket, tellsStyleSheets: isProject && !needsLaunch)
        )
        needsLaunch = false
    }

    mutating func noteLoadNotStarted(_ reason: String) {
        guard case .revision(let load) = loading else { return }
        loading = .nothing
        if case .loading = rollback {
            finishRollback(failure: reason)
            reloadWhatWasGivenUp()
            return
        }
        giveUpLaunch(load)
        fail(Failure(stage: .launch, message: "The WAGI process could not be started: \(reason)"))
    }

    mutating func giveUpLaunch(_ load: Load?) {
        switch content {
        case .launched(let revision): content = .stored(revision)
        case .pinned: content = .unknown
        case .stored, .unknown: break
        }
    }

    /// A rollback has ended a load of the project, and has failed itself.
    mutating func reloadWhatWasGivenUp() {
        guard case .launched(let revision) = content else { return }
        if case .revision(revision, _) = serving { return }
        content = .stored(revision)
        needsExpansion = true
    }

    mutating func noteServing(
        _ revision: Int, _ id: String, _ timings: [StageTiming], isRestart: Bool, _ now: Instant
    ) {
        // Before it is told: who has read that may stop the sandbox at once, and release what has served.
        let noteServed = Effect.noteServed(revision: revision)
        if isRestart {
            effects.append(noteServed)
            log("Revision \(revision) serves again.")
        } else {
            guard case .revision(let load) = loading, load.revision == revision else { return }
            loading = .nothing
            effects.append(noteServed)
            serving = .revision(revision, isProject: load.isProject)
            if load.isProject { effects.append(.noteProjectServes) } else { effects.append(.noteOtherServes) }
            var cycle = load.cycle
            cycle.timings += timings
            announce(revision, id, isUnchanged: false, cycle, now)
        }
        if case .loading(let request, revision, _) = rollback {
            rollback = .none
            effects.append(.finishRollback(request, .serves))
        }
        // Its start must not compete with the first requests, but it has to be over before the next save.
        effects.append(.prepareStandby)
    }

    mutating func noteLoadFailed(_ failure: Failure) {
        effects.append(.prepareStandby)
        guard case .revision(let load) = loading else {
            // What served has died, and cannot be started again.
            serving = .nothing
            giveUpLaunch(nil)
            return fail(failure)
        }
        loading = .nothing
        if case .loading = rollback {
            finishRollback(failure: "it could not be launched: \(failure.message)")
            reloadWhatWasGivenUp()
        } else {
            giveUpLaunch(load)
        }
        // What is wrong with something newer is not to be hidden by it.
        if hasFailedSinceLoad {
            effects.append(.tell(.failed(failure)))
        } else if load.isProject, !isWorkPending {
            judge(failure)
        } else {
            fail(failure)
        }
    }

    mutating func announceUnchanged(_ now: Instant) {
        effects.append(buildFailure == nil ? .succeed : .noteIdle)
        guard case .revision(let revision, _) = serving else { return }
        announce(revision, bindleID, isUnchanged: true, cycle, now)
    }

    mutating func announce(
        _ revision: Int, _ id: String, isUnchanged: Bool, _ cycle: Cycle, _ now: Instant
    ) {
        let total = StageTiming(stage: "total", milliseconds: (now - cycle.began).milliseconds)
        if !hasBeenReady {
            hasBeenReady = true
            effects.append(.tell(.ready(app: addresses.app, bindle: addresses.bindle, id: id, revision: revision)))
        } else {
            effects.append(
                .tell(.serving(revision: revision, id: id, isUnchanged: isUnchanged, timings: cycle.timings + [total])))
        }
    }

    // MARK: Rollbacks

    mutating func noteRestored(_ id: RollbackID, _ revision: Int, _ number: Int, _ now: Instant) {
        guard rollback == .asked(id) else { return }
        log("Revision \(revision) brings back revision \(number). It serves until a file changes.")
        rollback = .loading(id, revision: revision, restores: number)
        loading = .revision(Load(revision: revision, isProject: false, began: now, cycle: Cycle(began: now)))
        hasFailedSinceLoad = false
        effects.append(.load(revision: revision, isProject: false, ticket: nil, tellsStyleSheets: false))
    }

    mutating func finishRollback(failure reason: String) {
        switch rollback {
        case .none: break
        case .asked(let id): effects.append(.finishRollback(id, .notServed("the revision does not serve: \(reason)")))
        case .loading(let id, let revision, let number):
            let name = "revision \(revision), which brings back \(number),"
            effects.append(.finishRollback(id, .notServed("\(name) does not serve: \(reason)")))
        }
        rollback = .none
    }
}
