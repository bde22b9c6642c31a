import Foundation
import TestSupport
import Testing

@testable import Bindle

@Suite("Releases")
struct ReleaseTests {
    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    /// Saves texts as files named by their order.
    @discardableResult
    private func save(_ contents: [String], id: String = "app/1.0.0", in store: BindleStore? = nil) throws -> Int {
        var invoice = try Samples.invoice(id)
        invoice.parcels = ParcelList(
            contents.enumerated().map { Parcel(label: Samples.label("file\($0)", $1)) })
        return try (store ?? self.store).saveRevision(invoice) { (label) throws(StoreError) in
            .bytes(Array(contents.first { Samples.digest($0) == label.sha256 }!.utf8))
        }.number
    }

    private func contents(_ id: String, in store: BindleStore? = nil) throws -> [String] {
        let store = store ?? self.store
        let id = try BindleID(id)
        return try store.content(ofRelease: id).invoice.parcels.map { parcel in
            String(decoding: try store.parcel(parcel.label.sha256, in: .release(id)).readAll(), as: UTF8.self)
        }
    }

    private static let large = String(repeating: "0123456789", count: 10_000)

    @Test(
        "stay as they are when their bindle goes on, is pushed anew, yanked and deleted, and when the store is opened again"
    )
    func stayAsTheyAre() throws {
        let id = try BindleID("app/1.0.0")
        let first = try save(["one", Self.large])
        let made = try store.makeRelease(of: .revision(first))
        #expect(made.effect == .created)
        #expect(made.release.id == id && made.release.revision == first)
        #expect(made.release.parcelCount == 2 && made.release.size == 3 + Self.large.utf8.count)
        try save(["two", "three"])
        try store.makeRelease(of: .bundleNow, version: SemanticVersion(1, 1, 0))
        // More revisions than are kept.
        for number in 0..<BindleStore.revisionLimit + 5 {
            try store.noteServed(revision: try save(["\(number)"]))
        }
        #expect(throws: StoreError.noSuchRevision(first)) { try store.revision(first) }
        _ = try store.create(try Samples.invoice("app/1.0.0", "pushed"), mode: .development)
        try store.yank(id)
        try store.delete(id)
        store.limitHistory(to: 0)
        try store.noteServed(revision: try save(["other"], id: "other/1.0.0"))
        for opened in [store, nil] {
            if opened == nil { store.pool.close(); try store.pool.reopen() }
            #expect(try contents("app/1.0.0") == ["one", Self.large])
            #expect(try contents("app/1.1.0") == ["two", "three"])
            #expect(try store.content(ofRelease: BindleID("app/1.1.0")).invoice.id.description == "app/1.1.0")
            try store.checkIntegrity()
            #expect(try store.usage().danglingParcels == 0)
        }
        #expect(try !store.allIDs().contains(id))
        // What a release alone needs goes with it.
        try store.removeRelease(id)
        #expect(throws: StoreError.noSuchRelease(id)) { try store.release(id) }
        #expect(try contents("app/1.1.0") == ["two", "three"])
        try store.pool.shrink()
        #expect(store.pool.files.names() == [])
        try store.removeRelease(BindleID("app/1.1.0"))
        let usage = try store.usage()
        #expect(usage.bindles == 1 && usage.releases == 0)
        let rows = try store.pool.read { (connection) throws(StoreError) in
            try connection.firstRow("SELECT count(*) FROM bindle") { (row) throws(StoreError) in row.integer(0) }
        }
        #expect(rows == 1)
    }

