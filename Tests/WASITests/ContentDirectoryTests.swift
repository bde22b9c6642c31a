import Testing

@testable import WASI

/// A guest's `/` that is a wwwroot.
@Suite struct ContentDirectoryTests {
    let content: ContentFixture
    let guest: Guest

    init() throws {
        content = try ContentFixture([
            "file": "0123456789", "empty": "", "a/b/c": "deep", "a/other": "other", "é": "composed",
            "e\u{301}": "decomposed", "line\nbreak \\": "odd",
        ])
        guest = Guest(content.readOnly)
    }

    @Test("files are read by paths in all their forms")
    func reading() throws {
        for path in ["file", "./file", "a/../file", "a/b/../../file", "a//..//file", "a/b/../.././file"] {
            #expect(try guest.text(of: path) == "0123456789", "\(path)")
        }
        #expect(try guest.text(of: "a/b/c") == "deep")
        #expect(try guest.text(of: "é") == "composed")
        #expect(try guest.text(of: "e\u{301}") == "decomposed")
        #expect(try guest.text(of: "line\nbreak \\") == "odd")
        #expect(try guest.text(of: "empty") == "")
    }

    @Test("paths fail as on a file system of the host")
    func failingPaths() throws {
        let expected: [(String, ErrorNumber)] = [
            ("none", .noEntry), ("none/x", .noEntry), ("none/..", .noEntry), ("file/", .notDirectory),
            ("file/x", .notDirectory), ("file/..", .notDirectory), ("file/.", .notDirectory),
            ("..", .operationNotPermitted), ("../file", .operationNotPermitted), ("/", .operationNotPermitted),
            ("/file", .operationNotPermitted), ("a/../../file", .operationNotPermitted), ("", .noEntry),
            (String(repeating: "n", count: 256), .nameTooLong), ("fil", .noEntry), ("file2", .noEntry), ("A", .noEntry),
        ]
        for (path, error) in expected {
            #expect(throws: error, "\(path)") { try guest.open(path) }
            #expect(guest.status(path) == error, "\(path)")
            #expect(guest.callPath("path_readlink", path, 5_000, 100, 16) == error, "\(path)")
        }
        for path in ["file", "a", "a/", "."] {
            #expect(guest.callPath("path_readlink", path, 5_000, 100, 16) == .invalidArgument, "\(path)")
        }
    }

    @Test("flags of opening mean what they mean on a read-only file system")
    func flags() throws {
        func opening(_ path: String, _ flags: OpenFlags, _ rights: Rights = .read) -> ErrorNumber {
            do throws(ErrorNumber) {
                _ = try guest.open(path, flags: flags, rights: rights)
                return .success
            } catch {
                return error
            }
        }
        #expect(opening("file", .create) == .success)
        #expect(opening("file", .exclusive) == .success)
        #expect(opening("file", [.create, .exclusive]) == .fileExists)
        #expect(opening("a", [.create, .exclusive]) == .fileExists)
        #expect(opening("file", .truncate) == .readOnlyFileSystem)
        #expect(opening("file", [], [.read, .write]) == .readOnlyFileSystem)
        #expect(opening("file", [], .write) == .readOnlyFileSystem)
        #expect(opening("new", .create, .write) == .readOnlyFileSystem)
        #expect(opening("none/new", .create, .write) == .noEntry)
        #expect(opening("file/new", .create, .write) == .notDirectory)
        #expect(opening("file", .directory) == .notDirectory)
        #expect(opening("a", .directory) == .success)
        #expect(opening("a/", []) == .success)
        #expect(opening("a", .create) == .isDirectory)
        #expect(opening("a", [], .write) == .isDirectory)
        #expect(opening(".", [], [.read, .write]) == .isDirectory)
        #expect(opening("a", [.directory, .truncate]) == .isDirectory)
        #expect(opening("new", [.create, .directory]) == .invalidArgument)
        #expect(opening("file", [], Rights.all.subtracting(.write)) == .success)
    }

