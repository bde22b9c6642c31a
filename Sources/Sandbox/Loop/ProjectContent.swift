import Bindle
import Hippofacts
import Platform
import SandboxProtocol
import Synchronization

/// The project as the loop works with it: expanded, and put into the store. It decides nothing; `ProjectState` does.
///
/// Used by the loop, on its thread.
///
/// See Save.md in Sandbox.docc.
final class ProjectContent {
    /// How the project's expansion differs from the one before.
    enum Change {
        case whole(Expansion, isNew: Bool)
        case parcels(ProjectExpansion.Update)

        var isEmpty: Bool {
            switch self {
            case .whole(_, let isNew): !isNew
            case .parcels(let update): update.isEmpty
            }
        }
    }

    let project: Project
    let store: BindleStore
    /// The file that keeps the digests of the project's files from one sandbox to the next.
    private let digestsPath: String?
    private let cancellation: Cancellation
    /// Ends the expansion that is under way when a stop is asked for.
    private let current = CurrentExpansion()
    private let emit: @Sendable (Event) -> Void
    let libraries: Libraries
    let externals: ExternalFetches

    private(set) var facts: Hippofacts?
    private var expansion: ProjectExpansion
    private var hasKeptDigests = false
    private var lastWarnings: [String] = []
    /// What has been told of the bundle's content.
    private var toldReviews: Set<String> = []
    private var knownVersions: [String: [SemanticVersion]] = [:]
    /// What the last assembly has found.
    private(set) var change: Change?
    /// Whether the store was found to be damaged, and is still in use.
    private var isStoreDamaged = false
    private var hasToldLosses = false
    /// The revision that the store has got last.
    private(set) var storedRevision: Int?
    /// The invoice of what has been loaded last of the project.
    private(set) var launchedInvoice: Invoice?
    /// The invoice of the revision that serves, unless that was brought back.
    private(set) var servedInvoice: Invoice?

    init(
        project: Project, store: BindleStore, digestsPath: String?,
        upstream: ExternalBindles.Upstream?, cancellation: Cancellation, emit: @escaping @Sendable (Event) -> Void,
        onFetch: @escaping @Sendable (ExternalFetches.Item, ExternalBindleError?) -> Void
    ) {
        self.project = project
        self.store = store
        self.digestsPath = digestsPath
        self.cancellation = cancellation
        self.emit = emit
        expansion = ProjectExpansion(digests: digestsPath.map(DigestCache.init(contentsOf:)) ?? DigestCache())
        libraries = Libraries(store: store, projectDirectory: project.directory)
        externals = ExternalFetches(
            store: store, upstream: upstream,
            onStart: { emit(.log(.sandbox, text: "Fetching \($0) from \($1).")) }, onEnd: onFetch,
            onNote: { emit(.log(.sandbox, text: $0)) })
        cancellation.onCancel { [current] in current.control.withLock { $0?.cancel() } }
    }

    /// The invoice of the project as it was expanded last.
    var invoice: Invoice? { expansion.invoice }

    // MARK: Expanding

    /// Reads HIPPOFACTS, for what is to be watched. What is wrong with it is told when the project is expanded.
    func readFacts() {
        facts = try? project.facts()
    }

    /// Expands the project.
    ///
    /// - Parameters:
    ///   - touched: all that has changed since the last time, if that is known and everything else is in the store.
    ///   - isStoreGone: true if it is known that there is no store.
    ///   - onFacts: called when HIPPOFACTS has been read, before any file is.
    func assemble(
        touched: Set<ChangedPath>?, isStoreGone: Bool, _ settings: SandboxSettings, ignoresCase: Bool,
        onFacts: () -> Void
    ) -> ProjectState.Assembly {
        if !isStoreGone, store.isGone { return .storeIsGone }
        change = nil
        let control = ExpansionControl()
        current.control.withLock { $0 = control }
        if cancellation.isCancelled { control.cancel() }
        let emit = emit
        let progress = Progress(
            {
                let bytes = "\(Progress.megabytes(control.bytesDone)) of \(Progress.megabytes(control.bytesTotal))"
                return "Taking in files: \(control.filesDone) of \(control.filesTotal), \(bytes)."
            }, tell: { emit(.log(.sandbox, text: $0)) })
        defer { progress.end() }
        do {
            var touched = touched
            // Known files may be called otherwise.
            if ignoresCase, let paths = touched, !paths.allSatisfy({ expansion.hasFile($0.path) }) { touched = nil }
            let change: Change
            if let touched, let update = try expansion.update(touched, control: control) {
                change = .parcels(update)
                if let warnings = update.warnings { tell(warnings) }
            } else {
                change = try expand(settings, control, onFacts)
            }
            self.change = change
            review(change)
            guard let invoice = expansion.invoice else { return .waiting }
            return .content(id: invoice.id.description, isNew: !change.isEmpty)
        } catch is ExternalFetches.Pending {
            return .waiting
        } catch let error as HippofactsError {
            // What is missing yet is being fetched; when it is here, all this is done again.
            if externals.isPending { return .waiting }
            return .failed(Failure(.assemble, error, in: project))
        } catch {
            return .failed(Failure(stage: .assemble, message: "\(error)"))
        }
    }

