import Bindle
import Foundation
import SandboxProtocol
import TestSupport
import Testing

@testable import Sandbox

/// Which process changes what in which directory.
struct LayoutPoolTests {
    private let directory: TemporaryDirectory
    private var pool: LayoutPool
    private typealias User = WorkerSupervisor.WorkerID

    init() throws {
        directory = try TemporaryDirectory()
        pool = try LayoutPool(parent: directory.path + "/layouts")
    }

    private func invoice(_ files: [String: String], module: String = "module") throws -> Invoice {
        let parcels = files.sorted { $0.key < $1.key }.map { name, text in
            Parcel(label: label(name, text, ["file": "true"]), conditions: Conditions(memberOf: ["files"]))
        }
        let handler = Parcel(
            label: label("m.wasm", module, ["route": "/m", "file": "false"]), conditions: Conditions(requires: ["files"]))
        return Invoice(
            bindle: .init(id: try BindleID("app/1.0.0")), parcels: [handler] + parcels, groups: [Group(name: "files")])
    }

    private func label(_ name: String, _ text: String, _ feature: [String: String]) -> Label {
        Label(
            sha256: SHA256.hash(Array(text.utf8)).hex, mediaType: feature["route"] == nil ? "text/plain" : "application/wasm",
            name: name, size: text.utf8.count, feature: ["wagi": feature])
    }

    private func change(_ name: String, _ text: String?) -> LayoutPlan.Change {
        .init(
            name: name,
            content: text.map { .init(sha256: SHA256.hash(Array($0.utf8)).hex, size: $0.utf8.count) })
    }

    /// What a revision's process does, from its load to the end of the one before.
    private mutating func serve(_ user: User, replacing old: User?) -> LayoutPlan? {
        let plan = pool.plan(for: user, asServed: false)
        pool.noteSuccess(of: user)
        pool.noteServing()
        if let old { pool.release(old) }
        return plan
    }

    @Test mutating func directoriesAlternateAndOnlyChangesAreApplied() throws {
        let users = (1...4).map { User(number: $0) }
        pool.replaceContent(with: try invoice(["a": "1", "b": "1", "c": "1"]))
        let foundFirst = serve(users[0], replacing: nil)
        let first = try #require(foundFirst)
        #expect(!first.isLaidOut && first.changes.isEmpty && first.handlers.map(\.name) == ["m.wasm"])
        pool.replaceContent(with: try invoice(["a": "2", "b": "1", "c": "1"]))
        let foundSecond = serve(users[1], replacing: users[0])
        let second = try #require(foundSecond)
        #expect(!second.isLaidOut && second.directory != first.directory)
        // The first directory lacks what came since.
        pool.applyToContent([(label("b", "1", ["file": "true"]), label("b", "3", ["file": "true"]))])
        let foundThird = serve(users[2], replacing: users[1])
        let third = try #require(foundThird)
        #expect(third.isLaidOut && third.directory == first.directory)
        #expect(third.changes == [change("a", "2"), change("b", "3")])
        pool.replaceContent(with: try invoice(["a": "2", "b": "3"]))
        let foundFourth = serve(users[3], replacing: users[2])
        let fourth = try #require(foundFourth)
        #expect(fourth.directory == second.directory)
        #expect(fourth.changes == [change("b", "3"), change("c", nil)])
    }

    @Test mutating func aStandbyPreparesWhatServesAndThenAppliesWhatIsNew() throws {
        pool.replaceContent(with: try invoice(["a": "1"]))
        _ = serve(User(number: 1), replacing: nil)
        pool.replaceContent(with: try invoice(["a": "2"]))
        _ = serve(User(number: 2), replacing: User(number: 1))
        #expect(pool.hasSpare)
        let foundPrepared = pool.plan(for: User(number: 3), asServed: true)
        let prepared = try #require(foundPrepared)
        #expect(prepared.changes == [change("a", "2")])
        pool.noteSuccess(of: User(number: 3))
        pool.replaceContent(with: try invoice(["a": "2", "b": "2"]))
        let foundLoaded = pool.plan(for: User(number: 3), asServed: false)
        let loaded = try #require(foundLoaded)
        #expect(loaded.directory == prepared.directory)
        #expect(loaded.changes == [change("b", "2")])
    }

    @Test mutating func whatAFailedLoadHasLeftIsDoneAgain() throws {
        pool.replaceContent(with: try invoice(["a": "1"]))
        _ = serve(User(number: 1), replacing: nil)
        pool.replaceContent(with: try invoice(["a": "2"]))
        _ = serve(User(number: 2), replacing: User(number: 1))
        pool.replaceContent(with: try invoice(["a": "broken"], module: "broken"))
        let plan1 = pool.plan(for: User(number: 3), asServed: false)
        #expect(plan1?.changes == [change("a", "broken")])
        pool.release(User(number: 3))
        // What serves is started again: it gets what it had.
        let foundAgain = pool.plan(for: User(number: 4), asServed: true)
        let again = try #require(foundAgain)
        #expect(again.changes == [change("a", "2")])
        #expect(again.handlers.first?.content.size == "module".utf8.count)
        pool.noteSuccess(of: User(number: 4))
        pool.release(User(number: 4))
        // Mended: neither directory has it.
        pool.replaceContent(with: try invoice(["a": "mended"]))
        let plan2 = pool.plan(for: User(number: 5), asServed: false)
        #expect(plan2?.changes == [change("a", "mended")])
    }

    @Test mutating func aLayoutThatWasNotFinishedIsMadeAgain() throws {
        pool.replaceContent(with: try invoice(["a": "1"]))
        let foundPlan = pool.plan(for: User(number: 1), asServed: false)
        let plan = try #require(foundPlan)
        pool.release(User(number: 1))
        let foundAgain = pool.plan(for: User(number: 2), asServed: false)
        let again = try #require(foundAgain)
        #expect(again.directory == plan.directory && !again.isLaidOut)
    }

    @Test mutating func twoFilesOfOneNameCannotBeLaidOutInSteps() throws {
        var twice = try invoice(["a": "1"])
        twice.parcels.append(
            Parcel(label: label("a", "2", ["file": "true"]), conditions: Conditions(memberOf: ["files"])))
        pool.replaceContent(with: twice)
        let plan3 = pool.plan(for: User(number: 1), asServed: false)
        #expect(plan3 == nil)
        pool.replaceContent(with: try invoice(["a": "1"]))
        let plan4 = pool.plan(for: User(number: 1), asServed: false)
        #expect(plan4?.isLaidOut == false)
    }
}
