import Foundation
import TestSupport
import Testing

@testable import Bindle

@Suite("Revisions")
struct RevisionTests {
    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    /// Saves texts as files named by their order.
    @discardableResult
    private func save(
        _ contents: [String], id: String = "app/1.0.0", changes: ParcelChanges? = nil, since base: Int? = nil,
        isAlwaysNew: Bool = false
    ) throws -> BindleStore.SavedRevision {
        try store.saveRevision(
            try Self.invoice(contents, id: id), changes: changes, since: base, isAlwaysNew: isAlwaysNew
        ) { (label) throws(StoreError) in
            .bytes(Array(contents.first { Samples.digest($0) == label.sha256 }!.utf8))
        }
    }

    private static func invoice(_ contents: [String], id: String = "app/1.0.0") throws -> Invoice {
        var invoice = try Samples.invoice(id, description: "An app")
        invoice.annotations = ["engine": "test"]
        invoice.groups = [Group(name: "files")]
        invoice.parcels = ParcelList(
            contents.enumerated().map { index, content in
                Parcel(
                    label: Samples.label("file\(index)", content), conditions: Conditions(memberOf: ["files"]))
            })
        return invoice
    }

    /// Whether the store gives out what it was given, byte for byte.
    private func serves(_ contents: [String], id: String = "app/1.0.0") throws -> Bool {
        let invoice = try Self.invoice(contents, id: id)
        guard try store.invoiceText(invoice.id) == invoice.encoded(as: .toml) else { return false }
        return try contents.allSatisfy { try store.text($0, of: invoice.id) == $0 }
    }

