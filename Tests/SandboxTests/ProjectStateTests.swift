import Platform
import SandboxProtocol
import Testing

@testable import Sandbox

/// What the loop does next, in every order of edits, builds, failures, rollbacks, removals and stops.
struct ProjectStateTests {
    typealias World = ProjectStateWorld

    private func up(_ command: String? = nil) -> World {
        let world = World(buildCommand: command)
        world.begin()
        #expect(world.drain())
        return world
    }

    // MARK: Edits

    @Test("the first revision is announced as ready, and a save serves the next one")
    func saves() {
        let world = up()
        #expect(world.count { if case .tell(.ready) = $0 { true } else { false } } == 1)
        world.write("page", "p2")
        #expect(world.loading == 2)
        world.endLoad()
        #expect(world.served?.page == "p2")
        #expect(world.count { if case .tell(.serving(2, _, false, _)) = $0 { true } else { false } } == 1)
        #expect(world.isAllSettled)
    }

    @Test("where the app will be is told before the first build ends, once, and something answers there")
    func firstBuild() {
        func starts(_ world: World) -> [Int] {
            let effects = world.effects
            return [
                effects.count { if case .tell(.starting("app", "bindle", "make")) = $0 { true } else { false } },
                effects.count { $0 == .hold },
            ]
        }
        let world = World(buildCommand: "make")
        world.write("src/main", "bad")
        world.begin()
        #expect(starts(world) == [1, 1])
        world.endBuild()
        world.write("src/main", "s2")
        #expect(world.drain())
        #expect(world.served != nil && starts(world) == [1, 1])
        world.write("src/main", "s3")
        #expect(world.drain() && starts(world) == [1, 1])
        // Without a build, the app is there before anybody could ask.
        #expect(starts(up()) == [0, 0])
    }

    @Test("where the app will be is told before a first failure, too, once; unless that is the end")
    func firstFailure() {
        func told(_ world: World) -> [String] {
            world.effects.compactMap { effect in
                switch effect {
                case .tell(.starting("app", "bindle", nil)): "starting"
                case .tell(.ready): "ready"
                case .fail: "failed"
                default: nil
                }
            }
        }
        let world = World()
        world.write("page", "wrong")
        world.begin()
        #expect(world.drain() && told(world) == ["starting", "failed"])
        world.write("page", "wrong again")
        #expect(world.drain() && told(world) == ["starting", "failed", "failed"])
        world.write("page", "p2")
        #expect(world.drain() && told(world) == ["starting", "failed", "failed", "ready"])
        world.write("page", "wrong")
        #expect(world.drain() && told(world).count { $0 == "starting" } == 1)
        let unwatched = World(isWatching: false)
        unwatched.files["page"] = "wrong"
        unwatched.begin()
        #expect(told(unwatched) == ["failed"] && unwatched.isStopped)
    }

    @Test("a save that changes nothing is announced as unchanged, and launches nothing")
    func unchanged() {
        let world = up()
        world.write("page", "p1")
        #expect(world.loading == nil)
        #expect(world.count { if case .tell(.serving(1, _, true, _)) = $0 { true } else { false } } == 1)
        #expect(world.isAllSettled)
    }

    @Test("what comes while a young load is under way waits for its end")
    func youngLoads() {
        let world = up()
        world.write("page", "p2")
        world.write("page", "p3")
        #expect(world.loading == 2)
        #expect(world.state.nextDeadline == world.now + ProjectState.loadPatience)
        world.endLoad()
        #expect(world.served?.page == "p2" && world.loading == 3)
        world.endLoad()
        #expect(world.served?.page == "p3")
        #expect(world.state.nextDeadline == nil)
    }

    @Test("a load that has taken two seconds is given up for something newer")
    func oldLoads() {
        let world = up()
        world.write("page", "p2")
        world.wait(.milliseconds(1_999))
        world.write("page", "p3")
        #expect(world.loading == 2)
        world.wait(.milliseconds(1))
        #expect(world.loading == 3)
    }

    @Test("a change that comes while the project is expanded is taken in afterwards")
    func changesDuringAssembly() {
        let world = up()
        world.holdsAssembly = true
        world.write("page", "p2")
        world.write("page", "p3")
        #expect(world.heldEffects.count == 1)
        world.release()
        #expect(world.drain() && world.heldEffects.count == 1)
        world.holdsAssembly = false
        world.release()
        #expect(world.drain() && world.served?.page == "p3")
    }

