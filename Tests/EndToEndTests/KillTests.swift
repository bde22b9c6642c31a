import Bindle
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

/// Programs that are killed at random moments, again and again, on one store. `HIPPO_KILL_ROUNDS` says how often.
@Suite(.serialized)
struct KillTests {
    static let rounds = ProcessInfo.processInfo.environment["HIPPO_KILL_ROUNDS"].flatMap(Int.init) ?? 12

    @Test("A server that is killed loses nothing that it has acknowledged")
    func aServerThatIsKilledLosesNothingThatItHasAcknowledged() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bindles.sqlite"
        let writers = (0..<3).map { BindleWriter(name: "writer\($0)") }
        for round in 0..<Self.rounds {
            let server = try StoreServer(store: path)
            let isOver = Atomic<Bool>(false)
            let threads = DispatchGroup()
            for writer in writers {
                threads.enter()
                Thread { [url = server.url] in
                    writer.work(at: url) { isOver.load(ordering: .relaxed) }
                    threads.leave()
                }.start()
            }
            // After some changes, or in the midst of the first.
            let target = writers.acknowledgedCount + .random(in: 0...12)
            let deadline = Date(timeIntervalSinceNow: 1)
            while writers.acknowledgedCount < target, Date() < deadline { usleep(200) }
            usleep(.random(in: 0...5000))
            server.kill()
            isOver.store(true, ordering: .relaxed)
            threads.wait()

            let store = try BindleStore(path: path)
            try store.checkIntegrity()
            for writer in writers { try writer.compare(with: store, round: round) }
            let usage = try store.usage()
            #expect(usage.danglingParcels == 0, "round \(round): \(usage)")
        }
        #expect(writers.acknowledgedCount > 0)
        let usage = try BindleStore(path: path).usage()
        print("\(Self.rounds) rounds, \(writers.acknowledgedCount) acknowledged changes, \(usage)")
    }

    @Test("A sandbox that is killed loses no revision that it has served")
    func aSandboxThatIsKilledLosesNoRevisionThatItHasServed() async throws {
        let app = try SmallApp()
        let path = app.path + "/.hippo/bindles.sqlite"
        var revisionCount = 0
        for round in 0..<max(3, Self.rounds / 4) {
            let sandbox = try SandboxProcess(app.path)
            let ready = try await sandbox.next("ready")
            let bindleURL = try #require(ready["bindle"]?.string)
            let deadline = Date(timeIntervalSinceNow: .random(in: 0...0.25))
            var number = 0
            while Date() < deadline {
                number += 1
                try app.save("round \(round), change \(number)", to: "assets/file\(number % 7).txt")
                if number % 5 == 0, let revision = sandbox.events("serving").last?["revision"]?.integer {
                    _ = try? RevisionClient(bindleURL: bindleURL).restore(revision: revision)
                }
                usleep(.random(in: 0...20_000))
            }
            // WAGI processes end with it, by themselves.
            let children = sandbox.descendants()
            kill(sandbox.id, SIGKILL)
            _ = try await sandbox.waitForEnd()
            try await SandboxProcess.waitForDeath(of: children)

            let store = try BindleStore(path: path)
            try store.checkIntegrity()
            let served = sandbox.events("serving").last?["revision"]?.integer ?? ready["revision"]?.integer ?? 0
            let last = try #require(try store.lastRevision())
            #expect(last.number >= served)
            let kept = try store.revisions().map(\.revision.number)
            for number in Set([kept.first ?? served, served, last.number]) {
                let invoice = try store.invoice(ofRevision: number)
                for label in invoice.parcels.map(\.label) {
                    let bytes = try store.parcel(label.sha256, of: invoice.id, revision: number).readAll()
                    #expect(SHA256.hash(bytes).hex == label.sha256, "round \(round), revision \(number), \(label.name)")
                }
            }
            let usage = try store.usage()
            #expect(usage.danglingParcels == 0, "round \(round): \(usage)")
            // Some are too old when the process ends before it has collected them.
            #expect(usage.revisions <= BindleStore.revisionLimit + 2)
            revisionCount = last.number
        }
        print("\(max(3, Self.rounds / 4)) rounds, \(revisionCount) revisions, \(try BindleStore(path: path).usage())")
    }
}

/// Writes bindles of its own, and knows what a store has to have of them.
private final class BindleWriter: Sendable {
    /// What is known of a bindle.
    private struct Knowledge {
        /// What its invoice may be, `nil` for none: one thing, or before and after of what was not acknowledged.
        var candidates: [Invoice?] = [nil]
        /// The digests of parcels that are there for certain, as long as the last candidate is what is.
        var present: Set<String> = []
    }

