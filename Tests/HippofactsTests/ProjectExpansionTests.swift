import Bindle
import Content
import Foundation
import Hippofacts
import TestSupport
import Testing

/// Paths of files, and of directories where they end in a slash.
func changed(_ paths: String...) throws -> Set<ChangedPath> {
    Set(
        try paths.map { path in
            try ChangedPath(
                RelativePath(path.hasSuffix("/") ? String(path.dropLast()) : path), isDirectory: path.hasSuffix("/"))
        })
}

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

    /// Expects the update to lead to what a whole expansion gives, and that its edits and sources do as well.
    @discardableResult
    private mutating func expectUpdate(
        _ paths: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ProjectExpansion.Update {
        var parcels = try Array(#require(expansion.invoice).parcels)
        let found = try expansion.update(Set(paths.flatMap { try changed($0) }))
        let update = try #require(found, sourceLocation: sourceLocation)
        #expect(expansion.invoice == (try whole()), sourceLocation: sourceLocation)
        for edit in update.edits.reversed() {
            #expect(Array(parcels[edit.old]) == edit.removed, sourceLocation: sourceLocation)
            parcels.replaceSubrange(edit.old, with: edit.inserted)
            for parcel in edit.inserted {
                #expect(update.sources[parcel.label] != nil, sourceLocation: sourceLocation)
            }
        }
        #expect(expansion.invoice.map { Array($0.parcels) } == parcels, sourceLocation: sourceLocation)
        return update
    }

    @Test("Changed files are taken in") mutating func changedFilesAreTakenIn() throws {
        try project.write("another x", to: "files/x.txt")
        try project.write("another binary", to: "bin/a.wasm")
        let update = try expectUpdate("files/x.txt", "bin/a.wasm")
        let labels = update.edits.flatMap(\.inserted).map(\.label)
        #expect(labels.map(\.name) == ["bin/a.wasm", "files/x.txt"])
        for label in labels {
            guard case .file(let path, _)? = update.sources[label] else {
                Issue.record("no source for \(label.name)")
                continue
            }
            #expect(path.hasSuffix("/" + label.name))
        }
    }

    @Test("A text module is assembled for all its routes and counts as a file too")
    mutating func aTextModuleIsAssembledForAllItsRoutesAndCountsAsAFileToo() throws {
        try project.write("(module (func))", to: "b.wat")
        let labels = try expectUpdate("b.wat").edits.flatMap(\.inserted).map(\.label)
        #expect(labels.count == 3 && Set(labels.map(\.sha256)).count == 2)
    }

    @Test("Same content changes nothing") mutating func sameContentChangesNothing() throws {
        try project.write("x.txt", to: "files/x.txt")
        #expect(try expectUpdate("files/x.txt").isEmpty)
        #expect(try expectUpdate().isEmpty)
    }

    @Test("What the project does not name is passed over") mutating func whatTheProjectDoesNotNameIsPassedOver() throws
    {
        try project.write("", to: "other.txt")
        #expect(try expectUpdate("other.txt", "absent.txt", "files/unsaved~", "absent/").isEmpty)
    }

    @Test("Files that come or go are taken in one by one")
    mutating func comingAndGoing() throws {
        try project.write("new", to: "files/new.txt")
        try project.write("first", to: "files/0.txt")
        var update = try expectUpdate("files/new.txt", "files/0.txt")
        #expect(update.edits.flatMap(\.inserted).map(\.label.name) == ["files/0.txt", "files/new.txt"])
        #expect(update.edits.allSatisfy { $0.removed.isEmpty && $0.old.isEmpty })
        try FileManager.default.removeItem(atPath: project.path + "/files/new.txt")
        update = try expectUpdate("files/new.txt")
        #expect(update.edits.map { $0.removed.map(\.label.name) } == [["files/new.txt"]])
        try FileManager.default.moveItem(atPath: project.path + "/files/x.txt", toPath: project.path + "/files/w.txt")
        try expectUpdate("files/x.txt", "files/w.txt")
        // A name that a handler's own pattern is the first to match, in a section of its own.
        try FileManager.default.moveItem(atPath: project.path + "/files/w.txt", toPath: project.path + "/files/x.txt")
        try expectUpdate("files/x.txt", "files/w.txt")
        try FileManager.default.removeItem(atPath: project.path + "/files/x.txt")
        try FileManager.default.createDirectory(
            atPath: project.path + "/files/x.txt", withIntermediateDirectories: false)
        try expectUpdate("files/x.txt")
    }

    @Test("A rename from one Unicode spelling to the other is a change")
    mutating func spellings() throws {
        try project.write("accent", to: "files/\u{E9}.txt")
        try expectUpdate("files/\u{E9}.txt")
        #expect(rename(project.path + "/files/\u{E9}.txt", project.path + "/files/e\u{301}.txt") == 0)
        let update = try expectUpdate("files/\u{E9}.txt", "files/e\u{301}.txt")
        #expect(update.edits.reduce(0) { $0 + $1.removed.count } == 1)
        try project.write("both", to: "files/\u{E9}.txt")
        try expectUpdate("files/\u{E9}.txt")
        #expect(expansion.invoice?.parcels.count { $0.label.name == "files/\u{E9}.txt" } == 2)
    }

    @Test("A directory is taken in, or out, with all that is in it")
    mutating func directories() throws {
        try write("files = [\"site/**\", \"site/*/first.txt\"]")
        try expand()
        for path in ["site/a/first.txt", "site/a/deep/x.txt", "site/a-b.txt", "site/b/first.txt"] {
            try project.write(path, to: path)
        }
        try expectUpdate("site/")
        try FileManager.default.moveItem(atPath: project.path + "/site/a", toPath: project.path + "/site/c")
        let update = try expectUpdate("site/a/", "site/c/", "site/c/first.txt")
        #expect(update.edits.reduce(0) { $0 + $1.inserted.count } == 2)
        try FileManager.default.removeItem(atPath: project.path + "/site")
        try expectUpdate("site/b/first.txt", "site/")
    }

    @Test("Warnings come and go with what they are about")
    mutating func warnings() throws {
        try write("files = [\"a/*\", \"b.txt\"]")
        let first = try expansion.expand(Hippofacts(at: project.path))
        #expect(first.warnings.map(\.message) == ["a/*", "b.txt"].map { "No files matched pattern \($0)" })
        try project.write("b", to: "b.txt")
        #expect(try expectUpdate("b.txt").warnings?.map(\.message) == ["No files matched pattern a/*"])
        try project.write("a", to: "a/1")
        #expect(try expectUpdate("a/1").warnings?.isEmpty == true)
        try project.write("a", to: "a/2")
        #expect(try expectUpdate("a/2").warnings == nil)
        let bad = Array("\(project.path)/a/".utf8) + [0xFF, 0]
        let descriptor = bad.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) }
        }
        close(descriptor)
        #expect(try expectUpdate("a/").warnings?.map(\.file) == ["\(project.path)/a/\\xFF"])
        try project.write("A=1", to: "a/.env")
        #expect(try expectUpdate("a/.env").warnings?.map(\.file).first == "\(project.path)/a/.env")
        try FileManager.default.removeItem(atPath: project.path + "/a")
        let left = try expectUpdate("a/").warnings
        #expect(left?.map(\.message) == ["No files matched pattern a/*"])
    }

    @Test("A symbolic link, and what lies behind it, is taken in under each name")
    mutating func links() throws {
        try write("files = [\"site/**\"]")
        for path in ["real/1.txt", "real/2.txt", "target.txt"] { try project.write(path, to: path) }
        try project.write("own", to: "site/own.txt")
        let site = project.path + "/site"
        try FileManager.default.createSymbolicLink(atPath: site + "/linked", withDestinationPath: "../real")
        try FileManager.default.createSymbolicLink(atPath: site + "/one.txt", withDestinationPath: "../target.txt")
        try expand()
        #expect(expansion.invoice?.parcels.count == 5)
        try project.write("other", to: "real/1.txt")
        try project.write("other target", to: "target.txt")
        #expect(try expectUpdate("site/linked/1.txt", "site/one.txt", "target.txt").edits.count == 2)
        try FileManager.default.removeItem(atPath: site + "/linked")
        try FileManager.default.createSymbolicLink(atPath: site + "/linked", withDestinationPath: "..")
        // It leads back, and to nothing but what is there already.
        try expectUpdate("site/linked/")
        try FileManager.default.removeItem(atPath: site + "/linked")
        try FileManager.default.createSymbolicLink(atPath: site + "/linked", withDestinationPath: "/etc")
        let update = try expansion.update(changed("site/linked"))
        #expect(update.map { _ in true } == nil)
        #expect(throws: HippofactsError.self) { try expand() }
    }

    @Test("Without its module, a project has to be looked at as a whole")
    mutating func modules() throws {
        for (path, given) in [("bin/a.wasm", "bin/a.wasm"), ("bin", "bin/")] {
            try FileManager.default.removeItem(atPath: project.path + "/" + path)
            let update = try expansion.update(changed(given))
            #expect(update.map { _ in true } == nil)
            try project.write("binary", to: "bin/a.wasm")
            try expand()
        }
    }

    private func write(_ files: String) throws {
        try project.write(
            """
            bindle = { name = "project", version = "1.0.0" }
            [[handler]]
            name = "bin/a.wasm"
            route = "/a"
            \(files)
            """, to: "HIPPOFACTS")
    }

    @Test("A wrong module is an error and leaves the invoice") mutating func aWrongModuleIsAnErrorAndLeavesTheInvoice()
        throws
    {
        let before = expansion.invoice
        try project.write("another x", to: "files/x.txt")
        try project.write("(module", to: "b.wat")
        let paths = try changed("files/x.txt", "b.wat")
        do {
            _ = try expansion.update(paths)
            Issue.record("no error")
        } catch {
            #expect(error.file.hasSuffix("b.wat"))
        }
        #expect(expansion.invoice == before)
        try project.write("(module (func))", to: "b.wat")
        let update = try expectUpdate("files/x.txt", "b.wat")
        #expect(update.edits.reduce(0) { $0 + $1.inserted.count } == 4)
    }

    @Test("An update is known to the next expansion") mutating func anUpdateIsKnownToTheNextExpansion() throws {
        try project.write("another y", to: "files/y.txt")
        try expectUpdate("files/y.txt")
        try expand()
        #expect(expansion.invoice == (try whole()))
    }

    @Test("Digests of before save reading") mutating func digestsOfBeforeSaveReading() throws {
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
