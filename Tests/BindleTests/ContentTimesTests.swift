import Synchronization
import TestSupport
import Testing

@testable import Bindle

@Suite("Times of contents")
struct ContentTimesTests {
    let directory: TemporaryDirectory
    /// A clock that the tests set.
    final class Clock: Sendable {
        let time = Atomic<Int64>(1000)
        func set(_ value: Int64) { time.store(value, ordering: .relaxed) }
    }
    let clock = Clock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open() throws -> BindleStore {
        try BindleStore(
            path: directory.path + "/bindles.sqlite", now: { [clock] in clock.time.load(ordering: .relaxed) })
    }

    /// Saves files with their contents at a time, and tells the times of them.
    private func save(
        _ files: KeyValuePairs<String, String>, at time: Int64, in store: BindleStore, id: String = "app/1.0.0"
    ) throws -> [Int64] {
        clock.set(time)
        var invoice = try Samples.invoice(id)
        invoice.parcels = ParcelList(files.map { Parcel(label: Samples.label($0.key, $0.value)) })
        let saved = try store.saveRevision(invoice) { (label) throws(StoreError) in
            .bytes(Array(files.first { $0.key == label.name }!.value.utf8))
        }
        let times = try store.contentTimes(ofRevision: saved.number)
        #expect(try store.content(ofRevision: saved.number).times == times, "in memory and on the disk")
        return times
    }

    @Test("A time changes with the content of its name, and with nothing else")
    func changes() throws {
        let store = try open()
        #expect(try save(["a": "1", "b": "1"], at: 1000, in: store) == [1000, 1000])
        #expect(try save(["a": "1", "b": "2"], at: 2000, in: store) == [1000, 2000])
        #expect(try save(["new": "1", "b": "2", "a": "1"], at: 3000, in: store) == [3000, 2000, 1000], "moved")
        #expect(try save(["b": "2", "a": "3"], at: 4000, in: store) == [2000, 4000])
        #expect(try save(["b": "1", "a": "3"], at: 5000, in: store) == [5000, 4000], "back again, and new for that")
        #expect(try save(["b": "9", "a": "3"], at: 10, in: store) == [5001, 4000], "though the clock went back")
        #expect(try save(["caf\u{E9}": "1", "a": "3"], at: 6000, in: store) == [6000, 4000])
        #expect(try save(["cafe\u{301}": "1", "a": "3"], at: 7000, in: store) == [7000, 4000], "another name")
    }

    @Test("Times survive restarts, and new versions")
    func restarts() throws {
        #expect(try save(["a": "1", "b": "1"], at: 1000, in: open()) == [1000, 1000])
        #expect(try save(["a": "1", "b": "1"], at: 2000, in: open()) == [1000, 1000])
        #expect(try save(["a": "1", "b": "2"], at: 3000, in: open()) == [1000, 3000])
        let store = try open()
        #expect(try save(["a": "1", "b": "2", "c": "1"], at: 4000, in: store, id: "app/1.0.1") == [1000, 3000, 4000])
        #expect(try save(["a": "2", "b": "2"], at: 5000, in: store, id: "app/1.0.2") == [5000, 3000])
    }

    @Test("What is brought back comes anew where another content was meanwhile")
    func restoring() throws {
        let store = try open()
        _ = try save(["a": "1", "b": "1", "c": "1"], at: 1000, in: store)
        _ = try save(["a": "1", "b": "2", "c": "1"], at: 2000, in: store)
        clock.set(3000)
        let restored = try store.restore(revision: 1).number
        #expect(try store.contentTimes(ofRevision: restored) == [1000, 3000, 1000])
        #expect(try store.contentTimes(ofRevision: 1) == [1000, 1000, 1000])
    }

    @Test("A push keeps the times of what it does not change")
    func pushes() throws {
        let store = try open()
        clock.set(1000)
        _ = try store.create(try Samples.invoice("app/1.0.0", "one", "two"), mode: .development)
        clock.set(2000)
        _ = try store.create(try Samples.invoice("app/1.0.0", "one", "2"), mode: .development)
        let times = try store.snapshot { (connection) throws(StoreError) in
            try InvoiceTable.times(ofBindle: 1, on: connection)
        }
        #expect(times == [1000, 2000])
    }
}
