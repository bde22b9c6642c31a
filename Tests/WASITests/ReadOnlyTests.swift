import Foundation
import TestSupport
import Testing

@testable import WASI

@Suite struct ReadOnlyTests {
    let directory: TemporaryDirectory
    let guest: Guest

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("asset", to: "assets/file")
        try directory.write("", to: "assets/folder/inner")
        try directory.write("", to: "work/own")
        guest = Guest(
            WASIConfiguration(preopens: [
                Preopen(hostPath: directory.path + "/assets", guestPath: "/", access: .readOnly),
                Preopen(hostPath: directory.path + "/work", guestPath: "/work", access: .readWrite),
            ]))
    }

    @Test("Reading works") func readingWorks() throws {
        #expect(try guest.read(try guest.open("file")) == "asset")
        #expect(guest.status("folder/inner") == .success)
        #expect(throws: Never.self) { try guest.open("file", flags: .create) }
    }

    @Test("Opening for a change is refused") func openingForAChangeIsRefused() throws {
        #expect(throws: ErrorNumber.readOnlyFileSystem) { try guest.open("file", rights: [.read, .write]) }
        #expect(throws: ErrorNumber.readOnlyFileSystem) { try guest.open("file", flags: .truncate, rights: .read) }
        #expect(throws: ErrorNumber.readOnlyFileSystem) { try guest.open("new", flags: .create, rights: .read) }
        #expect(throws: ErrorNumber.readOnlyFileSystem) { try guest.open("new", flags: .create, rights: .write) }
        #expect(throws: ErrorNumber.fileExists) {
            try guest.open("file", flags: [.create, .exclusive], rights: .write)
        }
        #expect(throws: ErrorNumber.noEntry) { try guest.open("new", rights: .write) }
        #expect(throws: ErrorNumber.isDirectory) { try guest.open("folder", rights: .write) }
        #expect(try String(contentsOfFile: directory.path + "/assets/file", encoding: .utf8) == "asset")
    }

    @Test("Every change is refused") func everyChangeIsRefused() throws {
        for function in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
            #expect(guest.callPath(function, "folder") == .readOnlyFileSystem)
        }
        #expect(guest.symbolicLink(to: "file", at: "link") == .readOnlyFileSystem)
        #expect(guest.rename("file", "other") == .readOnlyFileSystem)
        #expect(guest.rename("file", "other", to: 4) == .readOnlyFileSystem)
        #expect(guest.rename("own", "other", from: 4) == .readOnlyFileSystem)
        #expect(guest.link("own", "other", from: 4) == .readOnlyFileSystem)
        guest.put("file", at: 1_024)
        #expect(guest.call("path_filestat_set_times", 3, 0, 1_024, 4, 0, 0, 4) == .readOnlyFileSystem)
        #expect(guest.call("fd_filestat_set_times", 3, 0, 0, 4) == .readOnlyFileSystem)
    }

    @Test("A file cannot be linked to where it could be written") func aFileCannotBeLinkedToWhereItCouldBeWritten() {
        #expect(guest.link("file", "file", from: 3, to: 4) == .readOnlyFileSystem)
    }

    @Test("What is opened below is read only too") func whatIsOpenedBelowIsReadOnlyToo() throws {
        let folder = try guest.open("folder", flags: .directory, rights: .applicableToDirectories, inheriting: .all)
        #expect(guest.callPath("path_unlink_file", "inner", in: folder) == .readOnlyFileSystem)
        #expect(throws: ErrorNumber.readOnlyFileSystem) {
            try guest.open("new", in: folder, flags: .create, rights: .write)
        }
        let file = try guest.open("inner", in: folder, rights: [.read, .setTimes])
        #expect(guest.call("fd_filestat_set_times", file, 0, 0, 4) == .readOnlyFileSystem)
        #expect(guest.call("fd_filestat_set_size", file, 9) == .invalidArgument)
    }

    @Test("Another preopen can still be written") func anotherPreopenCanStillBeWritten() throws {
        let file = try guest.open("new", in: 4, flags: .create, rights: .write)
        #expect(try guest.write("x", to: file) == 1)
    }
}
