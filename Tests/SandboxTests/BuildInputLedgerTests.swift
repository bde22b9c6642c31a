import TestSupport
import Testing

@testable import Sandbox

/// How edits are told from what the build command writes itself.
struct BuildInputLedgerTests {
    @Test func aFileWhoseContentStaysIsNoEdit() throws {
        let directory = try TemporaryDirectory()
        try directory.write("1", to: "generated.h")
        var ledger = BuildInputLedger()
        #expect(ledger.judge("generated.h", in: directory.path) == .edit)
        #expect(ledger.judge("generated.h", in: directory.path) == .unchanged)
        try directory.write("2", to: "generated.h")
        #expect(ledger.judge("generated.h", in: directory.path) == .edit)
    }

    @Test func aFileThatEveryRunWritesAnewIsAProduct() throws {
        let directory = try TemporaryDirectory()
        var ledger = BuildInputLedger()
        var verdicts: [BuildInputLedger.Verdict] = []
        for number in 0..<6 {
            try directory.write("\(number)", to: "stamp")
            verdicts.append(ledger.judge("stamp", in: directory.path))
        }
        #expect(verdicts == [.edit, .edit, .edit, .edit, .product, .product])
        #expect(ledger.noteEnd() == ["stamp"])
        try directory.write("again", to: "stamp")
        #expect(ledger.judge("stamp", in: directory.path) == .product)
        #expect(ledger.noteEnd() == [])
        ledger.noteEdit("stamp", in: directory.path)
        try directory.write("edited", to: "stamp")
        #expect(ledger.judge("stamp", in: directory.path) == .edit)
    }

    @Test func theLateEventsOfASaveAreNoFurtherEdit() throws {
        let directory = try TemporaryDirectory()
        try directory.write("1", to: "main.c")
        var ledger = BuildInputLedger()
        ledger.noteEdit("main.c", in: directory.path)
        #expect(ledger.judge("main.c", in: directory.path) == .unchanged)
        try directory.write("2", to: "main.c")
        #expect(ledger.judge("main.c", in: directory.path) == .edit)
    }

    @Test func editsInDifferentRunsDoNotAddUp() throws {
        let directory = try TemporaryDirectory()
        var ledger = BuildInputLedger()
        for number in 0..<10 {
            try directory.write("\(number)", to: "main.c")
            #expect(ledger.judge("main.c", in: directory.path) == .edit)
            #expect(ledger.noteEnd() == [])
            #expect(ledger.noteEnd() == [])
        }
    }
}
