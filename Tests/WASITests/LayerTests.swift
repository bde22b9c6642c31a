import Testing

@testable import WASI

/// A guest's `/` that is a layer over a wwwroot.
@Suite struct LayerTests {
    let content: ContentFixture
    let layer: TransientLayer
    let guest: Guest

    init() throws {
        content = try ContentFixture(["file": "0123456789", "a/b/c": "deep", "a/other": "other", "d/only": "1"])
        layer = content.layer()
        guest = Guest(layer)
    }

    private func names(_ directory: UInt64 = 3) throws -> [String] {
        try guest.list(directory).map(\.name).filter { !$0.hasPrefix(".") }.sorted()
    }

    @Test("a layer begins as the wwwroot is, and looking changes nothing")
    func beginning() throws {
        let plain = Guest(content.readOnly)
        #expect(try guest.list() == plain.list())
        for path in ["file", "a", "a/b/c"] {
            #expect(guest.status(path) == .success)
            #expect(plain.status(path) == .success)
            #expect(guest.bytes(256, 64) == plain.bytes(256, 64), "\(path)")
        }
        #expect(try guest.text(of: "a/b/../b/c") == "deep")
        #expect(layer.usedBytes == 0)
        #expect(layer.lock.locked { layer.nodes.count } == 1, "what nobody uses is let go")
    }

