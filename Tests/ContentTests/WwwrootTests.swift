import Content
import Cryptography
import Testing

@Suite("A wwwroot")
struct WwwrootTests {
    private static func file(_ text: String, time: Int64 = 1) -> ContentFile {
        ContentFile(
            digest: SHA256.hash(text.utf8), size: text.utf8.count, mediaType: "text/plain", modificationTime: time)
    }

    private static func make(_ names: [String], time: Int64 = 1) throws -> Wwwroot {
        try Wwwroot(names.map { (path: try RelativePath($0), file: file($0, time: time)) })
    }

    private func names(_ wwwroot: Wwwroot, _ directory: Wwwroot.Directory, after cookie: UInt64 = 0) -> [String] {
        var names: [String] = []
        wwwroot.entries(of: directory, after: cookie) { name, _, _ in
            names.append(String(decoding: name, as: UTF8.self))
            return true
        }
        return names
    }

    @Test("An empty one has a root")
    func empty() throws {
        let wwwroot = try Self.make([])
        #expect(wwwroot.fileCount == 0)
        #expect(names(wwwroot, wwwroot.root).isEmpty)
        #expect(wwwroot.node(at: try RelativePath("a")) == nil)
    }

    @Test("Files and directories are found by their paths")
    func lookup() throws {
        let wwwroot = try Self.make(["a", "d/b", "d/e/c"])
        guard case .file(let file, _)? = wwwroot.node(at: try RelativePath("d/e/c")) else {
            Issue.record("d/e/c is no file")
            return
        }
        #expect(file == Self.file("d/e/c"))
        guard case .directory(let directory)? = wwwroot.node(at: try RelativePath("d/e")) else {
            Issue.record("d/e is no directory")
            return
        }
        #expect(names(wwwroot, directory) == ["c"])
        #expect(wwwroot.parent(of: wwwroot.parent(of: directory)) == wwwroot.root)
        #expect(wwwroot.parent(of: wwwroot.root) == wwwroot.root)
        for missing in ["b", "a/b", "d/e/c/f", "d/x"] { #expect(wwwroot.node(at: try RelativePath(missing)) == nil) }
    }

    @Test("A listing goes on after any cookie")
    func cookies() throws {
        let wwwroot = try Self.make(["b", "a", "c/x", "d"])
        var cookies: [UInt64] = []
        wwwroot.entries(of: wwwroot.root, after: 0) { _, _, cookie in
            cookies.append(cookie)
            return true
        }
        #expect(names(wwwroot, wwwroot.root) == ["a", "b", "c", "d"])
        #expect(names(wwwroot, wwwroot.root, after: cookies[1]) == ["c", "d"])
        #expect(names(wwwroot, wwwroot.root, after: cookies[3]).isEmpty)
        #expect(names(wwwroot, wwwroot.root, after: .max).isEmpty)
    }

    @Test("Names keep their inodes from revision to revision, and share none")
    func inodes() throws {
        let first = try Self.make(["a", "d/b"])
        let second = try first.applying([
            .init(try RelativePath("a"), Self.file("new")), .init(try RelativePath("0"), Self.file("0")),
        ])
        func inode(_ path: String, _ wwwroot: Wwwroot) throws -> UInt64? {
            wwwroot.node(at: try RelativePath(path))?.inode
        }
        for path in ["a", "d", "d/b"] { #expect(try inode(path, first) == inode(path, second)) }
        let all = try ["a", "d", "d/b", "0"].map { try inode($0, second) }
        #expect(Set(all + [second.root.inode]).count == 5)
    }

    @Test("Changes add, replace and remove")
    func changes() throws {
        let first = try Self.make(["a", "d/b", "d/e/c"])
        let second = try first.applying([
            .init(try RelativePath("a"), Self.file("new", time: 7)), .init(try RelativePath("d/e/c"), nil),
            .init(try RelativePath("f/g"), Self.file("g")),
        ])
        #expect(second.fileCount == 3)
        #expect(names(second, second.root) == ["a", "d", "f"])
        #expect(second.node(at: try RelativePath("d/e")) == nil)
        #expect(second.root.modificationTime == 7)
        #expect(names(first, first.root) == ["a", "d"])
    }

    @Test("A file may come where a directory was, and the other way round")
    func exchange() throws {
        let first = try Self.make(["a", "d/b"])
        let second = try first.applying([
            .init(try RelativePath("a"), nil), .init(try RelativePath("a/x"), Self.file("x")),
            .init(try RelativePath("d/b"), nil), .init(try RelativePath("d"), Self.file("d")),
        ])
        guard case .file? = second.node(at: try RelativePath("d")),
            case .file? = second.node(at: try RelativePath("a/x"))
        else {
            Issue.record("not exchanged")
            return
        }
    }

    @Test("One name cannot stand for two contents")
    func twoContents() throws {
        let path = try RelativePath("a")
        #expect(throws: WwwrootError.twoContents(path)) {
            try Wwwroot([(path: path, file: Self.file("1")), (path: path, file: Self.file("2"))])
        }
        #expect(try Wwwroot([(path: path, file: Self.file("1")), (path: path, file: Self.file("1"))]).fileCount == 1)
    }

    @Test("One name cannot stand for a file and for a directory")
    func fileIsDirectory() throws {
        for names in [["d", "d/a"], ["d/a", "d"], ["d/a", "d0", "d", "d/b/c"]] {
            #expect(throws: WwwrootError.fileIsDirectory(try RelativePath("d"))) { try Self.make(names) }
        }
        let wwwroot = try Self.make(["d/a"])
        #expect(throws: WwwrootError.fileIsDirectory(try RelativePath("d"))) {
            try wwwroot.applying([.init(try RelativePath("d"), Self.file("d"))])
        }
    }
}

