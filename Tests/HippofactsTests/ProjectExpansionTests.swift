import Bindle
import Foundation
import Hippofacts
import TestSupport
import Testing

/// An expansion that is kept up to date file by file is what a new one would be.
struct ProjectExpansionTests {
    private let project: TemporaryDirectory
    private var expansion = ProjectExpansion()

    init() throws {
        project = try TemporaryDirectory()
        try project.write("binary", to: "bin/a.wasm")
        try project.write("(module)", to: "b.wat")
        for name in ["x.txt", "y.txt", "z.txt"] { try project.write(name, to: "files/\(name)") }
        try project.write(
            """
            bindle = { name = "project", version = "1.0.0" }
            [[handler]]
            name = "bin/a.wasm"
            route = "/a"
            files = ["files/*"]
            [[handler]]
            name = "b.wat"
            route = "/b"
            files = ["files/x.txt", "b.wat"]
            [[handler]]
            name = "b.wat"
            route = "/c"
            """, to: "HIPPOFACTS")
        try expand()
    }

    private mutating func expand() throws {
        _ = try expansion.expand(Hippofacts(at: project.path))
    }

    private func whole() throws -> Invoice {
        var fresh = ProjectExpansion()
        return try fresh.expand(Hippofacts(at: project.path)).invoice
    }

    private mutating func expectWhole(_ paths: Set<String>, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let update = try expansion.update(paths)
        #expect(update.map { _ in true } == nil, sourceLocation: sourceLocation)
    }

    @Test mutating func changedFilesAreTakenIn() throws {
        try project.write("another x", to: "files/x.txt")
        try project.write("another binary", to: "bin/a.wasm")
        let foundUpdate = try expansion.update(["files/x.txt", "bin/a.wasm"])
        let update = try #require(foundUpdate)
        #expect(expansion.invoice == (try whole()))
        #expect(update.changes.map(\.new.name) == ["bin/a.wasm", "files/x.txt"])
        for change in update.changes {
            #expect(expansion.invoice?.parcels[change.place].label == change.new)
            #expect(change.old.sha256 != change.new.sha256)
            guard case .file(let path, _)? = update.sources[change.new.sha256] else {
                Issue.record("no source for \(change.new.name)")
                continue
            }
            #expect(path.hasSuffix("/" + change.new.name))
        }
    }

    @Test mutating func aTextModuleIsAssembledForAllItsRoutesAndCountsAsAFileToo() throws {
        try project.write("(module (func))", to: "b.wat")
        let foundUpdate = try expansion.update(["b.wat"])
        let update = try #require(foundUpdate)
        #expect(update.changes.count == 3)
        #expect(expansion.invoice == (try whole()))
        #expect(update.sources.values.contains { if case .bytes = $0 { true } else { false } })
    }

    @Test mutating func sameContentChangesNothing() throws {
        try project.write("x.txt", to: "files/x.txt")
        let update = try expansion.update(["files/x.txt"])
        #expect(update?.changes.isEmpty == true)
        let nothing = try expansion.update([])
        #expect(nothing?.changes.isEmpty == true)
    }

    @Test mutating func whatTheProjectDoesNotNameIsPassedOver() throws {
        try project.write("", to: "other.txt")
        let update = try expansion.update(["other.txt", "absent.txt", "files/unsaved~"])
        #expect(update?.changes.isEmpty == true)
    }

    @Test mutating func filesThatComeOrGoAskForAWholeExpansion() throws {
        try project.write("new", to: "files/new.txt")
        try expectWhole(["files/new.txt"])
        try expand()
        try FileManager.default.removeItem(atPath: project.path + "/files/new.txt")
        try expectWhole(["files/new.txt"])
        try expand()
        try FileManager.default.removeItem(atPath: project.path + "/files/x.txt")
        try FileManager.default.createDirectory(atPath: project.path + "/files/x.txt", withIntermediateDirectories: false)
        try expectWhole(["files/x.txt"])
    }

    @Test mutating func symbolicLinksAskForAWholeExpansion() throws {
        try FileManager.default.createSymbolicLink(
            atPath: project.path + "/files/link.txt", withDestinationPath: "x.txt")
        try expand()
        try project.write("another x", to: "files/x.txt")
        try expectWhole(["files/x.txt"])
    }

    @Test mutating func aWrongModuleIsAnErrorAndLeavesTheInvoice() throws {
        let before = expansion.invoice
        try project.write("another x", to: "files/x.txt")
        try project.write("(module", to: "b.wat")
        do {
            _ = try expansion.update(["files/x.txt", "b.wat"])
            Issue.record("no error")
        } catch {
            #expect(error.file.hasSuffix("b.wat"))
        }
        #expect(expansion.invoice == before)
        try project.write("(module (func))", to: "b.wat")
        let update = try expansion.update(["files/x.txt", "b.wat"])
        #expect(update?.changes.count == 4)
        #expect(expansion.invoice == (try whole()))
    }

    @Test mutating func anUpdateIsKnownToTheNextExpansion() throws {
        try project.write("another y", to: "files/y.txt")
        _ = try expansion.update(["files/y.txt"])
        try expand()
        #expect(expansion.invoice == (try whole()))
    }

    @Test mutating func digestsOfBeforeSaveReading() throws {
        #expect(expansion.hasNewDigests)
        let digests = expansion.takeDigests()
        #expect(!expansion.hasNewDigests)
        var later = ProjectExpansion(digests: digests)
        #expect(try later.expand(Hippofacts(at: project.path)).invoice == whole())
        try project.write("another y", to: "files/y.txt")
        #expect(try later.expand(Hippofacts(at: project.path)).invoice == whole())
        #expect(later.hasNewDigests)
    }
}