    private func expand(
        _ settings: SandboxSettings, _ control: ExpansionControl, _ onFacts: () -> Void
    ) throws -> Change {
        let facts = try project.facts()
        self.facts = facts
        // Watched first, so that what changes from here on is seen.
        onFacts()
        if case .nextPatch = facts.version, knownVersions[facts.name] == nil {
            // Asked for once, so that a version like 1.2.* stays the same from rebuild to rebuild.
            let ids = try store.allIDs(includingYanked: true)
            knownVersions[facts.name] = ids.filter { $0.name == facts.name }.map(\.version)
        }
        try libraries.use(settings.libraries ?? [])
        try libraries.store(externals)
        var options = ExpansionOptions(
            versionMode: .asWritten,
            knownVersions: { [knownVersions] in knownVersions[$0] ?? [] },
            externalInvoice: { [externals] in try externals.invoice($0) })
        // The loop expands after a build that has ended well.
        BundleSettings(settings).apply(to: &options, isBuilt: true)
        let before = expansion.invoice
        let whole = try expansion.expand(facts, options, control: control)
        tell(whole.warnings)
        return .whole(whole, isNew: whole.invoice != before)
    }

    /// Tells warnings, those left out that hold since the last time.
    private func tell(_ warnings: [Expansion.Warning]) {
        // Each begins with the path of a file, which is told as those of failures are.
        let texts = warnings.map { project.relative($0.description) }
        for warning in texts where !lastWarnings.contains(warning) {
            emit(.log(.sandbox, text: "warning: \(warning)"))
        }
        lastWarnings = texts
    }

    /// Tells of what is hardly meant to be in the bundle, each thing once.
    private func review(_ change: Change) {
        var review = BundleReview()
        switch change {
        case .whole(_, isNew: false): return
        case .whole(let expansion, isNew: true): review = BundleReview(expansion.invoice)
        case .parcels(let update):
            for edit in update.edits { for parcel in edit.inserted { review.look(at: parcel) } }
        }
        for warning in review.warnings where toldReviews.insert(warning).inserted {
            emit(.log(.sandbox, text: "warning: \(warning)"))
        }
    }

    // MARK: Storing

    /// Begins with an empty store, in place of the one that was removed, or of a damaged one, which is kept beside it.
    ///
    /// - Parameters:
    ///   - revision: the numbers of revisions go on after it.
    ///   - restore: makes the directories of the store again.
    func restart(after revision: Int, _ restore: () throws -> Void) throws {
        do { try reopen(after: revision, restore) } catch let error as StoreError where error.isDamage {
            // What was left of the store is of no use: a process that still has it open vouches for a part that has gone.
            _ = noteDamage(error)
            try reopen(after: revision, restore)
        }
        (launchedInvoice, storedRevision) = (nil, nil)
        knownVersions = [:]
        hasToldLosses = false
    }

    private func reopen(after revision: Int, _ restore: () throws -> Void) throws {
        if isStoreDamaged {
            let kept = try store.setAside()
            isStoreDamaged = false
            emit(
                .log(
                    .sandbox,
                    text: "The damaged store is kept as \(kept), with its history and what was pushed to it. "
                        + "'hippo-dev bindle check --store FILE' says what of it is whole."))
        }
        try restore()
        try store.reopen(after: max(revision, storedRevision ?? 0))
    }

    /// Puts the bindle into the store, as it was expanded last.
    func save(isAlwaysNew: Bool, mayBePinned: Bool) -> ProjectState.StoreResult {
        guard let change, let invoice = expansion.invoice else { return .sourceChanged }
        if case .whole(let expansion, _) = change {
            do { try externals.require(expansion.externalParcels) } catch is ExternalFetches.Pending {
                return .waiting
            } catch {
                return .failed(
                    Failure(stage: .store, message: "An external bindle cannot be found as a whole: \(error)"))
            }
        }
        if mayBePinned, let pinned = pinnedRevision(for: invoice) { return .pinned(pinned) }
        return store(invoice, change, isAlwaysNew: isAlwaysNew)
    }

