import Foundation
import TestSupport
import Testing

@testable import WASI

@Suite struct FileTests {
    let directory: TemporaryDirectory
    let guest: Guest

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("0123456789", to: "digits")
        guest = Guest(at: directory.path)
    }

    private func contents(_ name: String) throws -> String {
        try String(contentsOf: directory.url.appendingPathComponent(name), encoding: .utf8)
    }

    private static let writing: Rights = [
        .read, .write, .seek, .tell, .status, .setSize, .setTimes, .allocate, .advise, .sync, .dataSync,
    ]

    // MARK: Opening

    @Test("Creating and truncating") func creatingAndTruncating() throws {
        let file = try guest.open("new", flags: .create, rights: Self.writing)
        #expect(try guest.write("hello", to: file) == 5)
        #expect(try contents("new") == "hello")
        _ = try guest.open("new", flags: [.create, .truncate], rights: Self.writing)
        #expect(try contents("new") == "")
        #expect(throws: ErrorNumber.fileExists) {
            try guest.open("new", flags: [.create, .exclusive], rights: Self.writing)
        }
        #expect(throws: ErrorNumber.noEntry) { try guest.open("none") }
    }

    @Test("Opening a directory") func openingADirectory() throws {
        #expect(throws: ErrorNumber.notDirectory) { try guest.open("digits", flags: .directory) }
        #expect(throws: ErrorNumber.isDirectory) { try guest.open(".", rights: [.read, .write]) }
        #expect(throws: ErrorNumber.invalidArgument) { try guest.open("new", flags: [.create, .directory]) }
        #expect(guest.status("new") == .noEntry)
        #expect(throws: ErrorNumber.isDirectory) { try guest.open(".", rights: .write) }
        #expect(throws: ErrorNumber.isDirectory) { try guest.open(".", flags: .directory, rights: [.read, .write]) }
        // Rights that mean nothing on a directory are left out.
        let opened = try guest.open(".", flags: .directory, rights: [.read, .readDirectory, .allocate])
        #expect(guest.call("fd_fdstat_get", opened, 100) == .success)
        #expect(guest.u8(100) == FileType.directory.rawValue)
        #expect(Rights(rawValue: guest.u64(108)) == .readDirectory)
    }

    @Test("Unknown flags are refused") func unknownFlagsAreRefused() {
        guest.put("digits", at: 1_024)
        #expect(guest.call("path_open", 3, 2, 1_024, 6, 0, 2, 0, 0, 8) == .invalidArgument)
        #expect(guest.call("path_open", 3, 0, 1_024, 6, 16, 2, 0, 0, 8) == .invalidArgument)
        #expect(guest.call("path_open", 3, 0, 1_024, 6, 0, 2, 0, 32, 8) == .invalidArgument)
        // Nothing stays open when there is no room for the result.
        #expect(guest.call("path_open", 3, 0, 1_024, 6, 0, 2, 0, 0, 65_534) == .badAddress)
        #expect(guest.call("fd_close", 4) == .badDescriptor)
    }

    @Test("a file is open for reading, for writing or for both, as its rights say")
    func access() throws {
        let reader = try guest.open("digits", rights: .read)
        #expect(throws: ErrorNumber.badDescriptor) { try guest.write("x", to: reader) }
        #expect(guest.call("fd_filestat_set_size", reader, 0) == .invalidArgument)
        let writer = try guest.open("digits", rights: .write)
        #expect(throws: ErrorNumber.badDescriptor) { try guest.read(writer) }
        // Everything else is possible whatever the rights say.
        for file in [reader, writer] {
            #expect(guest.call("fd_seek", file, 1, 1, 100) == .success)
            #expect(guest.call("fd_tell", file, 100) == .success)
            #expect(guest.u64(100) == 1)
            #expect(guest.call("fd_filestat_get", file, 100) == .success)
            #expect(guest.call("fd_filestat_set_times", file, 0, 0, 4) == .success)
            #expect(guest.call("fd_advise", file, 0, 0, 0) == .success)
            #expect(guest.call("fd_sync", file) == .success)
            #expect(guest.call("fd_datasync", file) == .success)
            #expect(guest.call("fd_fdstat_set_flags", file, 4) == .success)
        }
        let neither = try guest.open("digits", rights: [])
        #expect(try guest.read(neither) == "0123456789")
    }

    /// Go asks for all but writing when it reads, those rights included that change a file.
    @Test("a file whose rights lack only the one to write is open for reading")
    func rightsThatGoAsksFor() throws {
        let guest = Guest(at: directory.path, access: .readOnly)
        let file = try guest.open("digits", rights: Rights.all.subtracting(.write), inheriting: .all)
        #expect(try guest.read(file) == "0123456789")
    }

    // MARK: Reading and writing

    @Test("Reads fill several buffers in order") func readsFillSeveralBuffersInOrder() throws {
        let file = try guest.open("digits")
        guest.putBuffers([(5_000, 3), (0, 0), (6_000, 4)], at: 512)
        #expect(guest.call("fd_read", file, 512, 3, 16) == .success)
        #expect(guest.u32(16) == 7)
        #expect(guest.string(5_000, 3) == "012")
        #expect(guest.string(6_000, 4) == "3456")
        #expect(try guest.read(file) == "789")
        #expect(try guest.read(file) == "")
    }

    @Test("Positioned transfers leave the position") func positionedTransfersLeaveThePosition() throws {
        let file = try guest.open("digits", rights: Self.writing)
        guest.putBuffers([(5_000, 3)], at: 512)
        #expect(guest.call("fd_pread", file, 512, 1, 4, 16) == .success)
        #expect(guest.string(5_000, 3) == "456")
        guest.put("abc", at: 5_000)
        #expect(guest.call("fd_pwrite", file, 512, 1, 8, 16) == .success)
        #expect(try contents("digits") == "01234567abc")
        #expect(try guest.read(file, upTo: 2) == "01")
        #expect(guest.call("fd_pread", file, 512, 1, UInt64(bitPattern: -1), 16) == .invalidArgument)
    }

    @Test("Appending writes at the end") func appendingWritesAtTheEnd() throws {
        let file = try guest.open("digits", descriptorFlags: .append, rights: Self.writing)
        #expect(guest.call("fd_seek", file, 2, 0, 100) == .success)
        #expect(try guest.write("ab", to: file) == 2)
        #expect(try contents("digits") == "0123456789ab")
    }

    @Test("Hostile buffer lists are refused") func hostileBufferListsAreRefused() throws {
        let file = try guest.open("digits", rights: Self.writing)
        #expect(guest.call("fd_read", file, 65_532, 1, 16) == .badAddress)
        #expect(guest.call("fd_read", file, 512, 0xFFFF_FFFF, 16) == .badAddress)
        #expect(guest.call("fd_write", file, 0xFFFF_FFF8, 1, 16) == .badAddress)
        guest.putBuffers([(65_535, 2)], at: 512)
        #expect(guest.call("fd_write", file, 512, 1, 16) == .badAddress)
        guest.putBuffers([(16, 0xFFFF_FFFF)], at: 512)
        #expect(guest.call("fd_read", file, 512, 1, 16) == .badAddress)
        guest.putBuffers([(16, 1)], at: 512)
        #expect(guest.call("fd_read", file, 512, 1, 65_533) == .badAddress)
        #expect(try guest.read(file, upTo: 1) == "0", "nothing was read by the calls that failed")
    }

    @Test("A list longer than the host takes is transferred in part")
    func aListLongerThanTheHostTakesIsTransferredInPart() throws {
        try directory.write(String(repeating: "x", count: 3_000), to: "long")
        let file = try guest.open("long")
        guest.putBuffers((0..<2_000).map { (UInt32(40_000 + $0), 1) }, at: 16_384)
        #expect(guest.call("fd_read", file, 16_384, 2_000, 16) == .success)
        #expect((1...2_000).contains(guest.u32(16)))
    }

    // MARK: Position and size

    @Test("Seeking from all three places") func seekingFromAllThreePlaces() throws {
        let file = try guest.open("digits")
        #expect(guest.call("fd_seek", file, 4, 0, 100) == .success)
        #expect(guest.u64(100) == 4)
        #expect(guest.call("fd_seek", file, UInt64(bitPattern: -1), 1, 100) == .success)
        #expect(guest.u64(100) == 3)
        #expect(guest.call("fd_seek", file, UInt64(bitPattern: -2), 2, 100) == .success)
        #expect(guest.u64(100) == 8)
        #expect(guest.call("fd_tell", file, 100) == .success)
        #expect(guest.u64(100) == 8)
        #expect(guest.call("fd_seek", file, UInt64(bitPattern: -20), 2, 100) == .invalidArgument)
        #expect(guest.call("fd_seek", file, 0, 3, 100) == .invalidArgument)
    }

    @Test("Sizes can be set and allocated") func sizesCanBeSetAndAllocated() throws {
        let file = try guest.open("digits", rights: Self.writing)
        #expect(guest.call("fd_filestat_set_size", file, 4) == .success)
        #expect(try contents("digits") == "0123")
        #expect(guest.call("fd_allocate", file, 2, 6) == .success)
        #expect(try contents("digits") == "0123\0\0\0\0")
        #expect(guest.call("fd_filestat_set_size", file, .max) == .invalidArgument)
        #expect(guest.call("fd_allocate", file, 0, 0) == .invalidArgument)
        #expect(guest.call("fd_allocate", file, 0, .max) == .invalidArgument)
    }

    @Test("Advice and synchronizing") func adviceAndSynchronizing() throws {
        let file = try guest.open("digits", rights: Self.writing)
        for advice in 0...5 as ClosedRange<UInt64> { #expect(guest.call("fd_advise", file, 0, 10, advice) == .success) }
        #expect(guest.call("fd_advise", file, 0, 10, 6) == .invalidArgument)
        #expect(guest.call("fd_advise", file, .max, 10, 0) == .invalidArgument)
        #expect(guest.call("fd_sync", file) == .success)
        #expect(guest.call("fd_datasync", file) == .success)
        #expect(guest.call("fd_sync", 3) == .success)
    }

    // MARK: Status and times

    @Test("Status in both editions") func statusInBothEditions() throws {
        let file = try guest.open("digits")
        #expect(guest.call("fd_filestat_get", file, 100) == .success)
        #expect(guest.u8(116) == FileType.regularFile.rawValue)
        #expect(guest.u64(124) == 1)
        #expect(guest.u64(132) == 10)
        #expect(guest.status("digits") == .success)
        #expect(guest.bytes(100, 64) == guest.bytes(256, 64))

        let old = Guest(at: directory.path, edition: .snapshot0)
        #expect(old.status("digits") == .success)
        #expect(old.bytes(256, 17) == guest.bytes(256, 17))
        #expect(old.u32(276) == 1)
        #expect(old.u64(280) == 10)
        #expect(old.bytes(280, 32) == guest.bytes(288, 32))
        #expect(old.bytes(312, 8).allSatisfy { $0 == 0 }, "the older structure is shorter")
    }

    @Test("The older edition numbers whence differently") func theOlderEditionNumbersWhenceDifferently() throws {
        let old = Guest(at: directory.path, edition: .snapshot0)
        let file = try old.open("digits")
        #expect(old.call("fd_seek", file, 4, 2, 100) == .success)
        #expect(old.u64(100) == 4)
        #expect(old.call("fd_seek", file, 1, 0, 100) == .success)
        #expect(old.u64(100) == 5)
        #expect(old.call("fd_seek", file, 0, 1, 100) == .success)
        #expect(old.u64(100) == 10)
    }

    @Test("Times are set as the flags say") func timesAreSetAsTheFlagsSay() throws {
        let file = try guest.open("digits", rights: Self.writing)
        let (access, modification): (UInt64, UInt64) = (1_000_000_007, 2_000_000_000_000_000_009)
        #expect(guest.call("fd_filestat_set_times", file, access, modification, 1 | 4) == .success)
        #expect(guest.call("fd_filestat_get", file, 100) == .success)
        #expect(guest.u64(140) == access)
        #expect(guest.u64(148) == modification)

        #expect(guest.call("fd_filestat_set_times", file, 5, 5, 2) == .success)
        #expect(guest.call("fd_filestat_get", file, 100) == .success)
        #expect(guest.u64(140) > 1_600_000_000_000_000_000)
        #expect(guest.u64(148) == modification)

        #expect(guest.call("fd_filestat_set_times", file, 0, 0, 3) == .invalidArgument)
        #expect(guest.call("fd_filestat_set_times", file, 0, 0, 12) == .invalidArgument)
        #expect(guest.call("fd_filestat_set_times", file, 0, 0, 16) == .invalidArgument)
    }

    @Test("Times of a path are those of the link or of its target") func timesOfAPathAreThoseOfTheLinkOrOfItsTarget()
        throws
    {
        #expect(guest.symbolicLink(to: "digits", at: "link") == .success)
        guest.put("link", at: 1_024)
        #expect(guest.call("path_filestat_set_times", 3, 1, 1_024, 4, 0, 3_000_000_000, 4) == .success)
        #expect(guest.call("path_filestat_set_times", 3, 0, 1_024, 4, 0, 4_000_000_000, 4) == .success)
        #expect(guest.status("link", follow: true) == .success)
        #expect(guest.u64(304) == 3_000_000_000)
        #expect(guest.status("link", follow: false) == .success)
        #expect(guest.u64(304) == 4_000_000_000)
        #expect(guest.call("fd_filestat_set_times", 3, 0, 5_000_000_000, 4) == .success)
        #expect(guest.status(".") == .success)
        #expect(guest.u64(304) == 5_000_000_000)
    }
}