    @Test("are refused where a file is not what its label says, which leaves nothing")
    func areRefusedWhereAFileIsNotWhatItsLabelSays() throws {
        let file = directory.path + "/large"
        let large = String(repeating: "0123456789", count: 300_000)
        try Data(large.utf8).write(to: URL(fileURLWithPath: file))
        #expect(throws: StoreError.sourceChanged(path: file)) {
            try store.saveRevision(try Self.invoice([large.uppercased() + "!"])) { (_) in .file(path: file) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.path + ".parcels") == [])
        #expect(try store.revisions() == [])
    }

    @Test("tell how many parcels each has, and their bytes, each content once")
    func tellHowManyParcelsEachHas() throws {
        var expected: [RevisionMeasure] = []
        var random = SeededGenerator()
        var contents = ["a", "bb", "bb", "ccc"]
        for _ in 0..<12 {
            let number = try save(contents).number
            if number > expected.count {
                let size = Set(contents).reduce(0) { $0 + $1.utf8.count }
                expected.append(RevisionMeasure(parcelCount: contents.count, size: size))
            }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: contents.append(contents.randomElement(using: &random)! + "d")
            case 1: contents.append(contents.randomElement(using: &random)!)
            default: if contents.count > 2 { contents.remove(at: .random(in: contents.indices, using: &random)) }
            }
        }
        let told = try store.revisions().map { RevisionMeasure(parcelCount: $0.parcelCount, size: $0.size) }
        #expect(told == expected)
    }

    @Test("are numbered, and the same content is the same revision")
    func areNumberedAndTheSameContentIsTheSameRevision() throws {
        #expect(try save(["one", "two"]) == .init(number: 1, effect: .created))
        #expect(try save(["one", "two"]) == .init(number: 1, effect: .unchanged))
        #expect(try save(["one", "two!"]) == .init(number: 2, effect: .replaced))
        #expect(try save(["one", "two!"], isAlwaysNew: true) == .init(number: 3, effect: .unchanged))
        // What was there before is something new again.
        #expect(try save(["one", "two"]).number == 4)
        #expect(try store.revisions().map(\.revision.number) == [1, 2, 3, 4])
        #expect(try store.revisions().map(\.parcelCount) == [2, 2, 2, 2])
        #expect(try store.revisions().map(\.size) == [6, 7, 7, 6])
        try store.checkIntegrity()
    }

    @Test("are written as they are handed in, whatever has changed")
    func areWrittenAsTheyAreHandedInWhateverHasChanged() throws {
        var random = SeededGenerator()
        var contents = (0..<20).map { "file \($0)" }
        var states: [(number: Int, contents: [String])] = []
        for round in 0..<60 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: contents.insert("new \(round)", at: Int.random(in: 0...contents.count, using: &random))
            case 1: contents.remove(at: Int.random(in: 0..<contents.count, using: &random))
            case 2: contents[Int.random(in: 0..<contents.count, using: &random)] = "changed \(round)"
            default: contents.swapAt(0, Int.random(in: 0..<contents.count, using: &random))
            }
            let number = try save(contents).number
            if states.last?.number != number { states.append((number, contents)) }
            #expect(try serves(contents))
            // The server's clients change bindles, too.
            if round % 20 == 19 {
                _ = try store.create(try Self.invoice(["pushed \(round)"]), mode: .development)
            }
        }
        for state in states {
            #expect(try store.invoice(ofRevision: state.number) == Self.invoice(state.contents))
        }
        for (first, second) in zip(states, states.dropFirst(3)) {
            let changes = try store.changes(from: first.number, to: second.number)
            let old = Set(try Self.invoice(first.contents).parcels)
            let new = Set(try Self.invoice(second.contents).parcels)
            #expect(Set(changes.removed).isSuperset(of: old.subtracting(new)))
            #expect(Set(changes.added).isSuperset(of: new.subtracting(old)))
            #expect(!changes.isFrameDifferent)
        }
        try store.checkIntegrity()
    }

    @Test("take changes that the caller knows, and find out where they cannot be meant")
    func takeChangesThatTheCallerKnowsAndFindOutWhereTheyCannotBeMeant() throws {
        let first = try save(["one", "two", "three"]).number
        let changes = ParcelChanges([.init(old: 1..<2, new: 1..<2)])
        let second = try save(["one", "2", "three"], changes: changes, since: first).number
        #expect(try serves(["one", "2", "three"]))
        // These changes would be right after the first revision, but that is not the last one.
        try save(["one", "two", "3"], changes: changes, since: first)
        #expect(try serves(["one", "two", "3"]))
        // These cannot lead from three parcels to four.
        try save(["one", "2", "3", "4"], changes: changes, since: second + 1)
        #expect(try serves(["one", "2", "3", "4"]))
    }

    @Test("are refused if what has changed makes no sense") func areRefusedIfWhatHasChangedMakesNoSense() throws {
        try save(["one", "two"])
        var invoice = try Self.invoice(["one", "two"])
        invoice.parcels[1].label.sha256 = "nothing"
        #expect(throws: StoreError.self) { try store.saveRevision(invoice) { (_) in .bytes([]) } }
        invoice.parcels[1].label = invoice.parcels[0].label
        invoice.parcels[1].label.size = -1
        #expect(throws: StoreError.self) { try store.saveRevision(invoice) { (_) in .bytes([]) } }
        #expect(try serves(["one", "two"]))
        // What failed leaves nothing behind that the next one builds on.
        #expect(throws: StoreError.self) {
            try store.saveRevision(try Self.invoice(["one", "lost"])) { (label) throws(StoreError) in
                throw .sourceChanged(path: label.name)
            }
        }
        try save(["one", "three"])
        #expect(try serves(["one", "three"]))
    }

    @Test("can be told apart") func canBeToldApart() throws {
        let first = try save(["one", "two", "three"]).number
        let second = try save(["one", "2", "three", "four"]).number
        let changes = try store.changes(from: first, to: second)
        #expect(changes.removed.map(\.label.name) == ["file1"])
        #expect(changes.added.map(\.label.name) == ["file1", "file3"])
        let back = try store.changes(from: second, to: first)
        #expect(back.removed == changes.added && back.added == changes.removed)
        let other = try save(["one"], id: "app/2.0.0").number
        let across = try store.changes(from: second, to: other)
        #expect(across.removed.map(\.label.name) == ["file1", "file2", "file3"])
        #expect(across.added == [] && across.isFrameDifferent)
        #expect(throws: StoreError.noSuchRevision(99)) { try store.changes(from: first, to: 99) }
    }

    @Test("are brought back") func areBroughtBack() throws {
        try save(["one", "two", "three"])
        try save(["1", "two"])
        try save(["1", "two", "drei", "vier"])
        let restored = try store.restore(revision: 1)
        #expect(restored.number == 4 && restored.restores == 1 && !restored.hasServed)
        #expect(try serves(["one", "two", "three"]))
        #expect(try store.lastMadeRevision()?.number == 3)
        // What the project makes next is compared with that.
        #expect(try save(["1", "two", "drei", "vier"]).number == 5)
        #expect(try serves(["1", "two", "drei", "vier"]))
        #expect(try store.restore(revision: 4).restores == 1)
        #expect(try serves(["one", "two", "three"]))
        #expect(try store.restore(revision: 2).restores == 2)
        #expect(try serves(["1", "two"]))
        try store.checkIntegrity()
    }

    @Test("outlive the bindle's deletion, and another one of its ID")
    func outliveTheBindlesDeletionAndAnotherOneOfItsID() throws {
        try save(["one", "two"])
        let id = try BindleID("app/1.0.0")
        try store.delete(id)
        #expect(throws: StoreError.noSuchBindle(id)) { try store.invoice(id) }
        #expect(try store.allIDs() == [])
        #expect(try store.create(try Self.invoice(["other"]), mode: .immutable).effect == .created)
        #expect(try store.invoice(ofRevision: 1) == Self.invoice(["one", "two"]))
        _ = try store.restore(revision: 1)
        #expect(try serves(["one", "two"]))
        #expect(throws: StoreError.bindleExists(id)) {
            try store.create(try Self.invoice(["other"]), mode: .immutable)
        }
    }

    @Test("are read by themselves, whatever came after them") func areReadByThemselvesWhateverCameAfterThem() throws {
        let id = try BindleID("app/1.0.0")
        let first = try save(["one", "two"]).number
        try save(["1", "two"])
        #expect(try store.invoiceText(id, revision: first) == Self.invoice(["one", "two"]).encoded(as: .toml))
        #expect(try store.parcel(Samples.digest("one"), of: id, revision: first).readAll() == Array("one".utf8))
        #expect(throws: StoreError.notInInvoice(id, digest: Samples.digest("one"))) {
            try store.parcel(Samples.digest("one"), of: id)
        }
        #expect(throws: StoreError.noSuchRevision(first)) {
            try store.invoiceText(try BindleID("app/2.0.0"), revision: first)
        }
    }

    @Test("are kept as long as they are among the last, or were served last")
    func areKeptAsLongAsTheyAreAmongTheLastOrWereServedLast() throws {
        let limit = BindleStore.revisionLimit
        for number in 1...(limit + 10) {
            #expect(try save(["kept", "\(number)"]).number == number)
            // The second is the last that served.
            if number <= 2 { try store.noteServed(revision: number) }
        }
        #expect(try store.revisions().count == limit + 10)
        try store.noteServed(revision: 2)
        #expect(try store.revisions().map(\.revision.number) == [2] + (11...(limit + 10)))
        #expect(try store.lastServedRevision()?.number == 2)
        try store.noteServed(revision: limit + 10)
        #expect(try store.revisions().map(\.revision.number) == Array(11...(limit + 10)))
        #expect(throws: StoreError.noSuchRevision(10)) { try store.invoice(ofRevision: 10) }
        // Parcels that only forgotten revisions had are gone; those of the others are there.
        let id = try BindleID("app/1.0.0")
        #expect(try store.parcelCount() == limit + 1)
        #expect(try store.parcel(Samples.digest("11"), of: id, revision: 11).readAll() == Array("11".utf8))
        try store.checkIntegrity()
    }

    @Test("of a bindle that is gone take it along when they go") func ofABindleThatIsGoneTakeItAlongWhenTheyGo() throws
    {
        try save(["one"], id: "old/1.0.0")
        try store.delete(try BindleID("old/1.0.0"))
        #expect(try store.parcelCount() == 1)
        for number in 0..<BindleStore.revisionLimit { try save(["two \(number)"]) }
        try store.noteServed(revision: BindleStore.revisionLimit + 1)
        #expect(try store.parcelCount() == BindleStore.revisionLimit)
        #expect(throws: StoreError.noSuchRevision(1)) { try store.restore(revision: 1) }
    }

    @Test("are there when the store is opened again") func areThereWhenTheStoreIsOpenedAgain() throws {
        let path = directory.path + "/again.sqlite"
        do {
            let store = try BindleStore(path: path)
            _ = try store.saveRevision(try Self.invoice(["one"])) { (_) in .bytes(Array("one".utf8)) }
            try store.noteServed(revision: 1)
        }
        let store = try BindleStore(path: path)
        #expect(try store.lastRevision()?.hasServed == true)
        #expect(try store.saveRevision(try Self.invoice(["one"])) { (_) in .bytes([]) }.number == 1)
    }
}

extension BindleStore {
    /// The parcels that are in the store, whether anything names them or not.
    func parcelCount() throws(StoreError) -> Int {
        try pool.read { (connection) throws(StoreError) in
            try connection.firstRow("SELECT count(*) FROM content WHERE place <> 0") { (row) throws(StoreError) in
                Int(row.integer(0))
            } ?? 0
        }
    }
}
