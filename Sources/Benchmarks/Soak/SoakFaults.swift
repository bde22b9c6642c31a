import Foundation
import Platform

/// What goes on around the clients of a soak: saves, mistakes in HIPPOFACTS, and processes that are killed.
struct SoakFaults: Sendable {
    let project: SoakProject
    /// The process of `up`, which is never killed.
    let root: Int32
    /// Between saves, in milliseconds.
    let pause: Int
    let seed: UInt64
    let record: SoakRecord
    let gate: SoakGate

    /// One save of thirty breaks HIPPOFACTS, which is mended with the next but two.
    private static let savesToMistake = 30
    /// Between processes that are killed, in milliseconds.
    private static let killPause = 2000..<6000

    /// Saves parts of the project until it is over.
    @Sendable func save() {
        var random = SoakRandom(seed: seed)
        var untilMended = 0
        while gate.enter() {
            do {
                if untilMended == 0, random.below(Self.savesToMistake) == 0 {
                    try project.saveHippofacts(isBroken: true)
                    record.count("(HIPPOFACTS broken)")
                    untilMended = 3
                } else if untilMended > 0 {
                    untilMended -= 1
                    if untilMended == 0 { try project.saveHippofacts() }
                }
                let part = SoakProject.Part.allCases.randomElement(using: &random)!
                try project.save(part, inPlace: Bool.random(using: &random))
                if gate.isClosing, untilMended > 0 {
                    // What is measured is a sandbox that serves.
                    untilMended = 0
                    try project.saveHippofacts()
                }
            } catch {
                record.violation("a save failed: \(error)")
            }
            gate.leave()
            usleep(UInt32(pause) * 1000)
        }
    }

    /// Kills WAGI processes until it is over.
    @Sendable func kill() {
        var random = SoakRandom(seed: seed &- 1)
        while true {
            usleep(UInt32(Int.random(in: Self.killPause, using: &random)) * 1000)
            guard gate.enter() else { return }
            if let victim = ProcessTree.members(of: root).dropFirst().randomElement(using: &random) {
                record.beginKill()
                _ = Foundation.kill(victim, SIGKILL)
                while Foundation.kill(victim, 0) == 0 { usleep(1000) }
                record.endKill()
            }
            gate.leave()
        }
    }
}
