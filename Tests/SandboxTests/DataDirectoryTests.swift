import Foundation
import Platform
import TestSupport
import Testing

@testable import Sandbox

@Suite("The data directory") struct DataDirectoryTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func data(isOfProject: Bool = true) -> DataDirectory {
        DataDirectory(path: "\(directory.path)/data", isOfProject: isOfProject)
    }

    /// The number by which the file system knows the directory.
    private func inode() throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: data().path)[.systemFileNumber] as? Int
    }

    private func names() throws -> [String] {
        var names: [String] = []
        try DataWalk("\(directory.path)/data").forEach { names.append($0.path) }
        return names
    }

    @Test("What is saved is restored, and nothing else is there then") func saveAndRestore() throws {
        try directory.write("1", to: "data/a.txt")
        try directory.write("2", to: "data/deep/er/é b")
        let archive = "\(directory.path)/saved.tar.gz"
        #expect(try data().save(to: archive) == (2, []))
        try directory.write("3", to: "data/new")
        try directory.write("changed", to: "data/a.txt")
        let before = try inode()
        #expect(try data().restore(from: archive) == 2)
        #expect(try names() == ["a.txt", "deep", "deep/er", "deep/er/é b"])
        #expect(try String(contentsOfFile: "\(data().path)/a.txt", encoding: .utf8) == "1")
        // Processes that have it open see what was restored.
        #expect(try inode() == before)
        let usage = DirectoryUsage(of: data().path)
        #expect(usage.files == 2 && usage.length == 2 && usage.names == 4)
        #expect(usage.cost == 2 + 4 * DirectoryUsage.costOfName)
        try data().reset()
        #expect(try names() == [])
    }

    @Test("An archive that is damaged changes nothing") func damagedArchive() throws {
        try directory.write("1", to: "data/a.txt")
        let archive = "\(directory.path)/saved.tar.gz"
        _ = try data().save(to: archive)
        let bytes = try FileReader.bytes(of: archive, limit: 1 << 20)
        try directory.write("2", to: "data/a.txt")
        for length in stride(from: 0, to: bytes.count, by: 7) {
            try FileWriter.write(Array(bytes[..<length]), to: archive)
            #expect(throws: (any Error).self) { try data().restore(from: archive) }
        }
        #expect(try names() == ["a.txt"])
        #expect(try String(contentsOfFile: "\(data().path)/a.txt", encoding: .utf8) == "2")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["data", "saved.tar.gz"])
    }

    @Test("Links are neither saved nor followed") func links() throws {
        try directory.write("secret", to: "secret")
        try directory.write("1", to: "data/a.txt")
        try FileManager.default.createSymbolicLink(
            atPath: "\(data().path)/link", withDestinationPath: "\(directory.path)/secret")
        let saved = try data().save(to: "\(directory.path)/saved.tar.gz")
        #expect(saved.files == 1)
        #expect(saved.leftOut == ["link"])
        try data().reset()
        #expect(FileManager.default.fileExists(atPath: "\(directory.path)/secret"))
    }

    @Test("A project cannot bring a link to another place, and the command line can name one") func linkInPlace() throws
    {
        try directory.write("1", to: "elsewhere/a.txt")
        try FileManager.default.createSymbolicLink(
            atPath: data().path, withDestinationPath: "\(directory.path)/elsewhere")
        let error = #expect(throws: DataDirectory.Unusable.self) { try data().make() }
        #expect(error?.description.contains("is a symbolic link") == true)
        try data(isOfProject: false).make()
    }
}