    @Test("are the same for the same content, and need to be replaced by other content")
    func sameAndOther() throws {
        let first = try save(["one"])
        let made = try store.makeRelease(of: .revision(first)).release
        // The same content in another bindle, with a version of its own.
        try save(["one"], id: "app/2.0.0")
        #expect(try store.makeRelease(of: .bindle(BindleID("app/2.0.0"))).release.digest == made.digest)
        let again = try store.makeRelease(of: .bindle(BindleID("app/2.0.0")), version: SemanticVersion(1, 0, 0))
        #expect(again.effect == .unchanged && again.release == made)
        let other = try save(["two"])
        #expect(throws: StoreError.releaseExists(made.id)) { try store.makeRelease(of: .revision(other)) }
        #expect(try contents("app/1.0.0") == ["one"])
        let replaced = try store.makeRelease(of: .revision(other), replacing: true)
        #expect(replaced.effect == .replaced && replaced.release.digest != made.digest)
        #expect(try contents("app/1.0.0") == ["two"])
        #expect(try contents("app/2.0.0") == ["one"])
        // A release of a release: a candidate that has proved good.
        let promoted = try store.makeRelease(of: .release(made.id), version: SemanticVersion(3, 0, 0)).release
        #expect(promoted.digest == replaced.release.digest && promoted.revision == other)
        #expect(try contents("app/3.0.0") == ["two"])
    }

