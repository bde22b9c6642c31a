import Content
import Cryptography
import Hippofacts
import SandboxProtocol

@testable import Sandbox

/// A project, a store, a build command and WAGI processes that are nothing but variables: what `ProjectState` decides is
/// done here at once, or when the test says so. No process, no file, no clock.
final class ProjectStateWorld {
    typealias State = ProjectState
    typealias Instant = ProjectState.Instant

    /// What the bundle has.
    struct Bundle: Hashable {
        var page: String?
        var module: String?
    }

    /// A build that runs, with what its input was when it began.
    struct Build {
        let number: Int
        let source: String?
        var isCancelled = false
    }

    static let directory = "/project"
    let start = SuspendingClock.now
    private(set) var now: Instant
    var state: ProjectState
    var settings: SandboxSettings
    /// What the settings file says; `nil` if it is broken.
    var settingsFile: SandboxSettings?
    var files: [String: String] = ["src/main": "s1", "page": "p1", "module": "m0"]
    private var ticket: UInt64 = 0
    private(set) var settled: UInt64 = 0

    /// Everything that was decided, in order.
    private(set) var effects: [Effect] = []
    private(set) var builds: [Build] = []
    private(set) var buildCount = 0
    private(set) var isStoreGone = false
    /// Whether the store holds garbage.
    var isStoreDamaged = false
    /// Whether the blob store is out of reach.
    var isBlobStoreAway = false
    /// Whether a new store does so, too.
    var damagesAllStores = false
    private(set) var assembled: Bundle?
    private(set) var revisions: [Int: Bundle] = [:]
    private(set) var lastRevision = 0
    private(set) var loading: Int?
    private(set) var served: Bundle?
    private(set) var servedRevision: Int?
    /// What pages are told that is wrong.
    private(set) var failure: Failure?
    private var failureBeforeLoad: Failure?
    private var buildFailure: Failure?
    /// What has become of rollbacks.
    private(set) var rollbacks: [RollbackID: RollbackOutcome] = [:]
    private(set) var isStopped = false
    /// The result of the next step that is made by hand; steps go by themselves if it is empty.
    var heldEffects: [Effect] = []
    var holdsAssembly = false
    /// Whether changes from before are still on their way.
    var holdsCatchingUp = false
    var isWaitingForExternals = false
    /// Until then, files are being written.
    lazy var writingUntil = start
    /// What a build writes when it ends well.
    var buildWrites: (ProjectStateWorld) -> Void = { world in world.write("module", "m of \(world.lastSource ?? "")") }
    private(set) var lastSource: String?
    /// What git has in the repository of the project.
    var repositoryLock: RepositoryLock?

    init(buildCommand: String? = nil, isWatching: Bool = true, outputs: Set<RelativePath> = []) {
        var settings = SandboxSettings()
        settings.buildCommand = buildCommand
        settings.isWatching = isWatching ? nil : false
        self.settings = settings
        settingsFile = settings
        now = start
        state = ProjectState(
            project: Project(path: Self.directory, directory: Self.directory, ignoresCase: false), settings: settings,
            addresses: .init(app: "app", bindle: "bindle"), outputs: outputs, at: now)
    }

    func begin() {
        tell(.scopeChanged(scope), .started)
    }

    var scope: WatchScope {
        var scope = WatchScope()
        scope.files = ["hippo-dev.toml", "HIPPOFACTS", "page", "module"]
        if settings.buildCommand != nil, let pattern = try? GlobPattern("src/*") {
            scope.buildInputs = .patterns([pattern])
        }
        return scope
    }

    // MARK: What happens

