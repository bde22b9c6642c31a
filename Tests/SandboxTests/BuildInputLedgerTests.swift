import Content
import Cryptography
import Hippofacts
import Testing

@testable import Sandbox

/// How edits are told from what the build command writes itself.
struct BuildInputLedgerTests {
    /// A ledger, and the files that it is told of.
    final class Scene {
        var ledger = BuildInputLedger()
        var files: [String: String] = [:]

        init(_ files: [String: String] = [:], outputs: Set<RelativePath> = []) {
            ledger = BuildInputLedger(outputs: outputs)
            self.files = files
        }

        func digest(_ path: String) -> SHA256Digest? { files[path].map { SHA256.hash(Array($0.utf8)) } }

        func begin() {
            let listing = Dictionary(
                uniqueKeysWithValues: files.keys.map { (RelativePath(stringLiteral: $0), digest($0)) })
            ledger.beginRun { listing }
        }

        /// Changes a file while a build runs; `nil` removes it.
        func change(_ path: String, _ text: String?) -> BuildInputLedger.Verdict {
            files[path] = text
            return ledger.judge(ChangedPath(stringLiteral: path), digest(path))
        }

        /// Changes a file, or takes note of it, while no build runs.
        func edit(_ path: String) -> Bool { ledger.noteEdit(ChangedPath(stringLiteral: path), digest(path)) }

        func changeDirectory(_ path: String) -> BuildInputLedger.Verdict {
            ledger.judge(ChangedPath(stringLiteral: path), nil)
        }

        func end(isRepeated: Bool = false) -> BuildInputLedger.Outcome {
            let files = files
            return ledger.endRun(isRepeated: isRepeated) { path in
                files[path.string].map { SHA256.hash(Array($0.utf8)) }
            }
        }
    }

    @Test("a file that was there before the build and gets another content is an edit")
    func edits() {
        let scene = Scene(["main.c": "1"])
        scene.begin()
        #expect(scene.change("main.c", "1") == .none)
        #expect(scene.change("main.c", "2") == .edit)
        #expect(scene.change("main.c", "2") == .none)
    }

    @Test("names that are new while the build runs never restart it, and ask for another run only if they stay")
    func newNames() {
        let scene = Scene(["main.c": "1"])
        scene.begin()
        for number in 0..<50 {
            #expect(scene.change("out.tmp\(number)", "x") == .none)
            #expect(scene.change("out.tmp\(number)", nil) == .none)
        }
        #expect(!scene.end().asksForAnother)
        scene.begin()
        #expect(scene.change("out", "1") == .none)
        let outcome = scene.end()
        #expect(outcome.new == ["out"])
        #expect(outcome.asksForAnother)
    }

    @Test("what the build makes again is its output, and is remembered while it is away")
    func outputs() {
        let scene = Scene(["main.c": "1"])
        scene.begin()
        _ = scene.change("out", "1")
        _ = scene.end()
        scene.begin()
        #expect(scene.change("out", "2") == .none)
        let outcome = scene.end(isRepeated: true)
        #expect(outcome.hasNewOutputs)
        #expect(scene.ledger.outputs == ["out"])
        scene.files["out"] = nil
        #expect(!scene.edit("out"))
        scene.begin()
        #expect(scene.change("out", "3") == .none)
        #expect(!scene.end().asksForAnother)
    }

    @Test("an output that somebody edits while no build runs is an input again")
    func editedOutputs() {
        let scene = Scene(["out": "1"], outputs: ["out"])
        scene.begin()
        #expect(scene.change("out", "2") == .none)
        #expect(!scene.end().asksForAnother)
        // The last event of what the build wrote.
        #expect(!scene.edit("out"))
        scene.files["out"] = "3"
        #expect(scene.edit("out"))
        scene.begin()
        #expect(scene.change("out", "4") == .edit)
        #expect(scene.ledger.outputs == [])
    }

    @Test("a file that every run writes anew restarts the build four times in a row, and is an output then")
    func stamps() {
        let scene = Scene(["stamp": "0"])
        var verdicts: [BuildInputLedger.Verdict] = []
        for number in 1...5 {
            scene.begin()
            verdicts.append(scene.change("stamp", "\(number)"))
            if number < 5 {
                let files = scene.files
                _ = scene.ledger.endRun(isCancelled: true) { path in
                    files[path.string].map { SHA256.hash(Array($0.utf8)) }
                }
            }
        }
        #expect(verdicts == [.edit, .edit, .edit, .edit, .none])
        // The last change could still have been an edit: one more run tells.
        let first = scene.end()
        #expect(first.doubtful == ["stamp"] && first.products == [])
        scene.begin()
        #expect(scene.change("stamp", "6") == .none)
        let second = scene.end(isRepeated: true)
        #expect(second.products == ["stamp"])
        #expect(!second.asksForAnother)
    }

    @Test("edits in different runs do not add up")
    func separateEdits() {
        let scene = Scene(["main.c": "0"])
        for number in 1...10 {
            scene.begin()
            #expect(scene.change("main.c", "\(number)") == .edit)
            #expect(!scene.end().asksForAnother)
            scene.begin()
            #expect(!scene.end().asksForAnother)
        }
    }

    @Test("an input that goes while a build runs does not restart it, and asks for another run if it stays away")
    func removals() {
        let scene = Scene(["gen.c": "1", "d/a.c": "1"])
        scene.begin()
        #expect(scene.change("gen.c", nil) == .none)
        #expect(scene.change("gen.c", "1") == .none)
        #expect(!scene.end().asksForAnother)
        scene.begin()
        #expect(scene.change("gen.c", nil) == .none)
        #expect(scene.end().gone == ["gen.c"])
        scene.begin()
        scene.files["d/a.c"] = nil
        #expect(scene.changeDirectory("d/") == .none)
        #expect(scene.end().gone == ["d/a.c"])
    }

    @Test("a directory that comes while no build runs is looked at before the next one")
    func directories() {
        let scene = Scene(["main.c": "1"])
        scene.begin()
        _ = scene.end()
        scene.files["sub/new.c"] = "1"
        #expect(scene.edit("sub/"))
        scene.begin()
        #expect(scene.change("sub/new.c", "2") == .edit)
    }

    @Test("changes that may have been missed ask for another run")
    func uncertainty() {
        let scene = Scene(["main.c": "1"])
        scene.begin()
        scene.ledger.noteUncertainty()
        #expect(scene.end().asksForAnother)
    }

    @Test("the late events of a save are no further edit")
    func lateEvents() {
        let scene = Scene(["main.c": "1"])
        scene.begin()
        _ = scene.end()
        scene.files["main.c"] = "2"
        #expect(scene.edit("main.c"))
        scene.begin()
        #expect(scene.change("main.c", "2") == .none)
        #expect(scene.change("main.c", "3") == .edit)
    }

    @Test("two spellings of é are two files")
    func spellings() {
        let scene = Scene(["\u{E9}.c": "1"])
        scene.begin()
        #expect(scene.change("e\u{301}.c", "2") == .none)
        #expect(scene.end().new == ["e\u{301}.c"])
        #expect(scene.ledger.outputs == [])
    }
}