    @Test("a file that goes on changing while it is read is told after some attempts")
    func restlessFiles() {
        let world = up()
        world.holdsAssembly = true
        world.write("page", "p2")
        for _ in 0..<ProjectState.attemptLimit {
            world.heldEffects = []
            world.tell(.assembled(.content(id: "app/1.0.0", isNew: true), .zero))
            // The store finds another content each time.
            world.tell(.stored(.sourceChanged, .zero))
        }
        #expect(world.failure?.stage == .store)
    }

    // MARK: Failures

    @Test("a failure leaves what serves, is told, and is gone with what mends it", arguments: ["wrong", "trap"])
    func failures(kind: String) {
        let world = up()
        world.write("page", "\(kind) 2")
        #expect(world.drain())
        #expect(world.failure?.message == kind)
        #expect(world.served?.page == "p1")
        #expect(world.isAllSettled)
        world.write("page", "p3")
        #expect(world.drain())
        #expect(world.failure == nil && world.served?.page == "p3")
    }

    @Test(
        "a failure is held back while a file is being written that it may come from, and told once",
        arguments: ["wrong", "trap"])
    func filesBeingWritten(kind: String) {
        let world = up()
        world.writingUntil = world.now + .seconds(1)
        world.write("page", "\(kind) half")
        if kind == "trap" { world.endLoad() }
        #expect(world.failure == nil && !world.isAllSettled)
        world.wait(.milliseconds(900))
        #expect(world.failure == nil)
        world.wait(.milliseconds(100))
        #expect(world.failure?.message == kind && world.isAllSettled)
        #expect(world.count { if case .fail = $0 { true } else { false } } == 1)
        // The whole file makes a failure of the half one void.
        world.writingUntil = world.now + .seconds(5)
        world.write("page", "\(kind) another half")
        if kind == "trap" { world.endLoad() }
        world.write("page", "p-whole")
        #expect(world.drain() && world.failure == nil && world.served?.page == "p-whole")
        #expect(world.count { if case .fail = $0 { true } else { false } } == 1)
    }

    @Test("after a failed load, the same content as before it is served on")
    func backFromAFailedLoad() {
        let world = up()
        world.write("page", "trap")
        #expect(world.drain())
        world.write("page", "p1")
        #expect(world.drain())
        #expect(world.failure == nil && world.served?.page == "p1")
    }

    @Test("without watching, a failure before anything serves is the end")
    func unwatched() {
        let world = World(isWatching: false)
        world.files["page"] = "wrong"
        world.begin()
        #expect(world.state.end == .init(reason: "nothing can be served", isFailure: true))
    }

    // MARK: Builds

    @Test("the build runs before the first revision, and after an edit of what it reads")
    func builds() {
        let world = World(buildCommand: "make")
        world.begin()
        #expect(world.builds.count == 1 && world.loading == nil)
        #expect(world.drain())
        #expect(world.served?.module == "m of s1" && world.buildCount == 1)
        world.write("src/main", "s2")
        #expect(world.drain())
        #expect(world.served?.module == "m of s2" && world.buildCount == 2)
        world.write("page", "p2")
        #expect(world.drain() && world.buildCount == 2 && world.served?.page == "p2")
    }

    @Test("an edit of an input overtakes the build: it is cancelled, and another one begins when it has ended")
    func overtaking() {
        let world = up("make")
        world.write("src/main", "s2")
        world.write("src/main", "s3")
        #expect(world.builds.map(\.isCancelled) == [true])
        world.write("src/main", "s4")
        #expect(world.builds.count == 1)
        world.endBuild()
        #expect(world.builds.map(\.source) == ["s4"])
        #expect(world.drain())
        #expect(world.served?.module == "m of s4" && world.failure == nil)
    }

    @Test("a build that does not end when it is cancelled is not waited for for ever")
    func stuckBuilds() {
        let world = up("make")
        world.write("src/main", "s2")
        world.write("src/main", "s3")
        #expect(world.builds.count == 1)
        world.wait(ProjectState.cancellationPatience)
        #expect(world.builds.map(\.source) == ["s2", "s3"])
        // Its end, when it comes, means nothing.
        world.endBuild()
        #expect(world.state.activity != .none)
        #expect(world.drain() && world.served?.module == "m of s3")
    }