    private let bindles: Mutex<[BindleID: Knowledge]>
    private let acknowledged = Atomic<Int>(0)
    /// Contents to choose from; shared by all writers, some larger than a piece.
    private static let contents: [[UInt8]] = (0..<24).map { number in
        [UInt8](repeating: UInt8(number), count: number % 6 == 0 ? 1_500_000 + number : 10 + 400 * number)
    }
    private static let digests = contents.map { SHA256.hash($0).hex }

    init(name: String) {
        bindles = Mutex(
            Dictionary(
                uniqueKeysWithValues: (0..<4).map { number in
                    (try! BindleID("\(name)/1.0.\(number)"), Knowledge())
                }))
    }

    var acknowledgedCount: Int { acknowledged.load(ordering: .relaxed) }

    /// Creates, replaces and deletes until it is told to stop or the server is gone.
    func work(at url: String, until isOver: () -> Bool) {
        guard let client = try? BindleClient(baseURL: url) else { return }
        let ids = bindles.withLock { Array($0.keys) }
        while !isOver() {
            guard let id = ids.randomElement() else { return }
            do {
                if Int.random(in: 0..<4) == 0 { try delete(id, client) } else { try create(id, client) }
            } catch {
                // The server is gone; what has become of this change is to be seen.
                return
            }
        }
    }

    private func create(_ id: BindleID, _ client: BindleClient) throws {
        let numbers = (0..<Int.random(in: 0...5)).map { _ in Int.random(in: 0..<Self.contents.count) }
        let invoice = Invoice(
            bindle: .init(id: id, description: "\(UInt64.random(in: 0 ... .max))"),
            parcels: numbers.enumerated().map { place, number in
                Parcel(
                    label: Label(
                        sha256: Self.digests[number], mediaType: "text/plain", name: "file\(place)",
                        size: Self.contents[number].count))
            })
        update(id) { $0.candidates = [$0.candidates[0], invoice] }
        let missing = try client.create(invoice).missing
        let absent = Set(missing.map(\.sha256))
        update(id) {
            $0.candidates = [invoice]
            $0.present = Set(invoice.parcels.map(\.label.sha256)).subtracting(absent)
        }
        acknowledged.add(1, ordering: .relaxed)
        for label in missing {
            guard let number = Self.digests.firstIndex(of: label.sha256) else { continue }
            try client.upload(label, to: id, body: .bytes(Self.contents[number]))
            update(id) { $0.present.insert(label.sha256) }
            acknowledged.add(1, ordering: .relaxed)
        }
    }

    private func delete(_ id: BindleID, _ client: BindleClient) throws {
        guard let invoice = bindles.withLock({ $0[id]?.candidates[0] }) ?? nil else { return }
        update(id) { $0.candidates = [invoice, nil] }
        try client.delete(id)
        update(id) { $0 = Knowledge() }
        acknowledged.add(1, ordering: .relaxed)
    }

    private func update(_ id: BindleID, _ change: (inout Knowledge) -> Void) {
        bindles.withLock { change(&$0[id, default: Knowledge()]) }
    }

    /// Checks that the store has what it acknowledged, and takes note of what became of the rest.
    func compare(with store: BindleStore, round: Int) throws {
        for (id, knowledge) in bindles.withLock({ $0 }) {
            let actual = try store.allIDs().contains(id) ? store.invoice(id) : nil
            #expect(knowledge.candidates.contains(actual), "round \(round): \(id)")
            if let actual {
                let missing = Set(try store.missingParcels(of: id).map(\.sha256))
                let named = Set(actual.parcels.map(\.label.sha256))
                if actual == knowledge.candidates[0] {
                    #expect(missing.isDisjoint(with: knowledge.present), "round \(round): \(id) lacks parcels")
                }
                for digest in named.subtracting(missing) {
                    let bytes = try store.parcel(digest, of: id).readAll()
                    #expect(SHA256.hash(bytes).hex == digest, "round \(round): \(id)@\(digest)")
                }
                update(id) { $0 = Knowledge(candidates: [actual], present: named.subtracting(missing)) }
            } else {
                update(id) { $0 = Knowledge() }
            }
        }
    }
}

extension [BindleWriter] {
    fileprivate var acknowledgedCount: Int { map(\.acknowledgedCount).reduce(0, +) }
}
