import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

/// Random orders of everything that can happen to a project. A failure names the seed; `HIPPO_SEED` repeats it.
struct ProjectStateWalkTests {
    /// SplitMix64.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private struct Walk {
        var generator: Generator
        let world: ProjectStateWorld
        var version = 1
        var rollbackCount = 0
        var stamp = 0

        init(seed: UInt64) {
            generator = Generator(state: seed)
            world = ProjectStateWorld(buildCommand: seed % 3 == 0 ? nil : "make")
            let kind = seed % 5
            var number = 0
            world.buildWrites = { world in
                number += 1
                switch kind {
                case 0:
                    world.write("src/tmp\(number)", "x")
                    world.write("src/tmp\(number)", nil)
                    world.write("src/out", "of \(world.lastSource ?? "")")
                case 1: world.write("src/stamp", "\(number)")
                case 2: world.write("src/left\(number)", "x")
                case 3: world.noteChange(.everything)
                default: break
                }
                world.write("module", "m of \(world.lastSource ?? "")")
            }
        }

        mutating func text(_ name: String, _ bad: [String]) -> String {
            version += 1
            let isBad = Int.random(in: 0..<6, using: &generator) == 0
            return (isBad ? bad.randomElement(using: &generator)! + " " : name) + "\(version)"
        }

        mutating func step() {
            switch Int.random(in: 0..<26, using: &generator) {
            case 0...3: world.write("page", text("p", ["wrong", "trap"]))
            case 4...6: world.write("src/main", text("s", ["bad"]))
            case 7...10: world.endBuild()
            case 11...14: world.endLoad()
            case 15: world.removeStore()
            case 16:
                if Bool.random(using: &generator) { world.breakSettings() } else { world.saveSettings { _ in } }
            case 17:
                let command = world.settings.buildCommand == nil ? "make" : nil
                world.saveSettings { $0.buildCommand = command }
            case 18: world.saveSettings { $0.limits.time = .seconds(version % 7) }
            case 19:
                rollbackCount += 1
                world.rollBack(rollbackCount, to: Int.random(in: 0...world.lastRevision, using: &generator))
            case 20: world.tell(.rebuild)
            case 21:
                world.holdsAssembly.toggle()
                if !world.holdsAssembly { world.release() }
            case 22: world.isWaitingForExternals = true
            case 23: world.writingUntil = world.now + .milliseconds(Int.random(in: 0...500, using: &generator))
            default: world.wait(.milliseconds(Int.random(in: 1...3000, using: &generator)))
            }
        }
    }

    private static func seeds() -> Range<UInt64> {
        if let text = ProcessInfo.processInfo.environment["HIPPO_SEED"], let seed = UInt64(text) {
            return seed..<seed + 1
        }
        let first = UInt64.random(in: 0..<1 << 40)
        return first..<first + 1500
    }

    @Test(
        "what is saved last is what is served in the end, unless it fails; a failure never hides; nothing runs for ever"
    )
    func ends() {
        for seed in Self.seeds() {
            var walk = Walk(seed: seed)
            let world = walk.world
            world.begin()
            for _ in 0..<Int.random(in: 1...60, using: &walk.generator) {
                walk.step()
                // One build at a time: one that was cancelled and does not end is given up after a while.
                #expect(world.builds.count(where: { !$0.isCancelled }) <= 1, "HIPPO_SEED=\(seed)")
            }
            world.holdsAssembly = false
            world.release()
            // The settings are mended, and what is saved last may be wrong in three ways, or right.
            if world.settingsFile == nil { world.settingsFile = world.settings }
            world.saveSettings { _ in }
            let isIdle = Bool.random(using: &walk.generator)
            if isIdle || world.logs.contains(where: { $0.contains("itself writes") }) {
                #expect(world.drain(), "HIPPO_SEED=\(seed) goes on for ever")
            }
            let page = ["p-last", "wrong", "trap"].randomElement(using: &walk.generator)!
            let source = ["s-last", "bad-last"].randomElement(using: &walk.generator)!
            world.write("page", page)
            world.write("src/main", source)
            let isEnded = world.drain()
            // Who edits one file during six builds in a row is told that the build seems to write it, and saves it again.
            if world.logs.contains(where: { $0.contains("itself writes") }) {
                world.write("src/main", source + " ")
                world.write("src/main", source)
                #expect(world.drain(), "HIPPO_SEED=\(seed) goes on for ever")
            }
            #expect(isEnded, "HIPPO_SEED=\(seed) goes on for ever")
            #expect(world.state.activity == .none, "HIPPO_SEED=\(seed)")
            #expect(world.isAllSettled, "HIPPO_SEED=\(seed)")
            #expect(!world.state.isWorkPending, "HIPPO_SEED=\(seed)")
            let builds = world.settings.buildCommand != nil
            if builds && source == "bad-last" {
                let isTold = world.effects.contains { effect in
                    if case .fail(let failure, _) = effect { failure.message == "the build of bad-last" } else { false }
                }
                #expect(isTold && world.failure != nil, "HIPPO_SEED=\(seed)")
            } else if page != "p-last" {
                #expect(world.failure?.message == page, "HIPPO_SEED=\(seed)")
            } else {
                #expect(world.failure == nil, "HIPPO_SEED=\(seed): \(String(describing: world.failure))")
                #expect(world.served?.page == "p-last", "HIPPO_SEED=\(seed)")
                if builds { #expect(world.served?.module == "m of s-last", "HIPPO_SEED=\(seed)") }
            }
            // Everybody who has asked for a revision knows what has become of it.
            for number in 1..<max(1, walk.rollbackCount + 1) {
                #expect(world.rollbacks[RollbackID(number: number)] != nil, "HIPPO_SEED=\(seed)")
            }
        }
    }

    @Test("a stop is always obeyed")
    func stops() {
        for seed in Self.seeds() {
            var walk = Walk(seed: seed)
            let world = walk.world
            world.begin()
            for _ in 0..<Int.random(in: 0...40, using: &walk.generator) { walk.step() }
            world.stop()
            #expect(world.isStopped && world.state.end != nil, "HIPPO_SEED=\(seed)")
            let count = world.effects.count
            for _ in 0..<10 { walk.step() }
            let isQuiet = world.effects[count...].allSatisfy { if case .finishRollback = $0 { true } else { false } }
            #expect(isQuiet, "HIPPO_SEED=\(seed)")
            for number in 1..<max(1, walk.rollbackCount + 1) {
                #expect(world.rollbacks[RollbackID(number: number)] != nil, "HIPPO_SEED=\(seed)")
            }
        }
    }
}