@Suite("The cost of a wwwroot", .serialized)
struct WwwrootCostTests {
    @Test("A hundred thousand files: made at once, changed and looked up in microseconds")
    func cost() throws {
        let files = (0..<100_000).map { number in
            (
                path: RelativePath(validating: "directory\(number % 100)/page-\(number).html")!,
                file: ContentFile(
                    digest: SHA256.hash("\(number)".utf8), size: number, mediaType: "text/html", modificationTime: 1)
            )
        }
        let clock = ContinuousClock()
        var wwwroot: Wwwroot?
        let making = try clock.measure { wwwroot = try Wwwroot(files) }
        let flat = try clock.measure {
            _ = try Wwwroot(files.map { (path: RelativePath(validating: String($0.path.name))!, file: $0.file) })
        }
        var old = try #require(wwwroot)
        let lookups = clock.measure {
            for (path, file) in files {
                guard case .file(file, _)? = old.node(at: path) else { Issue.record("\(path)"); return }
            }
        }
        let changes = try clock.measure {
            for number in 0..<100 {
                var file = files[number].file
                file.size += 1
                old = try old.applying([.init(files[number].path, file)])
            }
        }
        let (base, changed) = old.descriptors
        var adopted: Wwwroot?
        let adopting = try clock.measure {
            adopted = try Wwwroot(adoptingBase: dup(base), changes: changed.map { dup($0) }, known: nil)
        }
        let again = try clock.measure {
            _ = try Wwwroot(adoptingBase: dup(base), changes: changed.map { dup($0) }, known: adopted)
        }
        let updating = try clock.measure { _ = try old.updated(to: files) }
        print(
            "made \(making), flat \(flat), a lookup \(lookups / 100_000), a change \(changes / 100), adopted \(adopting), "
                + "adopted again \(again), compared \(updating)")
        // Generous: machines are busy. What grows with the number of files where it must not is a hundred times more.
        #expect(changes / 100 < .milliseconds(10))
        #expect(again < .milliseconds(50))
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
