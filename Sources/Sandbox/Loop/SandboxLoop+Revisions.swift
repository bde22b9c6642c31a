import Bindle
import Hippofacts
import Platform
import SandboxProtocol

/// How a revision is made of the project: expanded, stored, and launched.
extension SandboxLoop {
    /// Expands the project, stores the bindle, and begins to load it, unless it is what is loaded already.
    func makeRevision() throws(Failure) {
        let isStoreGone = surroundings.store.isGone
        if isStoreGone {
            guard isLeftAlone else { return }
            // What was stored and laid out has gone with it: all that the project has is needed.
            (launchedInvoice, isStored) = (nil, false)
        }
        needsExpansion = false
        guard let change = try assemble() else { return }
        // Not before the project is there again: what is made earlier would be in the way of those who make it.
        if isStoreGone { try restoreStorage() }
        if !change.isEmpty { (launchedInvoice, isStored) = (nil, false) }
        guard let invoice = expansion.invoice, try hasExternalParcels(change) else { return }
        let id = invoice.id.description
        if launchedInvoice != nil && !needsLaunch {
            // What is still being loaded is announced when it serves.
            if supervisor.loadingTarget == nil { announce(id, isUnchanged: true, cycle) }
            cycle = Cycle()
            return
        }
        if let pinned = pinnedRevision(for: invoice) {
            emit(.log(.sandbox, text: "Revision \(pinned.number) serves until a file changes: it was brought back."))
            restoredRevision = pinned.number
            layOut(revision: pinned.number)
            try launch(pinned.id, revision: pinned.number)
        } else {
            guard let number = try store(invoice, change) else { return }
            layOut(invoice, change)
            if number == supervisor.servingTarget?.revision && supervisor.loadingTarget == nil {
                // The project has become what was brought back.
                servedInvoice = invoice
                announce(id, isUnchanged: true, cycle)
                cycle = Cycle()
            } else {
                try launch(invoice.id, revision: number)
            }
        }
        launchedInvoice = invoice
        // While the process loads it, there is time.
        if !needsLaunch, let servedInvoice, let paths = invoice.styleSheets(differingFrom: servedInvoice) {
            supervisor.noteLoadChanges(onlyStyleSheets: paths)
        }
        needsLaunch = false
    }

    /// What is loaded next has the files of the project.
    func layOut(_ invoice: Invoice, _ change: Change) {
        switch change {
        case .parcels(let update) where isLayoutOfProject:
            supervisor.layouts?.applyToContent(update.changes.map { ($0.old, $0.new) })
        default:
            supervisor.layouts?.replaceContent(with: invoice)
        }
        isLayoutOfProject = true
    }

    /// Begins to load a revision, which is served when that has come to its end.
    func launch(_ id: BindleID, revision: Int) throws(Failure) {
        finishRollback(failure: "a change of the project came in between")
        loadingCycle = cycle
        surroundings.freshness.beginLoad(upTo: ticket)
        do {
            try supervisor.load(
                .init(id: id.description, bindleURL: surroundings.bindleURL(ofRevision: revision), revision: revision))
        } catch {
            launchedInvoice = nil
            throw Failure(stage: .launch, message: "The WAGI process could not be started: \(error)")
        }
    }

    /// How the project's expansion differs from the one before.
    enum Change {
        case whole(Expansion, isNew: Bool)
        case parcels(ProjectExpansion.Update)

        var isEmpty: Bool {
            switch self {
            case .whole(_, let isNew): !isNew
            case .parcels(let update): update.changes.isEmpty
            }
        }
    }

    /// False while parcels of other bindles are being fetched.
    func hasExternalParcels(_ change: Change) throws(Failure) -> Bool {
        guard case .whole(let expansion, _) = change else { return true }
        do {
            try externals.require(expansion.externalParcels)
            return true
        } catch is ExternalFetches.Pending {
            return false
        } catch {
            throw Failure(stage: .store, message: "An external bindle is not to be had as a whole: \(error)")
        }
    }

    /// What has changed; `nil` while an external bindle is being fetched.
    func assemble() throws(Failure) -> Change? {
        let started = SuspendingClock.now
        defer {
            cycle.timings.append(
                StageTiming(stage: "assemble", milliseconds: (SuspendingClock.now - started).milliseconds))
        }
        do {
            // What is not in the store as it is has to be looked at as a whole.
            if isStored, let touched, let update = try expansion.update(touched) {
                self.touched = []
                return .parcels(update)
            }
            return try expand()
        } catch is ExternalFetches.Pending {
            return nil
        } catch let error as HippofactsError {
            // What cannot be had yet is being fetched; when it is here, all this is done again.
            if externals.isPending { return nil }
            throw Failure(
                stage: .assemble, message: error.message + (error.excerpt.map { "\n" + $0 } ?? ""),
                file: surroundings.project.relative(error.file), line: error.position?.line,
                column: error.position?.column)
        } catch {
            throw Failure(stage: .assemble, message: "\(error)")
        }
    }

