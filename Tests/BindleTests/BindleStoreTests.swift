import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Bindle

@Suite("A store")
struct BindleStoreTests {
    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    @Test("keeps an invoice, and says which parcels it lacks") func keepsAnInvoiceAndSaysWhichParcelsItLacks() throws {
        let invoice = try Samples.invoice("app/1.0.0", "one", "two", "one")
        let creation = try store.create(invoice, mode: .immutable)
        #expect(creation.effect == .created)
        #expect(creation.missing == [invoice.parcels[0].label, invoice.parcels[1].label])
        #expect(try store.invoice(invoice.id) == invoice)
        try store.put("one", to: invoice.id)
        #expect(try store.missingParcels(of: invoice.id) == [invoice.parcels[1].label])
        try store.put("two", to: invoice.id)
        #expect(try store.missingParcels(of: invoice.id) == [])
    }

    @Test("says what a bindle lacks, also where other bindles lack more") func missingOfMany() throws {
        for number in 0..<30 {
            _ = try store.create(try Samples.invoice("other/1.0.\(number)", "shared", "\(number)"), mode: .immutable)
        }
        let invoice = try Samples.invoice("app/1.0.0", "there", "shared", "own", "own")
        _ = try store.create(try Samples.invoice("there/1.0.0", "there"), mode: .immutable)
        try store.put("there", to: try BindleID("there/1.0.0"))
        let expected = [Samples.digest("shared"), Samples.digest("own")]
        #expect(try store.create(invoice, mode: .immutable).missing.map(\.sha256) == expected)
        #expect(try store.missingParcels(of: invoice.id).map(\.sha256) == expected)
        // The same, however the store comes by it.
        for count in [1, 1_000] {
            let digests = try store.snapshot { (connection) throws(StoreError) in
                let row = try BindleTable.find(invoice.id, on: connection)
                return try InvoiceTable.missingDigests(
                    ofBindle: row?.number ?? 0, entryCount: count, on: connection)
            }
            #expect(Set(digests.map(\.hex)) == Set(expected))
        }
    }

    @Test("is the same after it was closed and opened") func isTheSameAfterItWasClosedAndOpened() throws {
        let path = directory.path + "/again.sqlite"
        let invoice = try Samples.invoice("app/1.0.0", "one")
        do {
            let store = try BindleStore(path: path)
            _ = try store.create(invoice, mode: .immutable)
            try store.put("one", to: invoice.id)
        }
        let reopened = try BindleStore(path: path)
        #expect(try reopened.invoice(invoice.id) == invoice)
        #expect(try reopened.text("one", of: invoice.id) == "one")
        try reopened.checkIntegrity()
    }

    @Test("shares parcels between bindles and removes them with their last reference")
    func sharesParcelsBetweenBindlesAndRemovesThemWithTheirLastReference() throws {
        let first = try Samples.invoice("app/1.0.0", "shared", "own")
        let second = try Samples.invoice("app/1.1.0", "shared")
        _ = try store.create(first, mode: .development)
        try store.put("shared", to: first.id)
        try store.put("own", to: first.id)
        #expect(try store.create(second, mode: .development).missing == [])

        try store.delete(first.id)
        #expect(throws: StoreError.noSuchBindle(first.id)) { try store.invoice(first.id) }
        #expect(try store.text("shared", of: second.id) == "shared")
        // The parcel that only the first had is gone, and would be missing again.
        #expect(try store.create(first, mode: .development).missing.map(\.sha256) == [Samples.digest("own")])
        try store.delete(first.id)
        try store.delete(second.id)
        #expect(try store.create(second, mode: .development).missing.map(\.sha256) == [Samples.digest("shared")])
    }

    // MARK: - Modes