    @Test("what the build writes beside its output never cancels it, and starts it once more at most")
    func leftovers() {
        let world = World(buildCommand: "make")
        var temporary = 0
        world.buildWrites = { world in
            for _ in 0..<3 {
                temporary += 1
                world.write("src/out.tmp\(temporary)", "x")
                world.write("src/out.tmp\(temporary)", nil)
            }
            world.write("src/out", "\(temporary)")
            world.write("module", "m of \(world.lastSource ?? "")")
        }
        world.begin()
        world.endBuild()
        // The first result is on its way before the second run has ended.
        #expect(world.loading == 1 || world.builds.count == 1)
        #expect(world.drain())
        #expect(world.buildCount == 2)
        #expect(world.count { if case .cancelBuild = $0 { true } else { false } } == 0)
        #expect(world.state.ledger.outputs == ["src/out"])
        world.write("src/main", "s2")
        #expect(world.drain() && world.buildCount == 3 && world.served?.module == "m of s2")
    }

    @Test("a build that leaves new names each time runs twice, and is told of with the remedy")
    func newNamesForEver() {
        let world = World(buildCommand: "make")
        var number = 0
        world.buildWrites = { world in
            number += 1
            world.write("src/log\(number)", "x")
        }
        world.begin()
        #expect(world.drain() && world.buildCount == 2)
        #expect(world.logs.contains { $0.contains("src/log2") && $0.contains("watch") })
    }

    @Test("more changes than the system can tell of do not cancel a build, and start it once more at most")
    func overflows() {
        let world = World(buildCommand: "make")
        world.buildWrites = { $0.noteChange(.everything) }
        world.begin()
        #expect(world.drain() && world.buildCount == 2)
        #expect(world.count { if case .cancelBuild = $0 { true } else { false } } == 0)
    }

    @Test("a build that fails is told once, also if it runs once more for what it has left")
    func failedBuilds() {
        let world = up("make")
        world.write("src/main", "bad")
        world.write("src/new", "x")
        #expect(world.drain())
        #expect(world.buildCount == 3)
        #expect(world.failure?.stage == .build)
        #expect(world.count { if case .fail = $0 { true } else { false } } == 1)
        world.write("src/main", "s3")
        #expect(world.drain() && world.failure == nil && world.served?.module == "m of s3")
    }

    @Test("a build command that cannot be started is a failure")
    func noBuild() {
        let world = World(buildCommand: "make")
        world.begin()
        world.tell(.buildNotStarted(number: 1, Failure(stage: .build, message: "no shell")))
        #expect(world.failure?.message == "no shell")
    }

    @Test("somebody who asks for a rebuild gets one, even of what builds already")
    func rebuilds() {
        let world = up("make")
        world.tell(.rebuild)
        #expect(world.builds.map(\.isCancelled) == [false])
        world.tell(.rebuild)
        #expect(world.builds.map(\.isCancelled) == [true])
        #expect(world.drain() && world.buildCount == 3)
    }

    // MARK: Settings

    @Test("while the settings are broken nothing is begun, and what was changed meanwhile is served afterwards")
    func brokenSettings() {
        let world = up("make")
        world.breakSettings()
        #expect(world.failure?.message == "broken settings")
        #expect(world.isAllSettled)
        world.write("page", "p2")
        world.write("src/main", "s2")
        #expect(world.drain() && world.served?.page == "p1" && world.buildCount == 1)
        world.settingsFile = world.settings
        world.saveSettings { _ in }
        #expect(world.drain() && world.served == .init(page: "p2", module: "m of s2"))
    }

    @Test("another build command is run at once, in place of the one that runs; none ends it")
    func otherCommands() {
        let world = up("make")
        world.write("src/main", "s2")
        world.saveSettings { $0.buildCommand = "ninja" }
        #expect(world.builds.map(\.isCancelled) == [true])
        #expect(world.drain() && world.served?.module == "m of s2")
        world.write("src/main", "s3")
        world.saveSettings { $0.buildCommand = nil }
        #expect(world.builds.map(\.isCancelled) == [true])
        #expect(world.drain() && world.served?.module == "m of s2" && world.state.activity == .none)
    }