    func expand() throws -> Change {
        touched = nil
        let facts = try surroundings.project.facts()
        self.facts = facts
        // Watched first, so that what changes from here on is seen.
        updateScope()
        let store = surroundings.store
        if case .nextPatch = facts.version, knownVersions[facts.name] == nil {
            // Asked for once, so that a version like 1.2.* stays the same from rebuild to rebuild.
            let ids = try store.allIDs(includingYanked: true)
            knownVersions[facts.name] = ids.filter { $0.name == facts.name }.map(\.version)
        }
        try libraries.use(settings.libraries ?? [])
        try libraries.store(externals)
        let options = ExpansionOptions(
            versionMode: .asWritten,
            knownVersions: { [knownVersions] in knownVersions[$0] ?? [] },
            externalInvoice: { [externals] in try externals.invoice($0) })
        let before = expansion.invoice
        let whole = try expansion.expand(facts, options)
        for warning in whole.warnings.map(\.description) where !lastWarnings.contains(warning) {
            emit(.log(.sandbox, text: "warning: \(warning)"))
        }
        lastWarnings = whole.warnings.map(\.description)
        touched = []
        return .whole(whole, isNew: whole.invoice != before)
    }

    /// Keeps the digests of the project's files, so that a sandbox that is started later reads only what has changed.
    func keepDigests() {
        guard let path = surroundings.digestsPath, expansion.hasNewDigests else { return }
        // Where it cannot be written, as in a project that has been removed, files are read again.
        try? expansion.takeDigests().write(to: path)
    }

    /// The same, beside the loop, and only for an expansion that has read the project as a whole: a sandbox that is
    /// killed leaves what was there when it began.
    func keepFirstDigests() {
        guard let path = surroundings.digestsPath, expansion.hasNewDigests, !hasKeptDigests else { return }
        hasKeptDigests = true
        let digests = expansion.takeDigests()
        SystemThread.detach { try? digests.write(to: path) }
    }

    /// False while the project may be on its way out, or in again: a file that is made in a directory as it is being
    /// removed leaves whoever removes it with an error.
    private var isLeftAlone: Bool {
        leftAloneTime = lastChange + Self.removalPatience
        return leftAloneTime.map { $0 <= .now } ?? true
    }

    /// Begins with an empty store and an empty cache, in place of those that were removed.
    private func restoreStorage() throws(Failure) {
        leftAloneTime = nil
        emit(.log(.sandbox, text: "\(surroundings.store.path) is gone: a new store is made."))
        supervisor.abandonLoad()
        supervisor.discardStandby()
        do {
            try surroundings.restoreStorage()
            try surroundings.store.reopen(after: max(revision, storedRevision ?? 0))
            try supervisor.layouts?.restart()
        } catch {
            throw Failure(stage: .store, message: "\(error)")
        }
        (launchedInvoice, isStored, storedRevision, isLayoutOfProject) = (nil, false, nil, false)
        restoredRevision = nil
        knownVersions = [:]
    }

    func updateScope() {
        guard let watcher else { return }
        let new = surroundings.project.scope(of: facts, settings: settings)
        guard new != scope else { return }
        scope = new
        watcher.watch(surroundings.project.directory, new)
    }

    /// The number that the store gives to the revision; `nil` if a file has changed since it was read, so that all has to
    /// be done again.
    func store(_ invoice: Invoice, _ change: Change) throws(Failure) -> Int? {
        let started = SuspendingClock.now
        let changes: ParcelChanges?
        let sources: [String: Expansion.ParcelSource]
        switch change {
        case .whole(let expansion, _): (changes, sources) = (nil, expansion.sources)
        case .parcels(let update):
            changes = ParcelChanges(update.changes.map { .init(old: $0.place..<$0.place + 1, new: $0.place..<$0.place + 1) })
            sources = update.sources
        }
        do {
            let saved = try surroundings.store.saveRevision(
                invoice, changes: changes, since: storedRevision, isAlwaysNew: needsLaunch, copyingTo: surroundings.parcels
            ) { [path = surroundings.store.path] (label) throws(StoreError) in
                try DiskSpace.require(label, beside: path)
                switch sources[label.sha256] {
                case .file(let path, _): return .file(path: path)
                case .bytes(let bytes): return .bytes(bytes)
                case nil: throw .parcelNotUploaded(invoice.id, digest: label.sha256)
                }
            }
            (isStored, storedRevision) = (true, saved.number)
            cycle.timings.append(StageTiming(stage: "store", milliseconds: (SuspendingClock.now - started).milliseconds))
            return saved.number
        } catch .sourceChanged, .unreadableSource {
            expansion.forgetFiles()
            needsExpansion = true
            surroundings.mailbox.post(.change([:], ticket: 0, seen: .now))
            return nil
        } catch {
            // What is missing may be more than what this change has brought.
            touched = nil
            throw Failure(stage: .store, message: "\(error)")
        }
    }
}
