import Dispatch
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Bindle

/// What holds for whole stores of every kind.
@Suite("Whole stores")
struct WholeStoreTests {
    private let large = String(repeating: "0123456789", count: 30_000)
    private let unknown: BindleID
    private let stores = Kept<WholeStore>()
    private let servers = Kept<ServedStore>()

    init() throws {
        unknown = try BindleID("unknown/1.0.0")
    }

    private func make(_ kind: WholeStoreKind) throws -> WholeStore { stores.keep(try WholeStore(kind)) }

    @Test("have what was put where they find it", arguments: WholeStoreKind.allCases)
    func reading(_ kind: WholeStoreKind) throws {
        let whole = try make(kind)
        let invoice = try whole.seeded.add("ex.com/Grüße/1.0.0-rc.1+b", "one", large, "")
        #expect(try whole.store.invoice(of: invoice.id) == invoice)
        for content in ["one", large, ""] { #expect(try whole.store.content(content, of: invoice.id) == content) }
        #expect(try whole.store.missingParcels(of: invoice.id).isEmpty)
        let stamp = try whole.store.stamp(of: invoice.id)
        let known = try whole.store.storedInvoice(invoice.id, revision: nil) { $0 == stamp }
        #expect(known.stamp == stamp && known.invoice == nil && !stamp.isYanked)
        try whole.reopen()
        #expect(try whole.store.invoice(of: invoice.id) == invoice)
        #expect(try whole.store.content(large, of: invoice.id) == large)
    }

    @Test("say what they do not have", arguments: WholeStoreKind.allCases)
    func absence(_ kind: WholeStoreKind) throws {
        let whole = try make(kind)
        let invoice = try Samples.invoice("app/1.0.0", "one", "two")
        _ = try whole.seeded.create(invoice, mode: .immutable)
        try whole.seeded.upload("one", to: invoice.id)
        let store = whole.store
        #expect(throws: StoreError.noSuchBindle(unknown)) { try store.stamp(of: unknown) }
        #expect(throws: StoreError.noSuchBindle(unknown)) { try store.missingParcels(of: unknown) }
        #expect(throws: StoreError.noSuchBindle(unknown)) { try store.content("one", of: unknown) }
        #expect(throws: StoreError.noSuchBindle(unknown)) { try store.upload("one", to: unknown) }
        #expect(throws: StoreError.noSuchBindle(unknown)) { try store.yank(unknown) }
        #expect(throws: StoreError.noSuchBindle(unknown)) { try store.delete(unknown) }
        let (two, other) = (Samples.digest("two"), Samples.digest("other"))
        #expect(throws: StoreError.parcelNotUploaded(invoice.id, digest: two)) {
            try store.content("two", of: invoice.id)
        }
        #expect(throws: StoreError.notInInvoice(invoice.id, digest: other)) {
            try store.content("other", of: invoice.id)
        }
        #expect(throws: StoreError.notInInvoice(invoice.id, digest: other)) {
            try store.upload("other", to: invoice.id)
        }
        #expect(try store.missingParcels(of: invoice.id).map(\.name) == ["file1"])
    }

    @Test(
        "take bindles and parcels in, and nothing that is not what it is called by", arguments: WholeStoreKind.allCases)
    func writing(_ kind: WholeStoreKind) throws {
        let whole = try make(kind)
        let store = whole.store
        let invoice = try Samples.invoice("app/1.0.0", "one", large)
        let creation = try store.create(invoice, mode: .immutable)
        #expect(creation.effect == .created && creation.missing.map(\.name) == ["file0", "file1"])
        #expect(try Invoice(creation.invoice.text, as: .toml) == invoice)
        #expect(try creation.stamp == store.stamp(of: invoice.id))
        for (text, isLong) in [("shorter", false), (large + "1", true), ("X" + large.dropFirst(), false)] {
            #expect(throws: StoreError.self) {
                let upload = try store.upload(Samples.digest(large), to: invoice.id, includingYanked: true)
                try upload.write(Array(text.utf8))
                #expect(!isLong)
                try upload.finish()
            }
        }
        #expect(try store.missingParcels(of: invoice.id).count == 2)
        // Two at a time: the second one to end has nothing to do any more.
        let uploads = try (0..<2).map { _ in
            try store.upload(Samples.digest(large), to: invoice.id, includingYanked: true)
        }
        for upload in uploads { try upload.write(Array(large.utf8)) }
        #expect(try uploads.map { try $0.finish() } == [true, false])
        #expect(try store.content(large, of: invoice.id) == large)
        #expect(throws: StoreError.parcelExists(invoice.id, digest: Samples.digest(large))) {
            try store.upload(large, to: invoice.id)
        }
        #expect(try store.missingParcels(of: invoice.id).map(\.name) == ["file0"])
        // What another bindle has brought need not be uploaded again.
        let second = try store.create(Samples.invoice("other/1.0.0", large), mode: .immutable)
        #expect(second.missing.isEmpty)
        #expect(try store.list().map(\.id).sorted() == [invoice.id, BindleID("other/1.0.0")])
    }

    @Test("keep Bindle's rules in immutable mode", arguments: WholeStoreKind.allCases)
    func immutable(_ kind: WholeStoreKind) throws {
        let whole = try make(kind)
        let invoice = try whole.seeded.add("app/1.0.0", "one")
        #expect(throws: StoreError.bindleExists(invoice.id)) { try whole.store.create(invoice, mode: .immutable) }
        #expect(throws: StoreError.bindleExists(invoice.id)) {
            try whole.store.create(Samples.invoice("app/1.0.0", "other"), mode: .immutable)
        }
        let before = try whole.store.stamp(of: invoice.id)
        try whole.store.yank(invoice.id)
        try whole.store.yank(invoice.id)
        let after = try whole.store.stamp(of: invoice.id)
        #expect(after.isYanked && after != before)
        #expect(try whole.store.invoice(of: invoice.id).isYanked)
        #expect(try whole.store.list().map(\.isYanked) == [true])
        #expect(throws: StoreError.yanked(invoice.id)) { try whole.store.content("one", of: invoice.id) }
        #expect(try whole.store.content("one", of: invoice.id, includingYanked: true) == "one")
        #expect(throws: StoreError.yanked(invoice.id)) { try whole.store.upload("one", to: invoice.id) }
        #expect(throws: StoreError.bindleExists(invoice.id)) { try whole.store.create(invoice, mode: .immutable) }
        var yanked = try Samples.invoice("new/1.0.0")
        yanked.isYanked = true
        let created = yanked
        #expect(throws: StoreError.newBindleIsYanked(created.id)) { try whole.store.create(created, mode: .immutable) }
        try whole.reopen()
        #expect(try whole.store.stamp(of: invoice.id).isYanked)
    }

    @Test("replace and delete in development mode", arguments: WholeStoreKind.allCases)
    func development(_ kind: WholeStoreKind) throws {
        let store = try make(kind).store
        let invoice = try store.add("app/1.0.0", "one")
        #expect(try store.create(invoice, mode: .development).effect == .unchanged)
        let before = try store.stamp(of: invoice.id)
        let other = try Samples.invoice("app/1.0.0", "two", description: "another one")
        let replacement = try store.create(other, mode: .development)
        #expect(replacement.effect == .replaced && replacement.missing.map(\.name) == ["file0"])
        #expect(try store.invoice(of: invoice.id) == other)
        #expect(try store.stamp(of: invoice.id) != before)
        try store.upload("two", to: invoice.id)
        #expect(throws: StoreError.notInInvoice(invoice.id, digest: Samples.digest("one"))) {
            try store.content("one", of: invoice.id)
        }
        try store.delete(invoice.id)
        #expect(throws: StoreError.noSuchBindle(invoice.id)) { try store.stamp(of: invoice.id) }
        #expect(throws: StoreError.noSuchBindle(invoice.id)) { try store.delete(invoice.id) }
        #expect(try store.list().isEmpty)
        #expect(try store.create(other, mode: .development).effect == .created)
    }

    @Test("take over what another server has accepted, yanked or not", arguments: WholeStoreKind.allCases)
    func keeping(_ kind: WholeStoreKind) throws {
        let store = try make(kind).store
        var invoice = try Samples.invoice("app/1.0.0", "one")
        invoice.isYanked = true
        try store.keep(invoice, replacing: false)
        #expect(try store.invoice(of: invoice.id) == invoice)
        try store.keep(Samples.invoice("app/1.0.0", "two"), replacing: false)
        #expect(try store.invoice(of: invoice.id) == invoice)
        try store.keep(Samples.invoice("app/1.0.0", "two"), replacing: true)
        #expect(try store.invoice(of: invoice.id) == Samples.invoice("app/1.0.0", "two"))
    }

    @Test("are of another generation after each change", arguments: WholeStoreKind.allCases)
    func generations(_ kind: WholeStoreKind) throws {
        let store = try make(kind).store
        let id = try BindleID("app/1.0.0")
        var last = store.generation
        let changes: [() throws -> Void] = [
            { _ = try store.create(Samples.invoice("app/1.0.0", "one"), mode: .development) },
            { _ = try store.create(Samples.invoice("app/1.0.0", "two"), mode: .development) },
            { try store.yank(id) }, { try store.delete(id) },
        ]
        for change in changes {
            try change()
            #expect(store.generation != last)
            last = store.generation
        }
        let list = store.listGeneration
        try store.add("other/1.0.0")
        #expect(store.listGeneration != list)
    }

    @Test(
        "find bindles by words of their names, versions, authors and descriptions", arguments: WholeStoreKind.allCases)
    func searching(_ kind: WholeStoreKind) throws {
        let store = try make(kind).store
        for (id, description) in [("cook/1.0.0", "sells books"), ("book/2.0.0", nil), ("garden/3.0.0", "trees")] {
            _ = try store.create(Samples.invoice(id, description: description), mode: .immutable)
        }
        func find(_ terms: String) throws -> [String] {
            try BindleSearch(store).page(BindleQuery(terms: terms)).ids.map(\.description)
        }
        #expect(try find("book") == ["book/2.0.0", "cook/1.0.0"])
        #expect(try find("Lovelace").count == 3)
        #expect(try find("3.0") == ["garden/3.0.0"])
        try store.yank(BindleID("garden/3.0.0"))
        #expect(try find("trees").isEmpty)
    }

    @Test(
        "give an ID to one of several who want it, and have all that each was told", arguments: WholeStoreKind.allCases)
    func concurrency(_ kind: WholeStoreKind) throws {
        let store = try make(kind).store
        let winners = Mutex<[String]>([])
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            do {
                let invoice = try Samples.invoice("app/1.0.0", "content \(number)", "shared")
                do {
                    _ = try store.create(invoice, mode: .immutable)
                    winners.withLock { $0.append("content \(number)") }
                } catch StoreError.bindleExists {}
                let own = try store.add("own\(number)/1.0.0", "own \(number)")
                guard try store.content("own \(number)", of: own.id) == "own \(number)" else { throw Lost() }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let winner = try #require(winners.withLock { $0.count == 1 ? $0.first : nil })
        #expect(try store.invoice(of: BindleID("app/1.0.0")) == Samples.invoice("app/1.0.0", winner, "shared"))
        #expect(try store.list().count == 9)
    }

    private struct Lost: Error {}

    @Test("serve every client alike", arguments: WholeStoreKind.allCases)
    func serving(_ kind: WholeStoreKind) throws {
        let whole = try make(kind)
        let hostKey = HostKey(SecretKey(label: "h", roles: [.host]))
        let served = servers.keep(try ServedStore(whole.store, mode: .immutable, trust: ServerTrust(hostKey: hostKey)))
        let client = try served.client()
        let invoice = try Samples.invoice("pushed/1.0.0", "one", large)
        let contents = ["file0": "one", "file1": large]
        try client.push(invoice) { .bytes(Array((contents[$0.name] ?? "").utf8)) }
        let seeded = try whole.seeded.add("seeded/1.0.0", "two", large)
        for (expected, parcel) in [(invoice, "one"), (seeded, "two")] {
            let found = try client.invoice(expected.id)
            #expect(found.parcels == expected.parcels && found.signatures.map(\.role) == [.host])
            #expect(found.signatures.allSatisfy { found.isValid($0) })
            for content in [parcel, large] {
                let label = try #require(expected.label(of: Samples.digest(content)))
                #expect(try client.parcel(label, of: expected.id) == Array(content.utf8))
            }
        }
        let digest = Samples.digest(large)
        let url = try HTTPURL("\(served.url)/_i/seeded/1.0.0@\(digest)")
        let part = try Client().send(ClientRequest(.get, url, headers: ["Range": "bytes=5-14"]))
        #expect(part.status == .partialContent && part.headers["ETag"] == "\"\(digest)\"")
        #expect(try part.readAll(limit: 100) == Array("5678901234".utf8))
        #expect(try client.find(BindleQuery(terms: "pushed")).invoices.map(\.id) == [invoice.id])
        #expect(throws: BindleClientError.self) { try client.create(invoice) }
        try client.delete(invoice.id)
        let error = #expect(throws: BindleClientError.self) { try client.invoice(invoice.id) }
        #expect(error?.status == .forbidden)
        #expect(try client.invoice(invoice.id, includingYanked: true).isYanked)
    }

    @Test(
        "are copied whole into one of any kind", arguments: WholeStoreKind.allCases,
        [WholeStoreKind.embedded, .reference])
    func copying(_ source: WholeStoreKind, _ target: WholeStoreKind) throws {
        let (source, target) = (try make(source), try make(target))
        let invoice = try source.seeded.add("app/1.0.0", "one", large)
        let partial = try Samples.invoice("app/2.0.0", "one", "nowhere")
        _ = try source.store.create(partial, mode: .immutable)
        try source.store.yank(invoice.id)
        #expect(try StoreCopy.copy(invoice.id, from: source.store, to: target.store).isEmpty)
        #expect(try StoreCopy.copy(partial.id, from: source.store, to: target.store).map(\.name) == ["file1"])
        #expect(try target.store.invoice(of: invoice.id) == source.store.invoice(of: invoice.id))
        #expect(try target.store.content(large, of: invoice.id, includingYanked: true) == large)
        #expect(try target.store.content("one", of: partial.id) == "one")
    }
}