    @Test("what processes are started with makes a new revision, though the content is the same")
    func otherEnvironment() {
        let world = up()
        world.saveSettings { $0.limits.time = .seconds(1) }
        #expect(world.drain() && world.servedRevision == 2)
    }

    @Test("settings that take effect at the next start are told of")
    func addresses() {
        let world = up()
        world.saveSettings { $0.isWatching = false }
        #expect(world.logs.contains { $0.contains("started again") })
    }

    // MARK: The store

    @Test("a store that is made again takes the time since it was found to be gone, and not since the last save")
    func timeOfNewStore() throws {
        let world = up()
        world.wait(.seconds(10))
        world.removeStore()
        world.tell(.storeGone)
        world.wait(ProjectState.removalPatience)
        #expect(world.drain())
        let totals = world.effects.compactMap { effect in
            if case .tell(.serving(_, _, _, let timings)) = effect { timings.last?.milliseconds } else { nil }
        }
        #expect(try totals.count == 1 && #require(totals.first) < 1000, "\(totals)")
    }

    @Test("a store that was removed is made again when nothing has changed for 300 ms")
    func removedStores() {
        let world = up()
        world.removeStore()
        world.write("page", "p2")
        #expect(world.state.nextDeadline == world.now + ProjectState.removalPatience)
        world.wait(.milliseconds(200))
        world.write("page", "p3")
        world.wait(.milliseconds(299))
        #expect(world.isStoreGone)
        world.wait(.milliseconds(1))
        #expect(!world.isStoreGone)
        #expect(world.drain() && world.served?.page == "p3" && world.failure == nil)
    }

    @Test("a store that holds garbage is replaced at once, which is told once, and what serves goes on")
    func damagedStore() {
        let world = up()
        world.isStoreDamaged = true
        world.write("page", "p2")
        #expect(world.drain() && world.served?.page == "p2" && world.failure == nil && !world.isStoreDamaged)
        #expect(world.logs.count { $0.contains("The store is damaged (garbage)") } == 1)
        #expect(world.count { $0 == .restoreStorage } == 1)
        world.write("page", "p3")
        #expect(world.drain() && world.served?.page == "p3")
        #expect(world.logs.count { $0.contains("damaged") } == 1)
    }

    @Test("what could not be stored for an outage of the blob store is tried again, later and later, until it is")
    func outage() {
        let world = up()
        world.isBlobStoreAway = true
        world.write("page", "p2")
        var attempts: [Duration] = []
        for _ in 0..<8 {
            #expect(world.failure?.message.contains("away. It is tried again in") == true && world.isAllSettled)
            guard let next = world.state.nextDeadline else { break }
            attempts.append(next - world.now)
            // Nothing is done before.
            let count = world.count { if case .store = $0 { true } else { false } }
            world.wait(attempts.last! - .milliseconds(1))
            #expect(world.count { if case .store = $0 { true } else { false } } == count)
            world.wait(.milliseconds(1))
            #expect(world.count { if case .store = $0 { true } else { false } } == count + 1)
        }
        #expect(attempts == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
        #expect(world.served?.page == "p1")
        // A change does not wait, and what comes after the outage begins with a short pause again.
        world.write("page", "p3")
        #expect(world.served?.page == "p1")
        world.isBlobStoreAway = false
        #expect(world.drain() && world.served?.page == "p3" && world.failure == nil && world.state.nextDeadline == nil)
        world.isBlobStoreAway = true
        world.write("page", "p4")
        #expect(world.failure?.message.contains("in 1 s") == true)
    }

    @Test("where each new store is damaged, too, it is told what to do, and what serves goes on")
    func damagedStores() {
        let world = up()
        (world.isStoreDamaged, world.damagesAllStores) = (true, true)
        world.write("page", "p2")
        #expect(world.drain() && world.served?.page == "p1")
        #expect(world.failure?.message.contains("Check the disk") == true)
        #expect(world.count { $0 == .restoreStorage } == ProjectState.damageLimit)
    }

    // MARK: Other bindles