    @Test("are not made of what is missing, or not all here")
    func needAllParcels() throws {
        let id = try BindleID("app/1.0.0")
        #expect(throws: StoreError.noSuchBindle(id)) { try store.makeRelease(of: .bindle(id)) }
        #expect(throws: StoreError.noSuchRevision(7)) { try store.makeRelease(of: .revision(7)) }
        #expect(throws: StoreError.noSuchRelease(id)) { try store.makeRelease(of: .release(id)) }
        _ = try store.create(try Samples.invoice("app/1.0.0", "one", "two"), mode: .development)
        try store.put("one", to: id)
        #expect(throws: StoreError.parcelNotUploaded(id, digest: Samples.digest("two"))) {
            try store.makeRelease(of: .bindle(id))
        }
        try store.put("two", to: id)
        #expect(try store.makeRelease(of: .bindle(id)).effect == .created)
        try store.yank(id)
        #expect(throws: StoreError.yanked(id)) { try store.makeRelease(of: .bindle(id)) }
    }

    @Test("do not count as history, and are not given up for it")
    func areNoHistory() throws {
        store.limitHistory(to: 150_000)
        try store.makeRelease(of: .revision(try save([Self.large])))
        for number in 0..<6 { try store.noteServed(revision: try save([Self.large + "\(number)"])) }
        // What serves, and one more within the limit: the release takes nothing of that.
        #expect(try store.revisions().count >= 2)
        #expect(try contents("app/1.0.0") == [Self.large])
    }

    @Test("are those of a random history, whichever of its parts are removed in whichever order")
    func randomHistory() throws {
        var random = SeededGenerator()
        let store = try BindleStore(path: directory.path + "/random.sqlite", historyLimit: 300, rowLimit: 20)
        var expected: [String: [String]] = [:]
        var current = ["a", "b", "c"]
        for round in 0..<300 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                let index = Int.random(in: 0...current.count, using: &random)
                let text = String(repeating: "\(Int.random(in: 0..<40, using: &random))-", count: 1 + round % 20)
                if index == current.count { current.append(text) } else { current[index] = text }
                if current.count > 6 { current.remove(at: .random(in: current.indices, using: &random)) }
                try store.noteServed(revision: try save(current, in: store))
            case 4, 5:
                guard let revision = try store.revisions().randomElement(using: &random)?.revision else { continue }
                let invoice = try store.invoice(ofRevision: revision.number)
                let id = "app/1.0.\(round)"
                expected[id] = try invoice.parcels.map { parcel in
                    String(
                        decoding: try store.parcel(parcel.label.sha256, in: .revision(revision.number)).readAll(),
                        as: UTF8.self)
                }
                try store.makeRelease(of: .revision(revision.number), version: SemanticVersion(1, 0, UInt64(round)))
            case 6:
                guard let id = expected.keys.sorted().randomElement(using: &random) else { continue }
                try store.removeRelease(BindleID(id))
                expected[id] = nil
            default:
                if try store.allIDs().contains(BindleID("app/1.0.0")) { try store.delete(BindleID("app/1.0.0")) }
            }
        }
        #expect(try store.releaseCount() == expected.count)
        for (id, texts) in expected { #expect(try contents(id, in: store) == texts, "\(id), seed \(random.seed)") }
        try store.checkIntegrity()
        // Files go when the change that no longer names them is on the disk.
        try store.pool.shrink()
        #expect(try store.usage().danglingParcels == 0)
    }

    @Test("are listed by name, the newest version first, and found by a part of their IDs")
    func areListed() throws {
        let revision = try save(["one"])
        for version in ["1.0.0", "1.10.0", "1.2.0", "1.2.0-beta.2", "1.2.0-beta.10", "1.2.0+b", "2.0.0-a"] {
            try store.makeRelease(of: .revision(revision), version: SemanticVersion(version))
        }
        try store.makeRelease(of: .revision(try save(["two"], id: "100%_sure/1.0.0")))
        let all = [
            "100%_sure/1.0.0", "app/2.0.0-a", "app/1.10.0", "app/1.2.0+b", "app/1.2.0", "app/1.2.0-beta.10",
            "app/1.2.0-beta.2", "app/1.0.0",
        ]
        func ids(_ releases: [Release]) -> [String] { releases.map(\.id.description) }
        #expect(ids(try store.releases()) == all)
        #expect(ids(try store.releases(offset: 2, limit: 3)) == Array(all[2..<5]))
        #expect(ids(try store.releases(named: "app", offset: 1, limit: 1)) == [all[2]])
        #expect(ids(try store.releases(containing: "BETA")) == Array(all[5...6]))
        #expect(ids(try store.releases(containing: "%_S")) == [all[0]])
        #expect(ids(try store.releases(named: "app", containing: "p/1.1")) == [all[2]])
        #expect(try store.releaseCount() == 8 && store.releaseCount(named: "app", containing: "1.2.0") == 4)
        #expect(try store.releases(named: "App") == [])
    }

    @Test("Ten thousand are listed by pages quickly, and a save does not get slower by them")
    func tenThousand() throws {
        let revision = try save(["one"])
        let digest = try store.makeRelease(of: .revision(revision)).release.digest
        try store.pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                for number in 0..<10_000 {
                    let id = try! BindleID("app/2.0.\(number)")
                    try ReleaseTable.put(
                        ReleaseTable.Row(
                            release: Release(
                                id: id, digest: digest, creationTime: 0, revision: nil, parcelCount: 1, size: 3),
                            state: KeptStates.State(bindle: 1, number: 1)), on: connection)
                }
            }
        }
        let listing = try ContinuousClock().measure { () throws in
            #expect(try store.releases(named: "app", offset: 5_000, limit: 100).count == 100)
            #expect(try store.releases(containing: "2.0.9999", limit: 100).count == 1)
            #expect(try store.releaseCount() == 10_001)
        }
        let saving = try ContinuousClock().measure { () throws in
            for number in 0..<BindleStore.revisionLimit + 5 {
                try store.noteServed(revision: try save(["\(number)"]))
            }
        }
        print("10,000 releases: three looks take \(listing), \(BindleStore.revisionLimit + 5) saves \(saving)")
        #expect(listing < .seconds(2) && saving < .seconds(20))
    }

    @Test("No statement about releases scans a table") func statementsScanNothing() throws {
        _ = try store.makeRelease(of: .revision(try save(["one"])))
        let statements = [
            "DELETE FROM entry WHERE bindle = 1 AND until > 2 AND until <= 7 AND since > 2 RETURNING content",
            "SELECT state FROM release WHERE bindle = 1 AND state < 7 ORDER BY state DESC LIMIT 1",
            "SELECT state FROM revision WHERE bindle = 1 AND state > 7 ORDER BY state LIMIT 1",
            "SELECT digest FROM release WHERE name = ?1 AND precedence = ?2",
            "SELECT digest FROM release WHERE name = ?1 ORDER BY precedence DESC",
            """
            SELECT sha256 FROM content WHERE place = 0 AND EXISTS (
                SELECT 1 FROM entry WHERE content = content.id AND bindle = 1
                    AND since <= 2 AND (until = 0 OR until > 2)) LIMIT 1
            """,
        ]
        for statement in statements {
            let plan = try store.pool.read { (connection) throws(StoreError) in
                try connection.rows("EXPLAIN QUERY PLAN " + statement) { (row) throws(StoreError) in row.text(3) }
            }
            let scans = plan.filter { $0.hasPrefix("SCAN") && !$0.contains("missing_content") }
            #expect(scans == [] && !plan.contains { $0.contains("TEMP B-TREE") }, "\(statement): \(plan)")
        }
    }
}