    @Test("replaces an invoice in development mode, and what only the old one had goes")
    func replacesAnInvoiceInDevelopmentModeAndWhatOnlyTheOldOneHadGoes() throws {
        let old = try Samples.invoice("app/1.0.0", "kept", "dropped")
        _ = try store.create(old, mode: .development)
        try store.put("kept", to: old.id)
        try store.put("dropped", to: old.id)
        let new = try Samples.invoice("app/1.0.0", "kept", "added")
        let creation = try store.create(new, mode: .development)
        #expect(creation.effect == .replaced)
        #expect(creation.missing.map(\.sha256) == [Samples.digest("added")])
        #expect(try store.invoice(old.id) == new)
        #expect(throws: StoreError.notInInvoice(old.id, digest: Samples.digest("dropped"))) {
            try store.text("dropped", of: old.id)
        }
        #expect(try store.create(old, mode: .development).missing.map(\.sha256) == [Samples.digest("dropped")])
    }

    @Test("changes nothing for the same invoice in development mode")
    func changesNothingForTheSameInvoiceInDevelopmentMode() throws {
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try store.create(invoice, mode: .development)
        #expect(try store.create(invoice, mode: .development).effect == .unchanged)
    }

    @Test("refuses an ID that is taken in immutable mode") func refusesAnIDThatIsTakenInImmutableMode() throws {
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try store.create(invoice, mode: .immutable)
        #expect(throws: StoreError.bindleExists(invoice.id)) { try store.create(invoice, mode: .immutable) }
    }

    @Test("yanks") func yanks() throws {
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try store.create(invoice, mode: .immutable)
        try store.put("one", to: invoice.id)
        try store.yank(invoice.id)
        #expect(throws: StoreError.yanked(invoice.id)) { try store.invoice(invoice.id) }
        #expect(throws: StoreError.yanked(invoice.id)) { try store.text("one", of: invoice.id) }
        #expect(try store.invoice(invoice.id, includingYanked: true).isYanked)
        #expect(try store.allIDs() == [])
        #expect(try store.allIDs(includingYanked: true) == [invoice.id])
    }

    @Test("refuses a new bindle that is yanked, and an invoice that makes no sense")
    func refusesANewBindleThatIsYankedAndAnInvoiceThatMakesNoSense() throws {
        var yanked = try Samples.invoice("app/1.0.0", "one")
        yanked.isYanked = true
        #expect(throws: StoreError.newBindleIsYanked(yanked.id)) { try store.create(yanked, mode: .development) }
        var senseless = try Samples.invoice("app/1.0.0", "one")
        senseless.parcels[0].label.sha256 = "nothing"
        #expect(throws: StoreError.self) { try store.create(senseless, mode: .development) }
        #expect(try store.allIDs() == [])
    }

    // MARK: - Parcels

    @Test("checks digest and size before a parcel is seen") func checksDigestAndSizeBeforeAParcelIsSeen() throws {
        let invoice = try Samples.invoice("app/1.0.0", "right")
        _ = try store.create(invoice, mode: .immutable)
        let digest = Samples.digest("right")
        for (content, error) in [
            ("wrong", StoreError.wrongDigest(expected: digest, actual: SHA256.hash("wrong".utf8))),
            ("longer than that", .wrongSize(digest: digest, expected: 5, actual: nil)),
            ("less", .wrongSize(digest: digest, expected: 5, actual: 4)),
        ] {
            #expect(throws: error) {
                let upload = try store.upload(digest, to: invoice.id)
                try upload.write(Array(content.utf8))
                try upload.finish()
            }
            #expect(throws: StoreError.parcelNotUploaded(invoice.id, digest: digest)) {
                try store.parcel(digest, of: invoice.id)
            }
        }
        #expect(try store.put("right", to: invoice.id))
    }

    @Test("takes parcels of an invoice only, and each once") func takesParcelsOfAnInvoiceOnlyAndEachOnce() throws {
        let invoice = try Samples.invoice("app/1.0.0", "one")
        #expect(throws: StoreError.noSuchBindle(invoice.id)) { try store.put("one", to: invoice.id) }
        _ = try store.create(invoice, mode: .immutable)
        #expect(throws: StoreError.notInInvoice(invoice.id, digest: Samples.digest("two"))) {
            try store.put("two", to: invoice.id)
        }
        try store.put("one", to: invoice.id)
        #expect(throws: StoreError.parcelExists(invoice.id, digest: Samples.digest("one"))) {
            try store.put("one", to: invoice.id)
        }
    }

    @Test("keeps an empty parcel") func keepsAnEmptyParcel() throws {
        let invoice = try Samples.invoice("app/1.0.0", "")
        _ = try store.create(invoice, mode: .immutable)
        try store.put("", to: invoice.id)
        #expect(try store.text("", of: invoice.id) == "")
    }

    /// Sizes around the pieces in which parcels are stored, written in odd portions.
    @Test("keeps large parcels", arguments: [1 << 20, (1 << 20) + 1, (3 << 20) - 1, 3 << 20])
    func keepsLargeParcels(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 16) }
        let digest = SHA256.hash(bytes).hex
        var invoice = try Samples.invoice("large/1.0.0")
        invoice.parcels = [
            Parcel(label: Label(sha256: digest, mediaType: "application/wasm", name: "big", size: size))
        ]
        _ = try store.create(invoice, mode: .immutable)
        let upload = try store.upload(digest, to: invoice.id)
        for start in stride(from: 0, to: size, by: 99_991) {
            try upload.write(Array(bytes[start..<min(start + 99_991, size)]))
        }
        try upload.finish()
        let reader = try store.parcel(digest, of: invoice.id)
        #expect(reader.size == size && reader.mediaType == "application/wasm")
        #expect(try reader.readAll() == bytes)
    }

    @Test("gives the first bytes of a parcel, and ends the reading with them", arguments: [3, 100, 3 << 20])
    func givesTheFirstBytes(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 ^ 0x55) }
        let digest = SHA256.hash(bytes).hex
        var invoice = try Samples.invoice("large/1.0.0")
        invoice.parcels = [Parcel(label: Label(sha256: digest, mediaType: "a/b", name: "big", size: size))]
        _ = try store.create(invoice, mode: .immutable)
        let upload = try store.upload(digest, to: invoice.id)
        try upload.write(bytes)
        try upload.finish()
        let reader = try store.parcel(digest, of: invoice.id)
        #expect(try reader.beginning(8) == Array(bytes.prefix(8)))
        #expect(try reader.next() == nil)
    }

    @Test("forgets an upload that is given up") func forgetsAnUploadThatIsGivenUp() throws {
        let size = 5 << 20
        let digest = SHA256.hash([UInt8](repeating: 7, count: size)).hex
        var invoice = try Samples.invoice("large/1.0.0")
        invoice.parcels = [Parcel(label: Label(sha256: digest, mediaType: "a/b", name: "big", size: size))]
        _ = try store.create(invoice, mode: .immutable)
        do {
            let upload = try store.upload(digest, to: invoice.id)
            try upload.write([UInt8](repeating: 7, count: 3 << 20))
        }
        #expect(throws: StoreError.parcelNotUploaded(invoice.id, digest: digest)) {
            try store.parcel(digest, of: invoice.id)
        }
        #expect(try store.missingParcels(of: invoice.id).count == 1)
    }

    @Test("forgets an upload whose bindle was removed meanwhile") func forgetsAnUploadWhoseBindleWasRemovedMeanwhile()
        throws
    {
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try store.create(invoice, mode: .development)
        let upload = try store.upload(Samples.digest("one"), to: invoice.id)
        try upload.write(Array("one".utf8))
        try store.delete(invoice.id)
        #expect(throws: StoreError.noSuchBindle(invoice.id)) { try upload.finish() }
    }

    @Test("lets a reader finish though the bindle is replaced meanwhile")
    func letsAReaderFinishThoughTheBindleIsReplacedMeanwhile() throws {
        let size = 2 << 20
        let bytes = [UInt8](repeating: 9, count: size)
        let digest = SHA256.hash(bytes).hex
        var invoice = try Samples.invoice("large/1.0.0")
        invoice.parcels = [Parcel(label: Label(sha256: digest, mediaType: "a/b", name: "big", size: size))]
        _ = try store.save(invoice) { (_) in .bytes(bytes) }
        let reader = try store.parcel(digest, of: invoice.id)
        let first = try #require(try reader.next())
        _ = try store.create(try Samples.invoice("large/1.0.0", "other"), mode: .development)
        let second = try #require(try reader.next())
        #expect(first + second == bytes)
        #expect(try reader.next() == nil)
    }

    @Test("takes an invoice and its files in at once") func takesAnInvoiceAndItsFilesInAtOnce() throws {
        let file = try directory.write("from a file", to: "file.txt")
        let invoice = try Samples.invoice("app/1.0.0", "from a file", "from memory")
        let effect = try store.save(invoice) { (label) in
            label.name == "file0" ? .file(path: file.path) : .bytes(Array("from memory".utf8))
        }
        #expect(effect == .created)
        #expect(try store.text("from a file", of: invoice.id) == "from a file")
        #expect(try store.text("from memory", of: invoice.id) == "from memory")
        // What is there is not asked for again.
        let again = try store.save(invoice) { (_) in .bytes([]) }
        #expect(again == .unchanged)
    }

    @Test("takes nothing in when a file is not what its label says") func takesNothingInWhenAFileIsNotWhatItsLabelSays()
        throws
    {
        let file = try directory.write("changed since", to: "file.txt")
        let invoice = try Samples.invoice("app/1.0.0", "one", "as it was")
        #expect(throws: StoreError.sourceChanged(path: file.path)) {
            try store.save(invoice) { (label) throws(StoreError) in
                label.name == "file0" ? .bytes(Array("one".utf8)) : .file(path: file.path)
            }
        }
        #expect(throws: StoreError.noSuchBindle(invoice.id)) { try store.invoice(invoice.id) }
    }

    // MARK: - Queries

    @Test("finds bindles by words and versions, in the order of names and versions")
    func findsBindlesByWordsAndVersionsInTheOrderOfNamesAndVersions() throws {
        for id in ["b/app/1.10.0", "b/app/1.9.0", "b/app/2.0.0-rc.1", "a/tool/1.0.0"] {
            _ = try store.create(try Samples.invoice(id, description: "An Example"), mode: .immutable)
        }
        func ids(_ query: BindleQuery) throws -> [String] { try store.find(query).invoices.map(\.id.description) }
        #expect(try ids(BindleQuery()) == ["a/tool/1.0.0", "b/app/1.9.0", "b/app/1.10.0", "b/app/2.0.0-rc.1"])
        #expect(try ids(BindleQuery(terms: "pp b", isStrict: true)) == [])
        #expect(try ids(BindleQuery(terms: "b/ap", isStrict: true)).count == 3)
        #expect(try ids(BindleQuery(terms: "B/AP", isStrict: true)) == [])
        #expect(try ids(BindleQuery(terms: "PP b")).count == 3)
        #expect(try ids(BindleQuery(terms: "example", isStrict: true)) == [])
        #expect(try ids(BindleQuery(terms: "example lovelace")).count == 4)
        #expect(try ids(BindleQuery(terms: "1.10")) == ["b/app/1.10.0"])
        #expect(
            try ids(BindleQuery(terms: "app", versions: VersionRange("^1.9.0"))) == ["b/app/1.9.0", "b/app/1.10.0"])
        try store.yank(try BindleID("b/app/1.9.0"))
        #expect(try ids(BindleQuery(terms: "app")) == ["b/app/1.10.0", "b/app/2.0.0-rc.1"])
        #expect(try ids(BindleQuery(terms: "app", includesYanked: true)).count == 3)
    }

    @Test(
        "finds words and their beginnings by full-text search",
        arguments: [
            ("example.com/hello-world", 1), ("hello-wor", 1), ("world hello", 1), ("HELLO", 1), ("ello", 1),
            ("wörld", 1),
            ("example", 2), ("com exam", 2), ("1.2.3", 1), ("1.2", 1), ("2.0.0-rc", 1), ("jose", 1), ("García", 1),
            ("garcia hello", 1), ("greets everybody", 1), ("greets -everybody", 1), ("", 2), (" - / . ", 2),
            // None of this has a meaning of its own.
            ("name:hello", 0), ("hello OR nothing", 0), ("NOT hello", 0), ("hello*", 1), ("\"hello", 1),
            ("hel\"\"lo", 0),
            ("NEAR(hello world)", 0), ("{name}: hello", 0), ("hello) OR (zzz", 0), ("' OR '1'='1", 0), ("^hello", 1),
            ("hello\0world", 0),
        ])
    func findsWordsAndTheirBeginningsByFullTextSearch(terms: String, count: Int) throws {
        var hello = try Samples.invoice("example.com/hello-world/1.2.3", description: "Greets everybody")
        hello.bindle.authors = ["José García <jose@example.org>"]
        _ = try store.create(hello, mode: .immutable)
        var other = try Samples.invoice("example.com/other/2.0.0-rc.1")
        other.bindle.authors = []
        _ = try store.create(other, mode: .immutable)
        #expect(try store.find(BindleQuery(terms: terms)).total == count)
        #expect(throws: Never.self) { try store.find(BindleQuery(terms: terms, isStrict: true)) }
    }

    @Test("searches what is there now") func searchesWhatIsThereNow() throws {
        let id = try BindleID("app/1.0.0")
        func isFound(_ word: String) throws -> Bool { try store.find(BindleQuery(terms: word)).total == 1 }
        _ = try store.create(try Samples.invoice("app/1.0.0", description: "before"), mode: .development)
        #expect(try isFound("before"))
        _ = try store.create(try Samples.invoice("app/1.0.0", description: "after"), mode: .development)
        #expect(try isFound("after") && !isFound("before"))
        try store.yank(id)
        #expect(try !isFound("after"))
        try store.delete(id)
        #expect(try store.find(BindleQuery(terms: "after", includesYanked: true)).total == 0)
        try store.checkIntegrity()
    }

    @Test("gives who goes through its pages everything once, though others write")
    func givesWhoGoesThroughItsPagesEverythingOnceThoughOthersWrite() throws {
        for patch in 10..<20 { _ = try store.create(try Samples.invoice("app/1.0.\(patch)"), mode: .immutable) }
        var query = BindleQuery(terms: "app", limit: 4)
        let search = BindleSearch(store)
        var seen: [Int] = []
        var pages = 0
        repeat {
            let page = try search.page(query, for: "somebody")
            seen += page.ids.map { Int($0.version.patch) }
            #expect(page.total == 10 && page.hasMore == (seen.count < 10))
            // Before and behind what was seen, and gone from behind it.
            _ = try store.create(try Samples.invoice("app/1.0.\(pages)"), mode: .immutable)
            _ = try store.create(try Samples.invoice("app/1.1.\(pages)"), mode: .immutable)
            query.offset += query.limit
            pages += 1
        } while seen.count < 10 && pages < 10
        #expect(seen == Array(10..<20))
        // Somebody else, and a new beginning, see what is there now.
        #expect(try search.page(BindleQuery(terms: "app", offset: 1, limit: 1), for: "another").total == 16)
        #expect(try search.page(BindleQuery(terms: "app", limit: 4), for: "somebody").total == 16)
        // What is deleted meanwhile is left out.
        try store.delete(try BindleID("app/1.0.11"))
        query.offset = 4
        let page = try search.page(query, for: "somebody")
        #expect(page.ids.contains(try BindleID("app/1.0.11")))
    }

    @Test("gives out matches in pages") func givesOutMatchesInPages() throws {
        for patch in 0..<7 { _ = try store.create(try Samples.invoice("app/1.0.\(patch)"), mode: .immutable) }
        let page = try store.find(BindleQuery(offset: 4, limit: 2))
        #expect(page.invoices.map(\.id.version.patch) == [4, 5])
        #expect(page.total == 7 && page.hasMore)
        #expect(try !store.find(BindleQuery(offset: 5, limit: 2)).hasMore)
        #expect(try store.find(BindleQuery(offset: 100, limit: 2)).invoices.isEmpty)
    }

    // MARK: - Threads

    @Test("serves many threads at once") func servesManyThreadsAtOnce() throws {
        let invoice = try Samples.invoice("app/1.0.0", "zero", "one", "two", "three")
        _ = try store.create(invoice, mode: .development)
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 32) { index in
            do {
                let content = ["zero", "one", "two", "three"][index % 4]
                do { try store.put(content, to: invoice.id) } catch StoreError.parcelExists {}
                guard try store.text(content, of: invoice.id) == content else { throw CancellationError() }
                _ = try store.create(try Samples.invoice("other/\(index).0.0", content), mode: .development)
                _ = try store.find(BindleQuery(terms: "other"))
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try store.find(BindleQuery(terms: "other")).total == 32)
        try store.checkIntegrity()
    }
}