    @Test("what has to be fetched is waited for, and nothing counts as dealt with meanwhile")
    func fetches() {
        let world = up()
        world.isWaitingForExternals = true
        world.write("page", "p2")
        #expect(world.loading == nil && !world.isAllSettled)
        #expect(world.drain() && world.served?.page == "p2" && world.isAllSettled)
    }

    // MARK: Rollbacks

    @Test("a revision that is brought back serves until a file changes")
    func rollbacks() {
        let world = up()
        world.write("page", "p2")
        #expect(world.drain())
        world.rollBack(1, to: 1)
        #expect(world.drain() && world.served?.page == "p1")
        #expect(world.rollbacks[RollbackID(number: 1)] == .serves)
        world.write("page", "p3")
        #expect(world.drain() && world.served?.page == "p3")
    }

    @Test("a rollback that something comes in between is told so")
    func interruptedRollbacks() {
        let world = up()
        world.write("page", "p2")
        #expect(world.drain())
        world.rollBack(1, to: 1)
        world.rollBack(2, to: 1)
        #expect(world.rollbacks[RollbackID(number: 1)] != nil && world.rollbacks[RollbackID(number: 1)] != .serves)
        world.wait(ProjectState.loadPatience)
        world.write("page", "p3")
        #expect(world.rollbacks[RollbackID(number: 2)] != nil && world.rollbacks[RollbackID(number: 2)] != .serves)
        #expect(world.drain() && world.served?.page == "p3")
        world.rollBack(3, to: 99)
        #expect(world.rollbacks[RollbackID(number: 3)] != nil && world.state.rollback == .none)
    }

    @Test("a rollback that cannot be launched gives way to what it has ended")
    func failedRollbacks() {
        let world = up()
        world.write("page", "trap")
        #expect(world.drain())
        world.write("page", "p3")
        world.rollBack(1, to: 2)
        #expect(world.drain())
        #expect(world.served?.page == "p3")
        #expect(world.rollbacks[RollbackID(number: 1)] != .serves)
    }

    // MARK: Stops