extension ContentReference {
    fileprivate static var bundleNow: ContentReference { .bindle(try! BindleID("app/1.0.0")) }
}

@Suite("Channels in a store")
struct ChannelStoreTests {
    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    private func release(_ id: String) throws {
        let invoice = try Samples.invoice(id, id)
        _ = try store.save(invoice) { (_) in .bytes(Array(id.utf8)) }
        try store.makeRelease(of: .bindle(invoice.id))
    }

    @Test("are kept as they were given, with their variables in order") func areKept() throws {
        try release("app/1.0.0")
        var dev = Channel(app: "app", name: "dev", selection: .range(try VersionRange("^1, <1.5")))
        let stable = Channel(
            app: "app", name: "stable", selection: .pin(SemanticVersion(1, 0, 0)), host: "shop.localhost",
            variables: [.init(name: "Z", value: "1"), .init(name: "A", value: "é\n")])
        try store.put(stable)
        try store.put(dev)
        #expect(try store.channels() == [dev, stable])
        dev.variables = [.init(name: "B", value: "")]
        dev.selection = .range(.everything)
        try store.put(dev)
        store.pool.close()
        try store.pool.reopen()
        #expect(try store.channels() == [dev, stable])
        try store.removeChannel(app: "app", name: "dev")
        #expect(try store.channels() == [stable])
        #expect(throws: StoreError.noSuchChannel(app: "app", name: "dev")) {
            try store.removeChannel(app: "app", name: "dev")
        }
        try store.checkIntegrity()
    }

    @Test("serve the newest release of their range, or the one that they pin, which cannot be removed then")
    func select() throws {
        for id in ["app/1.0.0", "app/1.4.0", "app/1.5.0", "app/2.0.0-beta", "app/2.0.0", "other/1.4.1"] {
            try release(id)
        }
        func served(_ selection: Channel.Selection) throws -> String? {
            try store.release(of: Channel(app: "app", name: "c", selection: selection))?.id.description
        }
        #expect(try served(.range(VersionRange("^1, <1.5"))) == "app/1.4.0")
        #expect(try served(.range(VersionRange("^1"))) == "app/1.5.0")
        #expect(try served(.range(.everything)) == "app/2.0.0")
        #expect(try served(.range(VersionRange("^3"))) == nil)
        #expect(try served(.pin(SemanticVersion(1, 0, 0))) == "app/1.0.0")
        #expect(try served(.pin(SemanticVersion(9, 0, 0))) == nil)

        let pinned = try BindleID("app/1.0.0")
        try store.put(Channel(app: "app", name: "old", selection: .pin(pinned.version)))
        #expect(throws: StoreError.releaseIsPinned(pinned, channel: "old")) { try store.removeRelease(pinned) }
        let missing = try BindleID("app/9.0.0")
        #expect(throws: StoreError.noSuchRelease(missing)) {
            try store.put(Channel(app: "app", name: "old", selection: .pin(missing.version)))
        }
        try store.removeChannel(app: "app", name: "old")
        try store.removeRelease(pinned)
    }
}

@Suite("The bytes that stand for a version")
struct VersionOrderingTests {
    @Test("sort as versions do, and are the same for equal ones only") func sortAsVersions() {
        let texts = [
            "0.0.0", "0.0.1", "0.1.0", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1",
            "1.0.0-alpha.beta", "1.0.0-alpha-", "1.0.0-alphaa", "1.0.0", "1.0.0+0", "1.0.0+0.a", "1.0.0+0a",
            "1.0.0+a", "1.0.1-a+b", "2.0.0", "10.0.0", "18446744073709551615.0.0",
            "1.0.0-99999999999999999999999999", "1.0.0-100000000000000000000000000",
        ]
        let versions = texts.compactMap { SemanticVersion($0) }
        #expect(versions.count == texts.count)
        for left in versions {
            for right in versions {
                #expect(
                    left.orderingBytes.lexicographicallyPrecedes(right.orderingBytes) == (left < right),
                    "\(left), \(right)")
                #expect((left.orderingBytes == right.orderingBytes) == (left == right))
            }
        }
    }
}
