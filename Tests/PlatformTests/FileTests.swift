import Foundation
import Platform
import TestSupport
import Testing

@Suite("Files, directories and paths") struct FileTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path }

    init() throws { directory = try TemporaryDirectory() }

    @Test("A file is written with its permissions; in one step, if that is asked for") func writing() throws {
        try FileWriter.write("one", to: path + "/a", permissions: 0o600)
        #expect(try FileReader.bytes(of: path + "/a", limit: 10) == Array("one".utf8))
        #expect(FileStatus(path: path + "/a")?.permissions == 0o600)
        let before = FileStatus(path: path + "/a")?.id
        try FileWriter.write("2", to: path + "/a")
        #expect(FileStatus(path: path + "/a")?.id == before)
        #expect(FileStatus(path: path + "/a")?.size == 1)
        try FileWriter.write("three", to: path + "/a", atomically: true)
        #expect(FileStatus(path: path + "/a")?.id != before)
        #expect(try Directories.names(in: path) == ["a"])
    }

    @Test("What cannot be written is named, and leaves nothing", arguments: [false, true])
    func unwritable(atomically: Bool) throws {
        let error = #expect(throws: SystemError.self) {
            try FileWriter.write("text", to: path + "/none/a", atomically: atomically)
        }
        #expect(error?.description == "write \(path)/none/a: No such file or directory")
        try Directories.make(path + "/taken")
        #expect(throws: SystemError.self) { try FileWriter.write("text", to: path + "/taken", atomically: atomically) }
        #expect(try Directories.names(in: path) == ["taken"])
    }

    @Test("A directory's entries come with their kinds, without itself and its parent") func streaming() throws {
        try FileWriter.write("", to: path + "/.hidden")
        try Directories.make(path + "/folder")
        symlink("nowhere", path + "/link")
        mkfifo(path + "/pipe", 0o600)
        var found: [String: FileStatus.Kind] = [:]
        guard var stream = DirectoryStream(path) else {
            Issue.record("the directory cannot be read")
            return
        }
        while let entry = try stream.next() {
            let name = String(decoding: entry.name, as: UTF8.self)
            #expect(entry.terminatedName.last == 0)
            found[name] = entry.kind ?? FileStatus(linkAt: "\(path)/\(name)")?.kind
        }
        #expect(found == [".hidden": .regular, "folder": .directory, "link": .symbolicLink, "pipe": .other])
        if let _ = DirectoryStream(path + "/.hidden") { Issue.record("a file is no directory") }
    }

    @Test("Directories are made with those above them, and removed with all below them; links are not followed")
    func directories() throws {
        try Directories.make(path + "/a/b/c")
        try Directories.make(path + "/a/b")
        try FileWriter.write("", to: path + "/a/b/file")
        try Directories.make(path + "/kept")
        try FileWriter.write("", to: path + "/kept/file")
        symlink(path + "/kept", path + "/a/b/link")
        try Directories.removeTree(path + "/a")
        #expect(try Directories.names(in: path) == ["kept"])
        #expect(try Directories.names(in: path + "/kept") == ["file"])
        #expect(throws: SystemError.self) { try Directories.make(path + "/kept/file/below") }
    }

    @Test(
        "A path is made absolute by its text alone",
        arguments: [
            ("/a/b", "/a/b"), ("b", "/w/b"), ("../b", "/b"), ("/a/./b//c/", "/a/b/c"), ("/../..", "/"), ("", "/w"),
            ("/e\u{301}/../\u{E9}", "/\u{E9}"),
        ])
    func absolutePaths(given: String, absolute: String) {
        let made = FilePath.absolute(given, in: "/w")
        #expect(made == absolute && made.utf8.elementsEqual(absolute.utf8))
    }

    @Test("A path's name and parent") func names() {
        #expect(FilePath.name("/a/b.txt") == "b.txt")
        #expect(FilePath.name("/a/b/") == "b")
        #expect(FilePath.name("/") == "/")
        #expect(FilePath.parent("/a/b/../c") == "/a")
        #expect(FilePath.parent("/a") == "/")
        #expect(FilePath.parent("/") == "/")
        #expect(FilePath.parent("b") == FilePath.workingDirectory)
    }
}