    @Test("every change is EROFS")
    func changes() throws {
        for function in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
            for path in ["file", "a", "new"] { #expect(guest.callPath(function, path) == .readOnlyFileSystem) }
        }
        #expect(guest.symbolicLink(to: "file", at: "link") == .readOnlyFileSystem)
        #expect(guest.rename("file", "other") == .readOnlyFileSystem)
        #expect(guest.link("file", "other") == .readOnlyFileSystem)
        guest.put("file", at: 1_024)
        #expect(guest.call("path_filestat_set_times", 3, 0, 1_024, 4, 0, 0, 4) == .readOnlyFileSystem)
        #expect(guest.call("fd_filestat_set_times", 3, 0, 0, 4) == .readOnlyFileSystem)
        let file = try guest.open("file", rights: Rights.all.subtracting(.write))
        #expect(guest.call("fd_filestat_set_times", file, 0, 0, 4) == .readOnlyFileSystem)
        #expect(guest.call("fd_filestat_set_size", file, 1) == .readOnlyFileSystem)
        #expect(guest.call("fd_allocate", file, 0, 100) == .readOnlyFileSystem)
        #expect(throws: ErrorNumber.badDescriptor) { try guest.write("x", to: file) }
    }

    @Test("a directory below is a root of its own")
    func directoriesBelow() throws {
        let below = try guest.open("a", flags: .directory, rights: [], inheriting: [])
        #expect(try guest.text(of: "b/c", in: below) == "deep")
        #expect(try guest.text(of: "b/../other", in: below) == "other")
        #expect(throws: ErrorNumber.operationNotPermitted) { try guest.open("../file", in: below) }
    }

