import Foundation
import TestSupport
import Testing

@testable import WASI

@Suite struct DirectoryTests {
    let directory: TemporaryDirectory
    let guest: Guest

    init() throws {
        directory = try TemporaryDirectory()
        guest = Guest(at: directory.path)
    }

    private struct Entry: Hashable {
        let next: UInt64
        let inode: UInt64
        let type: UInt8
        let name: String
    }

    /// Lists a directory as the C library does: with a buffer of a certain length, going on from the last whole entry.
    private func list(
        _ descriptor: UInt64 = 3, from start: UInt64 = 0, bufferLength: Int = 4_096, calls: Int = .max
    ) throws -> [Entry] {
        var entries: [Entry] = []
        var cookie = start
        for _ in 0..<min(calls, 10_000) {
            #expect(guest.call("fd_readdir", descriptor, 20_000, UInt64(bufferLength), cookie, 16) == .success)
            let used = Int(guest.u32(16))
            try #require(used <= bufferLength)
            var position = 20_000
            while position + 24 <= 20_000 + used {
                let length = Int(guest.u32(position + 16))
                guard position + 24 + length <= 20_000 + used else { break }
                entries.append(
                    Entry(
                        next: guest.u64(position), inode: guest.u64(position + 8), type: guest.u8(position + 20),
                        name: guest.string(position + 24, length)))
                cookie = guest.u64(position)
                position += 24 + length
            }
            if used < bufferLength { return entries }
        }
        return entries
    }