    func tell(_ messages: State.Message...) {
        var queue = messages
        while !queue.isEmpty {
            let lookups = BuildFiles(
                digest: { [files] path in Self.digest(files[path.string]) },
                names: { [files] _ in
                    Dictionary(
                        uniqueKeysWithValues: files.keys.filter { $0.hasPrefix("src/") }.map {
                            (RelativePath(stringLiteral: $0), Self.digest(files[$0]))
                        })
                },
                repositoryLock: { [repositoryLock] in repositoryLock })
            let effects = state.reduce(queue, at: now, lookups)
            queue = []
            self.effects += effects
            for effect in effects { queue += perform(effect) }
        }
    }

    private static func digest(_ text: String?) -> SHA256Digest? { text.map { SHA256.hash(Array($0.utf8)) } }

    /// Lets time pass.
    func wait(_ duration: Duration) {
        now += duration
        tell(.tick)
    }

    /// Changes a file, as an editor or a build does; `nil` removes it.
    func write(_ path: String, _ text: String?) {
        files[path] = text
        noteChange(.paths([ChangedPath(stringLiteral: path)]))
    }

    func noteChange(_ change: FileWatcher.Change) {
        ticket += 1
        tell(.changed([Self.directory: change], ticket: ticket, seen: now))
    }

    func saveSettings(_ change: (inout SandboxSettings) -> Void) {
        var new = settingsFile ?? settings
        change(&new)
        settingsFile = new
        noteChange(.paths(["hippo-dev.toml"]))
    }

    func breakSettings() {
        settingsFile = nil
        noteChange(.paths(["hippo-dev.toml"]))
    }

    func removeStore() {
        isStoreGone = true
        revisions = [:]
    }

    /// The oldest build that runs comes to its end. A source that begins with `bad` makes it fail.
    func endBuild() {
        guard !builds.isEmpty else { return }
        let build = builds.removeFirst()
        lastSource = build.source
        let isBad = build.source?.hasPrefix("bad") ?? true
        if !build.isCancelled && !isBad { buildWrites(self) }
        let failure =
            build.isCancelled || isBad ? Failure(stage: .build, message: "the build of \(build.source ?? "")") : nil
        tell(.buildEnded(number: build.number, .init(duration: .milliseconds(10), failure: failure)))
    }

    /// What is being loaded serves, or fails if the page begins with `trap`.
    func endLoad() {
        guard let revision = loading else { return }
        loading = nil
        // The store may have been removed.
        guard let bundle = revisions[revision] else {
            return tell(.loadFailed(Failure(stage: .launch, message: "gone")))
        }
        if bundle.page?.hasPrefix("trap") ?? false {
            tell(.loadFailed(Failure(stage: .launch, message: "trap")))
        } else {
            (served, servedRevision) = (bundle, revision)
            tell(.serving(revision: revision, id: "app/1.0.0", timings: [], isRestart: false))
        }
    }

    func rollBack(_ number: Int, to revision: Int) {
        tell(.rollBack(RollbackID(number: number), revision: revision))
    }

    func stop() {
        tell(.stop(reason: "interrupted"))
    }

    /// Ends all that runs, until nothing does.
    ///
    /// - Returns: false if that takes more than `limit` steps.
    func drain(limit: Int = 200) -> Bool {
        for _ in 0..<limit {
            if !builds.isEmpty {
                endBuild()
            } else if loading != nil {
                endLoad()
            } else if isWaitingForExternals {
                isWaitingForExternals = false
                tell(.fetched(isPending: false))
            } else if let deadline = state.nextDeadline {
                now = max(now, deadline)
                tell(.tick)
            } else {
                return true
            }
        }
        return false
    }

    // MARK: What is done

    /// Does at last what was held.
    func release() {
        let held = heldEffects
        heldEffects = []
        for effect in held { for message in perform(effect, isHeld: true) { tell(message) } }
    }