    @Test("files are made, written over, truncated and appended to, and the wwwroot stays")
    func writing() throws {
        try guest.put("new", in: "a/new")
        #expect(try guest.text(of: "a/new") == "new")
        let file = try guest.open("file", rights: [.read, .write])
        #expect(guest.call("fd_seek", file, 8, 0, 100) == .success)
        #expect(try guest.write("abc", to: file) == 3)
        #expect(try guest.text(of: "file") == "01234567abc")
        let appending = try guest.open("file", descriptorFlags: .append, rights: .write)
        #expect(try guest.write("!", to: appending) == 1)
        #expect(guest.call("fd_seek", file, 0, 0, 100) == .success)
        #expect(try guest.read(file) == "01234567abc!", "all descriptors see the same file")
        #expect(guest.call("fd_filestat_set_size", file, 4) == .success)
        #expect(try guest.text(of: "file") == "0123")
        #expect(guest.call("fd_filestat_set_size", file, 6) == .success)
        #expect(try guest.text(of: "file") == "0123\0\0", "what was cut off does not come back")
        #expect(guest.call("fd_allocate", file, 4, 5) == .success)
        #expect(guest.status("file") == .success)
        #expect(guest.u64(288) == 9)
        try guest.put("", in: "file")
        #expect(try guest.text(of: "file") == "")
        #expect(try Guest(content.readOnly).text(of: "file") == "0123456789")
        #expect(throws: ErrorNumber.fileExists) {
            try guest.open("file", flags: [.create, .exclusive], rights: .write)
        }
        #expect(throws: ErrorNumber.isDirectory) { try guest.open("new/", flags: .create, rights: .write) }
        #expect(throws: ErrorNumber.noEntry) { try guest.open("none/new", flags: .create, rights: .write) }
    }

    @Test("descriptors do what they were opened for")
    func access() throws {
        let reader = try guest.open("file", rights: .read)
        #expect(throws: ErrorNumber.badDescriptor) { try guest.write("x", to: reader) }
        #expect(guest.call("fd_filestat_set_size", reader, 1) == .invalidArgument)
        #expect(guest.call("fd_allocate", reader, 0, 1) == .badDescriptor)
        let writer = try guest.open("file", rights: .write)
        #expect(throws: ErrorNumber.badDescriptor) { try guest.read(writer) }
        // As on hosts, whoever has a file open can set its times.
        #expect(guest.call("fd_filestat_set_times", reader, 0, 5_000, 4) == .success)
        #expect(guest.status("file") == .success)
        #expect(guest.u64(304) == 5_000)
    }

    @Test("a write far beyond the end leaves zeros before it, which take no room")
    func sparseFiles() throws {
        let file = try guest.open("sparse", flags: .create, rights: [.read, .write])
        guest.put("end", at: 16_384)
        guest.putBuffers([(16_384, 3)], at: 512)
        #expect(guest.call("fd_pwrite", file, 512, 1, 1 << 40, 16) == .success)
        #expect(guest.call("fd_filestat_get", file, 256) == .success)
        #expect(guest.u64(288) == 1 << 40 + 3)
        #expect(layer.usedBytes < 10_000)
        guest.putBuffers([(20_000, 5)], at: 512)
        #expect(guest.call("fd_pread", file, 512, 1, 1 << 40 - 2, 16) == .success)
        #expect(guest.string(20_000, 5) == "\0\0end")
        #expect(guest.call("fd_pwrite", file, 512, 1, UInt64(Int64.max), 16) == .fileTooLarge)
        #expect(guest.call("fd_filestat_set_size", file, UInt64(Int64.max)) == .fileTooLarge)
        #expect(guest.call("fd_allocate", file, 0, 1 << 40) == .noSpace)
        #expect(guest.call("fd_allocate", file, UInt64(Int64.max), UInt64(Int64.max)) == .fileTooLarge)
    }

    @Test("names are removed and stay removed, and who has a file open goes on")
    func removing() throws {
        let open = try guest.open("file", rights: [.read, .write])
        #expect(guest.callPath("path_unlink_file", "file") == .success)
        #expect(guest.status("file") == .noEntry)
        #expect(guest.callPath("path_unlink_file", "file") == .noEntry)
        #expect(try names() == ["a", "d"])
        #expect(try guest.read(open) == "0123456789")
        #expect(try guest.write("more", to: open) == 4)
        #expect(guest.call("fd_filestat_get", open, 256) == .success)
        #expect(guest.u64(280) == 0, "it has no name")
        #expect(guest.u64(288) == 14)
        try guest.put("another", in: "file")
        #expect(try guest.text(of: "file") == "another")
        #expect(guest.call("fd_seek", open, 0, 0, 100) == .success)
        #expect(try guest.read(open) == "0123456789more")
        let used = layer.usedBytes
        #expect(guest.call("fd_close", open) == .success)
        #expect(layer.usedBytes < used)
        #expect(guest.callPath("path_unlink_file", "a/b") == .isDirectory)
        #expect(guest.callPath("path_unlink_file", "a/other/") == .notDirectory)
        #expect(guest.callPath("path_unlink_file", ".") == .isDirectory)
    }

    @Test("directories are made and removed when nothing shows in them")
    func directories() throws {
        #expect(guest.callPath("path_create_directory", "new") == .success)
        #expect(guest.callPath("path_create_directory", "new/") == .fileExists)
        #expect(guest.callPath("path_create_directory", "a") == .fileExists)
        #expect(guest.callPath("path_create_directory", ".") == .fileExists)
        #expect(guest.callPath("path_create_directory", "new/inner/") == .success)
        #expect(guest.callPath("path_create_directory", "none/x") == .noEntry)
        #expect(guest.callPath("path_create_directory", "file/x") == .notDirectory)
        #expect(guest.callPath("path_remove_directory", "new") == .directoryNotEmpty)
        #expect(guest.callPath("path_remove_directory", "new/inner") == .success)
        #expect(guest.callPath("path_remove_directory", "new") == .success)
        #expect(guest.callPath("path_remove_directory", "file") == .notDirectory)
        #expect(guest.callPath("path_remove_directory", "d") == .directoryNotEmpty)
        #expect(guest.callPath("path_remove_directory", "d/.") == .invalidArgument)
        #expect(guest.callPath("path_remove_directory", "d/..") == .directoryNotEmpty)
        #expect(guest.callPath("path_unlink_file", "d/only") == .success)
        let open = try guest.open("d", flags: .directory)
        #expect(guest.callPath("path_remove_directory", "d") == .success)
        #expect(guest.status("d") == .noEntry)
        #expect(try guest.list(open).isEmpty)
        #expect(throws: ErrorNumber.noEntry) { try guest.open("x", in: open, flags: .create, rights: .write) }
        #expect(guest.callPath("path_create_directory", "x", in: open) == .noEntry)
        #expect(guest.callPath("path_create_directory", "d") == .success)
        #expect(guest.status("d/only") == .noEntry, "what was below the old one does not show through")
        #expect(try names() == ["a", "d", "file"])
    }

    @Test("files and directories are renamed, over what is there too")
    func renaming() throws {
        #expect(guest.rename("file", "a/moved") == .success)
        #expect(guest.status("file") == .noEntry)
        #expect(try guest.text(of: "a/moved") == "0123456789")
        #expect(guest.rename("a/moved", "a/other") == .success)
        #expect(try guest.text(of: "a/other") == "0123456789")
        #expect(guest.rename("a", "z/") == .success)
        #expect(try guest.text(of: "z/b/c") == "deep")
        #expect(guest.status("a/b/c") == .noEntry)
        try guest.put("changed", in: "z/b/c")
        #expect(guest.rename("z/b", "b") == .success)
        #expect(try guest.text(of: "b/c") == "changed")
        #expect(guest.rename("b", "d") == .directoryNotEmpty)
        #expect(guest.rename("b", "d/only") == .notDirectory)
        #expect(guest.rename("d/only", "b") == .isDirectory)
        #expect(guest.rename("b", "b/x") == .invalidArgument)
        #expect(guest.rename("z", "z") == .success)
        #expect(guest.rename("d/only", "none/x") == .noEntry)
        #expect(guest.rename("none", "x") == .noEntry)
        #expect(guest.rename("d/only", "x/") == .notDirectory)
        #expect(guest.rename("d/only/", "x") == .notDirectory)
        #expect(guest.rename(".", "x") == .busy)
        #expect(guest.rename("d/only", ".") == .busy)
        #expect(guest.callPath("path_create_directory", "empty") == .success)
        #expect(guest.rename("b", "empty") == .success)
        #expect(try names() == ["d", "empty", "z"])
        #expect(try guest.text(of: "empty/c") == "changed")
    }

    @Test("a directory that is opened and renamed stays the same directory")
    func renamingWhatIsOpen() throws {
        let open = try guest.open("a", flags: .directory)
        #expect(guest.rename("a", "moved") == .success)
        let file = try guest.open("new", in: open, flags: .create, rights: .write)
        #expect(try guest.write("x", to: file) == 1)
        #expect(try guest.text(of: "moved/new") == "x")
        #expect(guest.rename("moved", "moved/b/x") == .invalidArgument)
    }

    @Test("a file has several names, whose status is the same")
    func links() throws {
        #expect(guest.link("file", "a/second") == .success)
        #expect(guest.status("a/second") == .success)
        #expect(guest.u64(280) == 2)
        let second = guest.bytes(256, 64)
        #expect(guest.status("file") == .success)
        #expect(guest.bytes(256, 64) == second)
        try guest.put("shared", in: "file")
        #expect(try guest.text(of: "a/second") == "shared")
        #expect(guest.rename("file", "a/second") == .success, "two names of one file stay")
        #expect(guest.status("file") == .success)
        #expect(guest.callPath("path_unlink_file", "file") == .success)
        #expect(try guest.text(of: "a/second") == "shared")
        #expect(guest.link("a/second", "a/other") == .fileExists)
        #expect(guest.link("a", "x") == .operationNotPermitted)
        #expect(guest.link("none", "x") == .noEntry)
        #expect(guest.link("a/second/", "x") == .notDirectory)
    }

    @Test("symbolic links are read and followed as asked, and never out of the preopen")
    func symbolicLinks() throws {
        #expect(guest.symbolicLink(to: "a/../file", at: "link") == .success)
        #expect(try guest.text(of: "link") == "0123456789")
        #expect(throws: ErrorNumber.tooManySymbolicLinks) { try guest.open("link", follow: false) }
        #expect(guest.status("link", follow: false) == .success)
        #expect(guest.u8(272) == FileType.symbolicLink.rawValue)
        #expect(guest.u64(288) == 9)
        #expect(guest.callPath("path_readlink", "link", 5_000, 100, 16) == .success)
        #expect(guest.string(5_000, Int(guest.u32(16))) == "a/../file")
        #expect(guest.symbolicLink(to: "/file", at: "x") == .operationNotPermitted)
        #expect(guest.symbolicLink(to: "../file", at: "up") == .success)
        #expect(guest.status("up") == .operationNotPermitted)
        #expect(guest.symbolicLink(to: "loop", at: "loop") == .success)
        #expect(guest.status("loop") == .tooManySymbolicLinks)
        #expect(guest.symbolicLink(to: "a", at: "folder") == .success)
        #expect(try guest.text(of: "folder/b/c") == "deep")
        #expect(guest.callPath("path_remove_directory", "folder") == .notDirectory)
        #expect(guest.symbolicLink(to: "made", at: "dangling") == .success)
        #expect(throws: ErrorNumber.fileExists) {
            try guest.open("dangling", flags: [.create, .exclusive], rights: .write)
        }
        _ = try guest.open("dangling", flags: .create, rights: .write)
        #expect(guest.status("made", follow: false) == .success)
        #expect(guest.callPath("path_unlink_file", "link") == .success)
        #expect(guest.status("file") == .success)
    }

    @Test(
        "every name that is there all the time is listed once, whatever comes and goes meanwhile",
        arguments: [40, 100, 600])
    func listingMeanwhile(_ bufferLength: Int) throws {
        let content = try ContentFixture((0..<60).map { ("base\($0)", "\($0)") })
        let guest = Guest(content.layer())
        for index in 0..<60 { try guest.put("", in: "added\(index)") }
        try guest.put("changed", in: "base7")
        #expect(guest.callPath("path_unlink_file", "base8") == .success)
        var round = 0
        let listed = try guest.list(bufferLength: bufferLength) {
            // Each round removes one name that was there and makes one.
            let name = round % 2 == 0 ? "base\(round + 20)" : "added\(round + 20)"
            if round + 20 < 60 { _ = guest.callPath("path_unlink_file", name) }
            _ = try? guest.put("", in: "fresh\(round)")
            if guest.rename("base9", "base9x") != .success { _ = guest.rename("base9x", "base9") }
            round += 1
        }
        let names = listed.map(\.name)
        #expect(Set(names).count == names.count, "nothing twice")
        let stayed = (0..<20).flatMap { ["base\($0)", "added\($0)"] }.filter { $0 != "base8" && $0 != "base9" }
        #expect(Set(stayed).isSubset(of: Set(names)))
        #expect(!names.contains("base8"))
        #expect(listed.allSatisfy { $0.next < 1 << 31 })
    }

    @Test("cookies stay good when names are removed and added by the thousand")
    func cookiesAfterManyChanges() throws {
        for index in 0..<50 { try guest.put("", in: "d/n\(index)") }
        let directory = try guest.open("d", flags: .directory)
        let whole = try guest.list(directory)
        for index in 0..<2_000 {
            try guest.put("", in: "d/passing\(index)")
            #expect(guest.callPath("path_unlink_file", "d/passing\(index)") == .success)
        }
        #expect(try guest.list(directory) == whole)
        for (index, entry) in whole.enumerated() {
            #expect(try guest.list(directory, from: entry.next) == Array(whole[(index + 1)...]))
        }
    }

    @Test("times change with the contents, and are set as asked")
    func times() throws {
        #expect(guest.status("a") == .success)
        #expect(guest.u64(304) == UInt64(ContentFixture.time))
        try guest.put("x", in: "a/new")
        #expect(guest.status("a") == .success)
        #expect(guest.u64(304) > UInt64(ContentFixture.time))
        guest.put("a/b", at: 1_024)
        #expect(guest.call("path_filestat_set_times", 3, 0, 1_024, 3, 1_000, 2_000, 5) == .success)
        #expect(guest.status("a/b") == .success)
        #expect([guest.u64(296), guest.u64(304)] == [1_000, 2_000])
        guest.put("none", at: 1_024)
        #expect(guest.call("path_filestat_set_times", 3, 0, 1_024, 4, 0, 0, 5) == .noEntry)
    }

    @Test("two layers over one wwwroot know nothing of each other")
    func twoLayers() throws {
        try guest.put("mine", in: "file")
        #expect(guest.callPath("path_unlink_file", "a/other") == .success)
        let other = Guest(content.layer())
        #expect(try other.text(of: "file") == "0123456789")
        #expect(try other.text(of: "a/other") == "other")
        let same = Guest(layer)
        #expect(try same.text(of: "file") == "mine")
    }

    // MARK: Limits

    @Test("a full layer is ENOSPC, and removing makes room again")
    func fullLayer() throws {
        let guest = Guest(content.layer(.init(bytes: 100_000)))
        let file = try guest.open("big", flags: .create, rights: [.read, .write])
        var written = 0
        let chunk = String(repeating: "x", count: 10_000)
        #expect(throws: ErrorNumber.noSpace) {
            while true {
                let count = try guest.write(chunk, to: file)
                #expect(count > 0)
                written += count
            }
        }
        #expect((80_000..<100_000).contains(written), "a write that does not fit is done in part: \(written)")
        #expect(guest.status("big") == .success)
        #expect(guest.u64(288) == UInt64(written))
        #expect(guest.callPath("path_unlink_file", "a/b/c") == .success, "removing works on a full disk")
        #expect(guest.callPath("path_remove_directory", "a/b") == .success)
        #expect(guest.callPath("path_unlink_file", "big") == .success)
        #expect(throws: ErrorNumber.noSpace, "it is open still") { _ = try guest.put(chunk, in: "other") }
        #expect(guest.call("fd_close", file) == .success)
        try guest.put(chunk, in: "other")
        #expect(try guest.text(of: "other") == chunk)
    }

    @Test("names are bounded, too")
    func manyNames() throws {
        let layer = content.layer(.init(bytes: 1 << 20, entries: 50))
        let guest = Guest(layer)
        var count = 0
        while guest.callPath("path_create_directory", "n\(count)") == .success { count += 1 }
        #expect((40...50).contains(count))
        #expect(guest.callPath("path_create_directory", "x") == .noSpace)
        #expect(guest.symbolicLink(to: "file", at: "x") == .noSpace)
        #expect(guest.link("file", "x") == .noSpace)
        #expect(guest.rename("file", "x") == .noSpace)
        #expect(throws: ErrorNumber.noSpace) { try guest.open("file", rights: .write) }
        #expect(try guest.text(of: "file") == "0123456789")
        for index in 0..<count { #expect(guest.callPath("path_remove_directory", "n\(index)") == .success) }
        #expect(layer.usedBytes <= 2 * TransientLayer.entryCost)
        #expect(guest.rename("file", "x") == .success)
    }

    @Test("directories as deep as there is room for end without a trap")
    func deepDirectories() throws {
        let layer = content.layer(.init(bytes: 64 << 20, entries: 30_000))
        var guest: Guest? = Guest(WASIConfiguration(preopens: [Preopen(layer: layer, guestPath: "/")]))
        var current: UInt64 = 3
        var depth = 0
        while let guest, guest.callPath("path_create_directory", "deep", in: current) == .success {
            let next = try guest.open("deep", in: current, flags: .directory)
            if current != 3 { #expect(guest.call("fd_close", current) == .success) }
            current = next
            depth += 1
        }
        #expect(depth > 20_000)
        guest = nil
    }
}