    @Test(
        "status has the size, the time and an inode that the listing has too, in both editions",
        arguments: Edition.allCases)
    fileprivate func status(_ edition: Edition) throws {
        let guest = Guest(content.readOnly, edition: edition)
        #expect(guest.status("file") == .success)
        let inode = guest.u64(264)
        let rest = edition == .preview1 ? 288 : 280
        #expect(guest.u8(272) == FileType.regularFile.rawValue)
        #expect(guest.u64(rest) == 10)
        for time in 1...3 { #expect(guest.u64(rest + 8 * time) == UInt64(ContentFixture.time)) }
        let file = try guest.open("file")
        #expect(guest.call("fd_filestat_get", file, 600) == .success)
        #expect(guest.bytes(600, 56) == guest.bytes(256, 56))
        #expect(try guest.list().first { $0.name == "file" }?.inode == inode)
        #expect(guest.status("a") == .success)
        #expect(guest.u8(272) == FileType.directory.rawValue)
        #expect(guest.status("a/../a/") == .success)
        #expect(Set(try guest.list().map(\.inode)).count == 7, "all but `.` and `..` have inodes of their own")
    }

    @Test(
        "a listing has all entries, in buffers of any size, and every cookie leads back to its place",
        arguments: [25, 40, 64, 4_096])
    func listing(_ bufferLength: Int) throws {
        let content = try ContentFixture((0..<100).map { ("n\($0)", "\($0)") } + [("folder/x", "")])
        let guest = Guest(content.readOnly)
        let whole = try guest.list()
        #expect(whole.map(\.name).prefix(2) == [".", ".."])
        #expect(Set(whole.map(\.name)) == Set((0..<100).map { "n\($0)" } + [".", "..", "folder"]))
        #expect(whole.count == 103)
        #expect(whole.first { $0.name == "folder" }?.type == FileType.directory.rawValue)
        #expect(whole.allSatisfy { $0.next < 1 << 31 })
        guard bufferLength >= 32 else {
            // There is no room for an entry whole: what there is of it is told.
            #expect(guest.call("fd_readdir", 3, 20_000, 25, 0, 16) == .success)
            #expect(guest.u32(16) == 25)
            return
        }
        #expect(try guest.list(bufferLength: bufferLength) == whole)
        for (index, entry) in whole.enumerated().reversed() {
            #expect(try guest.list(from: entry.next, bufferLength: bufferLength) == Array(whole[(index + 1)...]))
        }
        for cookie in [1_000, 1 << 40, .max, .max - 1] as [UInt64] {
            #expect(try guest.list(from: cookie).isEmpty)
        }
    }

    @Test("positions and positioned reads")
    func positions() throws {
        let file = try guest.open("file")
        guest.putBuffers([(5_000, 3), (0, 0), (6_000, 4)], at: 512)
        #expect(guest.call("fd_read", file, 512, 3, 16) == .success)
        #expect(guest.u32(16) == 7)
        #expect(guest.string(5_000, 3) + guest.string(6_000, 4) == "0123456")
        #expect(guest.call("fd_pread", file, 512, 3, 8, 16) == .success)
        #expect(guest.u32(16) == 2)
        #expect(guest.string(5_000, 2) == "89")
        #expect(guest.call("fd_tell", file, 100) == .success)
        #expect(guest.u64(100) == 7)
        #expect(guest.call("fd_seek", file, UInt64(bitPattern: -4), 2, 100) == .success)
        #expect(try guest.read(file) == "6789")
        #expect(try guest.read(file) == "")
        #expect(guest.call("fd_seek", file, 1_000, 0, 100) == .success)
        #expect(try guest.read(file) == "")
        #expect(guest.call("fd_seek", file, UInt64(bitPattern: -1), 0, 100) == .invalidArgument)
        #expect(guest.call("fd_seek", file, UInt64(Int64.max), 1, 100) == .invalidArgument)
        #expect(guest.call("fd_pread", file, 512, 1, .max, 16) == .invalidArgument)
        #expect(guest.call("fd_pread", file, 512, 1, UInt64(Int64.max), 16) == .success)
        #expect(guest.u32(16) == 0)
    }

    @Test("the other functions on descriptors")
    func descriptors() throws {
        let (file, other) = (try guest.open("file", descriptorFlags: .nonblocking), try guest.open("empty"))
        #expect(guest.call("fd_fdstat_get", file, 100) == .success)
        #expect(guest.u8(100) == FileType.regularFile.rawValue)
        #expect(guest.u16(102) == DescriptorFlags.nonblocking.rawValue)
        #expect(guest.call("fd_fdstat_set_flags", file, 1) == .success)
        for advice in 0...5 as ClosedRange<UInt64> { #expect(guest.call("fd_advise", file, 0, 10, advice) == .success) }
        #expect(guest.call("fd_advise", file, 0, 10, 6) == .invalidArgument)
        for function in ["fd_sync", "fd_datasync"] {
            #expect(guest.call(function, file) == .success)
            #expect(guest.call(function, 3) == .success)
        }
        #expect(guest.call("fd_renumber", file, other) == .success)
        #expect(try guest.read(other) == "0123456789")
        #expect(guest.call("fd_prestat_get", 3, 100) == .success)
        #expect(guest.call("fd_prestat_dir_name", 3, 200, 1) == .success)
        #expect(guest.string(200, 1) == "/")
        #expect(guest.call("fd_read", 3, 512, 1, 16) == .isDirectory)
    }

    @Test("a poll tells that a file is ready, and how much of it is left")
    func polling() throws {
        let file = try guest.open("file")
        _ = try guest.read(file, upTo: 4)
        guest.memory.store(UInt64(7), at: 8_192)
        guest.memory.store(UInt8(1), at: 8_200)
        guest.memory.store(UInt32(file), at: 8_208)
        #expect(guest.call("poll_oneoff", 8_192, 12_288, 1, 16) == .success)
        #expect(guest.u64(12_288) == 7)
        #expect(guest.u16(12_296) == 0)
        #expect(guest.u64(12_304) == 6)
    }

    @Test("what is open can be read though its content has gone, and what has gone is EIO")
    func goneContents() throws {
        let file = try guest.open("file")
        content.source.removeAll()
        #expect(try guest.read(file) == "0123456789")
        #expect(throws: ErrorNumber.inputOutput) { try guest.open("a/other") }
        #expect(guest.status("a/other") == .success)
    }

    @Test("links and renames between a wwwroot and a directory of the host are refused")
    func acrossFileSystems() throws {
        let layer = Preopen(layer: content.layer(), guestPath: "/l")
        let guest = Guest(WASIConfiguration(preopens: [content.readOnly, layer]))
        #expect(guest.rename("file", "other", from: 4, to: 3) == .crossDeviceLink)
        #expect(guest.link("file", "other", from: 4, to: 3) == .crossDeviceLink)
        #expect(guest.rename("file", "other", from: 3, to: 4) == .readOnlyFileSystem)
    }
}