@Suite("A store's file")
struct StoreFileTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test("is opened once at a time, and the second is told who has it")
    func isOpenedOnceAtATimeAndTheSecondIsToldWhoHasIt() throws {
        let path = directory.path + "/bindles.sqlite"
        let first = try BindleStore(path: path)
        let error = try #require(throws: StoreError.self) { try BindleStore(path: path) }
        #expect(error.description.contains("is in use by process \(getpid())"))
        // Only one of the commands has this option, and says so itself.
        #expect(!error.description.contains("--ephemeral"))
        _ = first
    }

    @Test("that is no database is refused") func thatIsNoDatabaseIsRefused() throws {
        let file = try directory.write(String(repeating: "not a database ", count: 100), to: "bindles.sqlite")
        #expect(throws: StoreError.notAStore(path: file.path)) { try BindleStore(path: file.path) }
    }

    @Test("that is another program's database is refused") func thatIsAnotherProgramsDatabaseIsRefused() throws {
        // The head of an SQLite file with another program's application ID and format number.
        let path = directory.path + "/bindles.sqlite"
        do { _ = try BindleStore(path: path) }
        try patch(path, at: 68, with: [0, 0, 0, 42])
        #expect(throws: StoreError.notAStore(path: path)) { try BindleStore(path: path) }
    }

    @Test("of a later format is refused") func ofALaterFormatIsRefused() throws {
        let path = directory.path + "/bindles.sqlite"
        do { _ = try BindleStore(path: path) }
        try patch(path, at: 60, with: [0, 0, 0, 99])
        #expect(throws: StoreError.newerFormat(path: path, version: 99)) { try BindleStore(path: path) }
    }

    @Test("that is damaged is refused, or its damage found") func thatIsDamagedIsRefusedOrItsDamageFound() throws {
        let path = directory.path + "/bindles.sqlite"
        do {
            let store = try BindleStore(path: path)
            _ = try store.save(try Samples.invoice("app/1.0.0", "one")) { (_) in .bytes(Array("one".utf8)) }
        }
        for page in 1..<8 { try patch(path, at: page * 4096, with: [UInt8](repeating: 0xA5, count: 512)) }
        let error = try #require(throws: StoreError.self) {
            let store = try BindleStore(path: path)
            try store.checkIntegrity()
        }
        #expect(error.description.contains("is damaged"), "\(error)")
    }

    @Test("in a directory that is not there is refused") func inADirectoryThatIsNotThereIsRefused() throws {
        let path = directory.path + "/nowhere/bindles.sqlite"
        let error = try #require(throws: StoreError.self) { try BindleStore(path: path) }
        #expect(error.description.contains("\(path) cannot be opened"))
        #expect(error.description.contains("No such file or directory"))
    }

    /// Overwrites bytes of a closed store.
    private func patch(_ path: String, at offset: Int, with bytes: [UInt8]) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(bytes))
    }
}