    private func perform(_ effect: Effect, isHeld: Bool = false) -> [State.Message] {
        switch effect {
        case .readSettings:
            guard let settingsFile else {
                return [.settingsRead(.failure(Failure(stage: .assemble, message: "broken settings")))]
            }
            let hasNewCommand = settingsFile.limits != settings.limits
            return [.settingsRead(.success(.init(settings: settingsFile, hasNewCommand: hasNewCommand)))]
        case .adopt(let new):
            settings = new
            return [.scopeChanged(scope)]
        case .startBuild(let number, _, _, _):
            buildCount += 1
            builds.append(Build(number: number, source: files["src/main"]))
        case .catchUp:
            if holdsCatchingUp, !isHeld {
                heldEffects.append(effect)
                return []
            }
            return [.caughtUp]
        case .cancelBuild(let number):
            for index in builds.indices where builds[index].number == number { builds[index].isCancelled = true }
        case .assemble(_, let isStoreGone):
            if holdsAssembly, !isHeld {
                heldEffects.append(effect)
                return []
            }
            if self.isStoreGone, !isStoreGone { return [.assembled(.storeIsGone, .zero)] }
            if isWaitingForExternals { return [.assembled(.waiting, .zero)] }
            let bundle = Bundle(page: files["page"], module: files["module"])
            if bundle.page == nil || bundle.page?.hasPrefix("wrong") ?? false {
                return [.assembled(.failed(Failure(stage: .assemble, message: "wrong")), .zero)]
            }
            defer { assembled = bundle }
            return [.assembled(.content(id: "app/1.0.0", isNew: bundle != assembled), .zero)]
        case .judge(let failure): return [.judged(failure, until: writingUntil > now ? now + .milliseconds(20) : nil)]
        case .restoreStorage:
            isStoreGone = false
            isStoreDamaged = damagesAllStores
            loading = nil
            return [.storageRestored(nil)]
        case .store(let isAlwaysNew, _):
            guard let assembled else { return [.stored(.sourceChanged, .zero)] }
            if isStoreDamaged { return [.stored(.damaged("garbage"), .zero)] }
            if isBlobStoreAway { return [.stored(.unavailable("away"), .zero)] }
            if Bundle(page: files["page"], module: files["module"]) != assembled {
                return [.stored(.sourceChanged, .zero)]
            }
            if revisions[lastRevision] != assembled || isAlwaysNew {
                lastRevision += 1
                revisions[lastRevision] = assembled
            }
            return [.stored(.revision(lastRevision), .zero)]
        case .load(let revision, _, _, _):
            loading = revision
            failureBeforeLoad = failure
        case .restore(let id, let revision):
            guard let bundle = revisions[revision] else {
                rollbacks[id] = .notServed("no such revision")
                return [.notRestored(id)]
            }
            lastRevision += 1
            revisions[lastRevision] = bundle
            return [.restored(id, revision: lastRevision, restores: revision)]
        case .finishRollback(let id, let outcome): rollbacks[id] = outcome
        case .fail(let failure, _):
            (self.failure, failureBeforeLoad) = (failure, nil)
            if failure.stage == .build { buildFailure = failure }
        case .succeed: failure = nil
        case .mendBuild:
            buildFailure = nil
            if failure?.stage == .build { failure = nil }
        case .tell(.serving(_, _, false, _)), .tell(.ready):
            // What has failed since the load began still has, and a build until one ends well.
            if failure == failureBeforeLoad { failure = buildFailure }
        case .settle(let ticket): settled = ticket
        case .stop: isStopped = true
        case .awaitBuild, .tell, .hold, .noteBuildEnded, .noteIdle, .rememberOutputs, .noteProjectServes,
            .noteOtherServes, .noteServed, .prepareStandby, .noteLibraryChange,
            .forgetFetchFailures:
            break
        }
        return []
    }

    // MARK: What was told

    var logs: [String] {
        effects.compactMap { if case .tell(.log(.sandbox, let text)) = $0 { text } else { nil } }
    }

    func count(_ isMeant: (Effect) -> Bool) -> Int { effects.count(where: isMeant) }

    var isAllSettled: Bool { settled == ticket }
}
