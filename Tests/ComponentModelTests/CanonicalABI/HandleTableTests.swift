import Testing
import WebAssemblyRuntime

@testable import ComponentModel

@Suite struct HandleTableTests {
    private func own(_ representation: UInt32) -> HandleTable.Entry {
        HandleTable.Entry(.own, resource: 3, representation: representation)
    }

    private func message(_ table: HandleTable, _ index: UInt32) -> String? {
        do throws(Trap) {
            _ = try table[index]
            return nil
        } catch {
            return error.message
        }
    }

    @Test("Indices begin at 1, and the one that was freed last is given out first")
    func indices() throws {
        var table = HandleTable()
        for number in 1...4 as ClosedRange<UInt32> { #expect(try table.add(own(10 * number)) == number) }
        for number in 1...4 as ClosedRange<UInt32> { #expect(try table[number].representation == 10 * number) }
        table.remove(2)
        table.remove(4)
        #expect(message(table, 2) == "unknown handle index 2")
        #expect(try table.add(own(50)) == 4)
        #expect(try table.add(own(60)) == 2)
        #expect(try table.add(own(70)) == 5)
        #expect(try (1...5).map { try table[$0].representation } == [10, 60, 30, 50, 70])
    }

    @Test("What was never given out is no handle, 0 included")
    func unknown() throws {
        var table = HandleTable()
        #expect(message(table, 0) == "unknown handle index 0")
        #expect(message(table, 1) == "unknown handle index 1")
        _ = try table.add(own(7))
        #expect(message(table, 0) == "unknown handle index 0")
        #expect(message(table, 1) == nil)
        #expect(message(table, 2) == "unknown handle index 2")
        #expect(message(table, .max) == "unknown handle index 4294967295")
    }

    @Test("A table has room for 268,435,455 handles")
    func room() {
        #expect(HandleTable.maximumCount == 268_435_455)
    }

    @Test("Loans are counted for each handle, and a new handle at the same index has none")
    func loans() throws {
        var table = HandleTable()
        for number in 1...3 as ClosedRange<UInt32> { _ = try table.add(own(number)) }
        table.lend(2)
        table.lend(2)
        table.endLoan(of: 2)
        #expect(try (1...3).map { try table[$0].lendCount } == [0, 1, 0])
        table.remove(2)
        _ = try table.add(own(9))
        #expect(try table[2].lendCount == 0)
    }

    @Test("Handles are found by their resource type, those that are borrowed too; what is free or no handle is not")
    func contains() throws {
        var table = HandleTable()
        _ = try table.add(HandleTable.Entry(.waitableSet))
        #expect(!table.contains { _ in true })
        _ = try table.add(own(7))
        #expect(table.contains { $0 == 3 })
        #expect(!table.contains { $0 != 3 })
        table.remove(2)
        #expect(!table.contains { _ in true })
        _ = try table.add(HandleTable.Entry(.borrow(task: 0), resource: 5))
        #expect(table.contains { $0 == 5 })
    }
}