    private func store(_ invoice: Invoice, _ change: Change, isAlwaysNew: Bool) -> ProjectState.StoreResult {
        let changes: ParcelChanges?
        let sources: ParcelSources
        switch change {
        case .whole(let expansion, _): (changes, sources) = (nil, expansion.sources)
        case .parcels(let update):
            (changes, sources) = (update.changes, update.sources)
        }
        let taken = Taken()
        let emit = emit
        let progress = Progress({ taken.text }, tell: { emit(.log(.sandbox, text: $0)) })
        defer { progress.end() }
        do {
            var disk = DiskSpace(beside: store.path) { [store] in (try? store.reusableBytes()) ?? 0 }
            let saved = try store.saveRevision(
                invoice, changes: changes, since: storedRevision, isAlwaysNew: isAlwaysNew
            ) { [cancellation] (label) throws(StoreError) in
                if cancellation.isCancelled { throw .interrupted }
                try disk.require(label)
                taken.note(Int(label.size))
                switch sources[label] {
                case .file(let path, _): return .file(path: path)
                case .bytes(let bytes): return .bytes(bytes)
                case nil: throw .parcelNotUploaded(invoice.id, digest: label.sha256)
                }
            }
            storedRevision = saved.number
            tellLosses()
            return .revision(saved.number)
        } catch .sourceChanged, .unreadableSource {
            expansion.forgetFiles()
            return .sourceChanged
        } catch  where error.isDamage {
            return .damaged(noteDamage(error))
        } catch  where error.isOutage {
            return .unavailable("\(error)")
        } catch {
            return .failed(Failure(stage: .store, message: "\(error)"))
        }
    }

    /// Takes note that the store is damaged: `restart` puts it aside.
    ///
    /// - Returns: what is wrong with it.
    func noteDamage(_ error: StoreError) -> String {
        isStoreDamaged = true
        if case .corrupt(_, let detail) = error { return detail }
        return "it is no SQLite file"
    }

    /// Tells once of parcels that were damaged when the store was opened, and that the project does not have any more.
    private func tellLosses() {
        guard !hasToldLosses else { return }
        hasToldLosses = true
        guard let count = try? store.lostParcelCount(), count > 0 else { return }
        let parcels = count == 1 ? "A parcel of earlier revisions is" : "\(count) parcels of earlier revisions are"
        emit(
            .log(
                .sandbox, text: "\(parcels) damaged or gone. 'hippo-dev bindle check' says which, once this has ended.")
        )
    }

    private final class CurrentExpansion: Sendable {
        let control = Mutex<ExpansionControl?>(nil)
    }

    /// What the store has asked for so far.
    private final class Taken: Sendable {
        private let fileCount = Atomic(0)
        private let byteCount = Atomic(0)

        func note(_ bytes: Int) {
            fileCount.add(1, ordering: .relaxed)
            byteCount.add(bytes, ordering: .relaxed)
        }

        var text: String {
            let bytes = Progress.megabytes(byteCount.load(ordering: .relaxed))
            return "Storing files: \(fileCount.load(ordering: .relaxed)) so far, \(bytes)."
        }
    }

    /// The revision that was brought back while the project was as it is now, if it is still to be served: that holds
    /// until a file changes, also when the sandbox is stopped and started in between.
    private func pinnedRevision(for invoice: Invoice) -> Int? {
        // A history that cannot be read is no reason not to serve the project.
        guard let last = try? store.lastRevision(), last.restores != nil, let made = try? store.lastMadeRevision(),
            made.id == invoice.id, let old = try? store.invoice(ofRevision: made.number), old == invoice
        else { return nil }
        return last.number
    }

    // MARK: Launching

    /// Takes note that the project, as it is in the store, is being loaded.
    ///
    /// - Returns: the style sheets in which it differs from what serves, if it differs in nothing else.
    func noteLaunch() -> [String]? {
        launchedInvoice = expansion.invoice
        guard let servedInvoice, let launchedInvoice else { return nil }
        return launchedInvoice.styleSheets(differingFrom: servedInvoice)
    }

    /// Takes note that what was loaded last of the project serves; or, if not, something that was brought back.
    func noteServing(isProject: Bool) {
        servedInvoice = isProject ? launchedInvoice ?? expansion.invoice : nil
    }

    // MARK: Digests

    /// Keeps the digests of the project's files, so that a sandbox that is started later reads only what has changed.
    func keepDigests() {
        guard let digestsPath, expansion.hasNewDigests else { return }
        // Where it cannot be written, as in a project that has been removed, files are read again.
        try? expansion.takeDigests().write(to: digestsPath)
    }

    /// The same, only for an expansion that has read the project as a whole: a sandbox that is killed leaves what was there
    /// when it began.
    func keepFirstDigests() {
        guard !hasKeptDigests else { return }
        hasKeptDigests = true
        keepDigests()
    }
}