    @Test("a stop is obeyed in every state, and nothing is begun after it")
    func stops() {
        let scenes: [(String, (World) -> Void)] = [
            ("idle", { _ in }), ("building", { $0.write("src/main", "s2") }),
            (
                "cancelling",
                {
                    $0.write("src/main", "s2"); $0.write("src/main", "s3")
                }
            ),
            ("loading", { $0.write("page", "p2") }),
            (
                "assembling",
                {
                    $0.holdsAssembly = true; $0.write("page", "p2")
                }
            ),
            (
                "waiting",
                {
                    $0.isWaitingForExternals = true; $0.write("page", "p2")
                }
            ),
            (
                "gone",
                {
                    $0.removeStore(); $0.write("page", "p2")
                }
            ),
            ("broken", { $0.breakSettings() }), ("rollback", { $0.rollBack(1, to: 1) }),
        ]
        for (name, prepare) in scenes {
            let world = up("make")
            prepare(world)
            let count = world.effects.count
            world.stop()
            #expect(world.isStopped, "\(name)")
            world.write("page", "p9")
            world.write("src/main", "s9")
            world.rollBack(2, to: 1)
            world.endBuild()
            world.endLoad()
            world.release()
            let after = world.effects[count...].filter { effect in
                switch effect {
                case .stop, .finishRollback: false
                default: true
                }
            }
            #expect(after == [], "\(name)")
            #expect(world.state.nextDeadline == nil)
            #expect(world.rollbacks[RollbackID(number: 2)] != nil)
            if name == "rollback" { #expect(world.rollbacks[RollbackID(number: 1)] != nil) }
        }
    }

    // MARK: The repository's lock

    private static func lock(_ number: UInt64) -> RepositoryLock {
        RepositoryLock(
            path: "/project/.git/index.lock",
            identity: FileIdentity(
                id: FileID(device: 1, inode: number), size: 0, modificationTime: 0, changeTime: 0))
    }

    @Test("while git exchanges files no build begins, and one does as soon as it has")
    func repositoryLock() {
        let world = up("make")
        let before = world.buildCount
        world.repositoryLock = Self.lock(1)
        for number in 0..<500 {
            world.write("src/\(number)", "second")
            world.wait(.milliseconds(20))
        }
        #expect(world.buildCount == before && !world.isAllSettled)
        #expect(world.count { $0 == .awaitBuild(isAwaited: false) } == 1)
        #expect(world.state.nextDeadline == world.now + ProjectState.lockInterval)
        world.repositoryLock = nil
        world.wait(ProjectState.lockInterval)
        #expect(world.buildCount == before + 1)
        #expect(world.drain() && world.isAllSettled && world.buildCount == before + 1)
        #expect(world.logs == [])
    }

    @Test("a build waits for what is still to be told of the changes that git has made")
    func repositoryLockReleased() {
        let world = up("make")
        world.repositoryLock = Self.lock(1)
        world.holdsCatchingUp = true
        world.write("src/main", "s2")
        world.repositoryLock = nil
        world.wait(ProjectState.lockInterval)
        world.write("src/other", "of git")
        #expect(world.builds.isEmpty && world.count { $0 == .catchUp } == 1 && !world.isAllSettled)
        let before = world.buildCount
        world.release()
        #expect(world.drain() && world.buildCount == before + 1 && world.served?.module == "m of s2")
        // What is told late of one lock says nothing of the next.
        world.repositoryLock = Self.lock(2)
        world.write("src/main", "s3")
        world.repositoryLock = nil
        world.wait(ProjectState.lockInterval)
        world.repositoryLock = Self.lock(3)
        world.wait(ProjectState.lockInterval)
        world.release()
        #expect(world.builds.isEmpty)
        world.holdsCatchingUp = false
        world.repositoryLock = nil
        #expect(world.drain() && world.served?.module == "m of s3" && world.buildCount == before + 2)
    }

    @Test("a build that runs when git begins is ended, and the next one waits")
    func repositoryLockDuringBuild() {
        let world = up("make")
        world.write("src/main", "s2")
        let before = world.buildCount
        world.repositoryLock = Self.lock(1)
        world.write("src/main", "s3")
        world.endBuild()
        #expect(world.buildCount == before && world.builds.isEmpty)
        world.repositoryLock = nil
        #expect(world.drain() && world.served?.module == "m of s3" && world.buildCount == before + 1)
    }

    @Test("a lock that was left behind holds one build back, for three seconds, and is told once")
    func staleRepositoryLock() {
        let world = up("make")
        world.repositoryLock = Self.lock(1)
        world.write("src/main", "s2")
        world.wait(.milliseconds(2_999))
        #expect(world.builds.isEmpty && world.logs == [])
        world.wait(.milliseconds(1))
        #expect(world.builds.count == 1)
        #expect(world.logs.count == 1 && world.logs[0].contains("/project/.git/index.lock"))
        #expect(world.drain() && world.served?.module == "m of s2")
        world.write("src/main", "s3")
        #expect(world.builds.count == 1)
        #expect(world.drain() && world.logs.count == 1)
        // Another one is another matter.
        world.repositoryLock = Self.lock(2)
        world.write("src/main", "s4")
        #expect(world.builds.isEmpty)
        #expect(world.drain() && world.served?.module == "m of s4" && world.logs.count == 2)
    }

    @Test("a lock holds nothing back for more than a minute, whatever changes meanwhile")
    func endlessRepositoryLock() {
        let world = up("make")
        world.repositoryLock = Self.lock(1)
        let start = world.now
        while world.builds.isEmpty, world.now < start + .seconds(100) {
            world.write("src/main", "s\(world.now - start)")
            world.wait(.milliseconds(500))
        }
        #expect(world.now == start + ProjectState.lockLimit)
    }

    @Test("a build that is not wanted any more while git has a lock is not waited for")
    func repositoryLockWithoutBuild() {
        let world = up("make")
        world.repositoryLock = Self.lock(1)
        world.write("src/main", "s2")
        let ended = world.count { $0 == .noteBuildEnded }
        world.saveSettings { $0.buildCommand = nil }
        #expect(world.drain() && world.isAllSettled && world.state.nextDeadline == nil)
        #expect(world.count { $0 == .noteBuildEnded } == ended + 1)
    }

    @Test("where the app will be is told at once, even if git has a lock")
    func repositoryLockAtFirst() {
        let world = World(buildCommand: "make")
        world.repositoryLock = Self.lock(1)
        world.begin()
        #expect(world.builds.isEmpty && world.count { $0 == .hold } == 1)
        #expect(world.drain() && world.served != nil)
    }
}