    @Test("A listing has all entries with types and inodes") func aListingHasAllEntriesWithTypesAndInodes() throws {
        try directory.write("x", to: "file")
        try directory.write("x", to: "folder/inner")
        #expect(guest.symbolicLink(to: "file", at: "link") == .success)
        let entries = try list()
        #expect(Set(entries.map(\.name)) == [".", "..", "file", "folder", "link"])
        let types = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.type) })
        #expect(types["file"] == FileType.regularFile.rawValue)
        #expect(types["folder"] == FileType.directory.rawValue)
        #expect(types["link"] == FileType.symbolicLink.rawValue)
        #expect(types["."] == FileType.directory.rawValue)
        #expect(guest.status("file") == .success)
        #expect(entries.first { $0.name == "file" }?.inode == guest.u64(264))
    }

    @Test("The parent of a preopen is not told") func theParentOfAPreopenIsNotTold() throws {
        let entries = try list()
        let inode = { (name: String) in entries.first { $0.name == name }?.inode }
        #expect(inode("..") == inode("."))
    }

    @Test("A listing in pieces is the same", arguments: [27, 32, 64, 100, 1_000])
    func aListingInPiecesIsTheSame(_ bufferLength: Int) throws {
        for index in 0..<40 { try directory.write("", to: "n\(index)") }
        let whole = try list()
        #expect(whole.count == 42)
        let pieces = try list(bufferLength: bufferLength)
        #expect(pieces == whole)
    }

    @Test("Every cookie leads back to its place") func everyCookieLeadsBackToItsPlace() throws {
        for index in 0..<30 { try directory.write("", to: "n\(index)") }
        let whole = try list()
        for (index, entry) in whole.enumerated().reversed() {
            #expect(try list(from: entry.next) == Array(whole[(index + 1)...]))
        }
        #expect(try list(from: 0) == whole)
    }

    /// C libraries keep positions in a `long`, which has 32 bits in a guest.
    @Test("Cookies are small") func cookiesAreSmall() throws {
        for index in 0..<30 { try directory.write("", to: "n\(index)") }
        #expect(try list().allSatisfy { $0.next <= 32 })
    }

    @Test("A cookie that was not given out yet is read up to") func aCookieThatWasNotGivenOutYetIsReadUpTo() throws {
        for index in 0..<30 { try directory.write("", to: "n\(index)") }
        let whole = try list()
        let other = try guest.open(".", flags: .directory, rights: .readDirectory)
        #expect(try list(other, from: whole[9].next) == Array(whole[10...]))
        #expect(try list(other, from: whole[4].next) == Array(whole[5...]))
    }

    @Test("Cookies stay good when entries go") func cookiesStayGoodWhenEntriesGo() throws {
        for index in 0..<30 { try directory.write("", to: "n\(index)") }
        let whole = try list()
        let middle = whole[15]
        for entry in whole[3..<10] where entry.name.hasPrefix("n") {
            #expect(guest.callPath("path_unlink_file", entry.name) == .success)
        }
        #expect(try list(from: middle.next) == Array(whole[16...]))
    }

    @Test("Starting again shows what is new") func startingAgainShowsWhatIsNew() throws {
        #expect(try list().count == 2)
        try directory.write("", to: "new")
        #expect(try list().map(\.name).sorted() == [".", "..", "new"])
    }

    @Test("Listings of one directory do not disturb each other") func listingsOfOneDirectoryDoNotDisturbEachOther()
        throws
    {
        for index in 0..<10 { try directory.write("", to: "n\(index)") }
        let other = try guest.open(".", flags: .directory, rights: .readDirectory)
        let whole = try list()
        _ = try list(other, bufferLength: 60, calls: 2)
        #expect(try list() == whole)
        #expect(try list(other).count == whole.count)
    }

    @Test("Any cookie is harmless") func anyCookieIsHarmless() throws {
        try directory.write("", to: "file")
        for cookie in [1, 12_345, UInt64(Int64.max), .max, 1 << 63] {
            _ = guest.call("fd_readdir", 3, 20_000, 1_000, cookie, 16)
        }
        #expect(try list().count == 3)
        #expect(guest.call("fd_readdir", 3, 65_000, 1_000, 0, 16) == .badAddress)
    }

    @Test("Making and removing directories") func makingAndRemovingDirectories() throws {
        #expect(guest.callPath("path_create_directory", "a") == .success)
        #expect(guest.callPath("path_create_directory", "a/b/") == .success)
        #expect(guest.callPath("path_create_directory", "a") == .fileExists)
        #expect(guest.callPath("path_create_directory", "x/y") == .noEntry)
        #expect(guest.callPath("path_remove_directory", "a") == .directoryNotEmpty)
        #expect(guest.callPath("path_unlink_file", "a") == .isDirectory)
        #expect(guest.callPath("path_remove_directory", "a/b") == .success)
        #expect(guest.callPath("path_remove_directory", "a/") == .success)
        #expect(guest.callPath("path_remove_directory", "a") == .noEntry)
        try directory.write("", to: "file")
        #expect(guest.callPath("path_remove_directory", "file") == .notDirectory)
        #expect(guest.callPath("path_unlink_file", "file/") == .notDirectory)
        #expect(guest.callPath("path_unlink_file", "file") == .success)
    }

    @Test("Renaming") func renaming() throws {
        try directory.write("1", to: "one")
        try directory.write("2", to: "two")
        #expect(guest.rename("one", "two") == .success)
        #expect(guest.status("one") == .noEntry)
        #expect(try guest.read(try guest.open("two")) == "1")
        #expect(guest.callPath("path_create_directory", "d") == .success)
        #expect(guest.rename("two", "d") == .isDirectory)
        #expect(guest.rename("two", "d/in") == .success)
        #expect(guest.rename("d", "d/in/x") == .notDirectory || guest.status("d/in") == .success)
        #expect(guest.rename("d", "e/") == .success)
        #expect(guest.status("e/in") == .success)
        #expect(guest.rename("none", "x") == .noEntry)
    }

    @Test("Linking gives a file a second name") func linkingGivesAFileASecondName() throws {
        try directory.write("1", to: "one")
        #expect(guest.link("one", "two") == .success)
        #expect(guest.status("two") == .success)
        #expect(guest.u64(280) == 2)
        #expect(guest.link("one", "two") == .fileExists)
        #expect(guest.callPath("path_create_directory", "d") == .success)
        #expect(guest.link("d", "e") == .operationNotPermitted)
        #expect(guest.link("one/", "e") == .notDirectory)

        #expect(guest.symbolicLink(to: "one", at: "symbolic") == .success)
        #expect(guest.link("symbolic", "itself") == .success)
        #expect(guest.status("itself", follow: false) == .success)
        #expect(guest.u8(272) == FileType.symbolicLink.rawValue)
        #expect(guest.link("symbolic", "target", follow: true) == .success)
        #expect(guest.status("target", follow: false) == .success)
        #expect(guest.u8(272) == FileType.regularFile.rawValue)
    }

    @Test("Symbolic links are read and followed as asked") func symbolicLinksAreReadAndFollowedAsAsked() throws {
        try directory.write("1", to: "d/one")
        #expect(guest.symbolicLink(to: "d/one", at: "link") == .success)
        #expect(guest.callPath("path_readlink", "link", 5_000, 100, 16) == .success)
        #expect(guest.string(5_000, Int(guest.u32(16))) == "d/one")
        #expect(guest.callPath("path_readlink", "link", 5_000, 3, 16) == .success)
        #expect(guest.u32(16) == 3)
        #expect(guest.callPath("path_readlink", "d", 5_000, 3, 16) == .invalidArgument)
        #expect(guest.callPath("path_readlink", "link/", 5_000, 3, 16) == .notDirectory)
        #expect(guest.symbolicLink(to: "d", at: "folder") == .success)
        #expect(guest.callPath("path_readlink", "folder/", 5_000, 3, 16) == .invalidArgument)
        #expect(try guest.read(try guest.open("link")) == "1")
        #expect(throws: ErrorNumber.tooManySymbolicLinks) { try guest.open("link", follow: false) }
        #expect(guest.symbolicLink(to: "x", at: "link") == .fileExists)
        #expect(guest.callPath("path_unlink_file", "link") == .success)
        #expect(guest.status("d/one") == .success)
    }
}
