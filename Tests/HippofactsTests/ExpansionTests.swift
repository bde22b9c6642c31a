import Bindle
import Content
import Foundation
import Hippofacts
import Platform
import Synchronization
import TestSupport
import Testing

/// What an expansion finds, refuses and remembers.
struct ExpansionTests {
    private let project: TemporaryDirectory

    init() throws {
        project = try TemporaryDirectory()
        try project.write("binary", to: "bin/a.wasm")
    }

    // MARK: Files

    @Test("Patterns reach what they name and nothing else") func patternsReachWhatTheyNameAndNothingElse() throws {
        for path in [
            "a.txt", "b.txt", "c.md", "dir/a.txt", "dir/sub/deep/a.txt", ".hidden.txt", ".git/a.txt", "dir/.git/a.txt",
            ".hippo/a.txt", "dir/[x].txt",
        ] { try project.write(path, to: path) }
        #expect(try names("*.txt") == [".hidden.txt", "a.txt", "b.txt"])
        #expect(try names("?.*") == ["a.txt", "b.txt", "c.md"])
        #expect(try names("[!a].txt") == ["b.txt"])
        #expect(try names("**/a.txt") == ["a.txt", "dir/a.txt", "dir/sub/deep/a.txt"])
        #expect(try names("dir/**") == ["dir/[x].txt", "dir/a.txt", "dir/sub/deep/a.txt"])
        #expect(try names("dir/[[]x[]].txt") == ["dir/[x].txt"])
        #expect(try names("dir") == [])
        #expect(try names(".git/*", "**/.git/*", ".hippo/a.txt") == [])
        #expect(try names("c.md", "dir/a.txt", "*.txt") == ["c.md", "dir/a.txt", ".hidden.txt", "a.txt", "b.txt"])
    }

    @Test("Only directories that patterns reach are entered") func onlyDirectoriesThatPatternsReachAreEntered() throws {
        for path in ["a/x.txt", "b/x.txt", "a/deep/x.txt", "node_modules/m/x.txt"] { try project.write("", to: path) }
        #expect(try expand(files: ["a/*.txt"]).directories == ["", "a"])
        #expect(try expand(files: ["a/x.txt"]).directories == ["", "a"])
        #expect(try expand(files: ["*/*.txt"]).directories.sorted() == ["", "a", "b", "bin", "node_modules"])
        #expect(try expand(files: []).directories == [])
    }

    @Test("The dependencies say which changes matter") func theDependenciesSayWhichChangesMatter() throws {
        try project.write(facts(files: ["assets/**/*.css", "index.html"]), to: "HIPPOFACTS")
        let dependencies = try Hippofacts(at: project.path).dependencies
        for path in ["HIPPOFACTS", "bin/a.wasm", "assets/a.css", "assets/x/y.css", "index.html"] {
            #expect(try dependencies.contain(RelativePath(path)), "\(path)")
        }
        for path in ["bin/b.wasm", "assets/a.js", "x/index.html", "assets/.git/a.css"] {
            #expect(try !dependencies.contain(RelativePath(path)), "\(path)")
        }
        #expect(dependencies.reach(nil))
        for path in ["bin", "assets/x"] { #expect(try dependencies.reach(RelativePath(path))) }
        for path in ["source", "assets/.git"] { #expect(try !dependencies.reach(RelativePath(path))) }
    }

    @Test("Two handlers of one module share its group") func twoHandlersOfOneModuleShareItsGroup() throws {
        try project.write("1", to: "1.txt")
        try project.write("2", to: "2.txt")
        let handler = "\n[[handler]]\nname = \"bin/a.wasm\"\nroute = \"/other\"\nfiles = [\"2.txt\"]"
        try project.write(facts(files: ["1.txt"]) + handler, to: "HIPPOFACTS")
        let invoice = try expand().invoice
        #expect(invoice.groups.map(\.name) == ["bin/a.wasm-files"])
        #expect(invoice.parcels.map(\.label.name) == ["bin/a.wasm", "bin/a.wasm", "1.txt", "2.txt"])
    }

    @Test("A route without a slash is warned of") func aRouteWithoutASlashIsWarnedOf() throws {
        let text = facts(files: []).replacingOccurrences(of: "\"/\"", with: "\"x\"")
        try project.write(text, to: "HIPPOFACTS")
        #expect(
            try expand().warnings.map(\.message) == ["The route 'x' matches no request: it does not begin with '/'"])
    }

    @Test(
        "A route that no request can have is warned of",
        arguments: [
            (["/a", "/a"], "another handler above has it"), (["/...", "/a"], "'/...' above takes all of them"),
            (["/a/...", "/a/b/..."], "'/a/...' above takes all of them"),
            (["/a/...", "/a"], "'/a/...' above takes all of them"), (["/healthz"], "the server answers it itself"),
            (["/a", "/a/..."], nil), (["/a/...", "/ab"], nil), (["/a/b", "/..."], nil),
            (["/a?b"], "a path ends before '?'"), (["/a#b/..."], "a path ends before '#'"),
            (["/a b"], "clients write '/a b' as '/a%20b'"), (["/ü/..."], "clients write '/ü' as '/%C3%BC'"),
            (["/a%20b", "/[x]{y}"], nil),
        ] as [([String], String?)])
    func aRouteThatNoRequestCanHaveIsWarnedOf(routes: [String], problem: String?) throws {
        let handlers = routes.map { "[[handler]]\nname = \"bin/a.wasm\"\nroute = \"\($0)\"\n" }.joined()
        try project.write("[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n" + handlers, to: "HIPPOFACTS")
        let warnings = try expand().warnings.map(\.message)
        #expect(warnings == (problem.map { ["The route '\(routes.last!)' matches no request: \($0)"] } ?? []))
    }

    // MARK: Modules

    @Test("A module that does not exist is an error naming it") func aModuleThatDoesNotExistIsAnErrorNamingIt() throws {
        try FileManager.default.removeItem(at: project.url.appendingPathComponent("bin/a.wasm"))
        let error = try #require(throws: HippofactsError.self) { try expand(files: []) }
        #expect(error.message == "the module 'bin/a.wasm' does not exist")
        #expect(error.position?.line == 5)
        #expect(error.file == "\(project.path)/HIPPOFACTS")
    }

    @Test(
        "Of a module that does not exist it is said what makes it",
        arguments: [
            (.notRun(command: "make"), "does not exist; run the build command first: make"),
            (.hasRun(command: "make"), "does not exist, though the build command was run: make"),
        ] as [(ModuleBuild, String)])
    func ofAModuleThatDoesNotExistItIsSaidWhatMakesIt(build: ModuleBuild, problem: String) throws {
        try FileManager.default.removeItem(at: project.url.appendingPathComponent("bin/a.wasm"))
        try project.write(facts(files: []), to: "HIPPOFACTS")
        var options = ExpansionOptions()
        options.build = build
        var cache = DigestCache()
        let error = try #require(throws: HippofactsError.self) {
            try Hippofacts(at: project.path).expanded(options, cache: &cache)
        }
        #expect(error.message == "the module 'bin/a.wasm' \(problem)")
    }

    @Test("A directory is no module") func aDirectoryIsNoModule() throws {
        try FileManager.default.removeItem(at: project.url.appendingPathComponent("bin/a.wasm"))
        try project.write("", to: "bin/a.wasm/x")
        let error = try #require(throws: HippofactsError.self) { try expand(files: []) }
        #expect(error.message == "the module 'bin/a.wasm' is not a file")
    }

    @Test("A text module is assembled") func aTextModuleIsAssembled() throws {
        try project.write("(module (func (export \"_start\")))", to: "bin/a.wat")
        try project.write(facts(files: [], module: "bin/a.wat"), to: "HIPPOFACTS")
        let expansion = try expand()
        let label = try #require(expansion.invoice.parcels.first?.label)
        #expect(label.name == "bin/a.wat")
        #expect(label.mediaType == "application/wasm")
        guard case .bytes(let binary) = expansion.sources[label] else {
            Issue.record("the binary is not at hand")
            return
        }
        #expect(binary.starts(with: [0, 0x61, 0x73, 0x6D]))
        #expect(SHA256.hash(binary).hex == label.sha256)
        #expect(label.size == binary.count)
    }

    @Test("A text modules mistake is reported in that file") func aTextModulesMistakeIsReportedInThatFile() throws {
        try project.write("(module\n  (func (export \"_start\") i32.oops))", to: "bin/a.wat")
        try project.write(facts(files: [], module: "bin/a.wat"), to: "HIPPOFACTS")
        let error = try #require(throws: HippofactsError.self) { try expand() }
        #expect(error.file == "\(project.path)/bin/a.wat")
        #expect(error.position?.line == 2)
        #expect(error.excerpt?.contains("i32.oops") == true)
    }

    @Test("A module's text that is not valid is told with its place") func textThatIsNotValid() throws {
        try project.write("(module\n  (func (export \"_start\")\n    (drop (i32.add (i32.const 1)))))", to: "bin/a.wat")
        try project.write(facts(files: [], module: "bin/a.wat"), to: "HIPPOFACTS")
        let error = try #require(throws: HippofactsError.self) { try expand() }
        #expect(error.file == "\(project.path)/bin/a.wat")
        #expect(error.position?.line == 3 && error.position?.column == 11)
        #expect(error.message.contains("type mismatch"), "\(error)")
        // Outside of a function, the place is in the binary format.
        try project.write("(module (global i32 (i64.const 1)))", to: "bin/a.wat")
        let other = try #require(throws: HippofactsError.self) { try expand() }
        #expect(other.position == nil && other.message.contains("invalid module at offset"), "\(other)")
    }

    // MARK: Symbolic links

    @Test("A link that stays in the project is followed") func aLinkThatStaysInTheProjectIsFollowed() throws {
        try project.write("x", to: "real/x.txt")
        try link("assets", to: "real")
        try link("real/y.txt", to: "x.txt")
        #expect(try names("assets/*") == ["assets/x.txt", "assets/y.txt"])
    }

    @Test("A link that leaves the project is an error") func aLinkThatLeavesTheProjectIsAnError() throws {
        let outside = try TemporaryDirectory()
        try outside.write("secret", to: "secret.txt")
        try project.write("x", to: "assets/x.txt")
        try link("assets/secret.txt", to: "\(outside.path)/secret.txt")
        try link("assets/folder", to: outside.path)
        #expect(try names("assets/x.txt") == ["assets/x.txt"])
        for pattern in ["assets/*.txt", "assets/secret.txt", "assets/folder/*", "assets/**/*"] {
            let error = try #require(throws: HippofactsError.self) { try expand(files: [pattern]) }
            #expect(error.message.contains("leaves the project"))
        }
        try FileManager.default.removeItem(at: project.url.appendingPathComponent("bin/a.wasm"))
        try link("bin/a.wasm", to: "\(outside.path)/secret.txt")
        let error = try #require(throws: HippofactsError.self) { try expand(files: []) }
        #expect(error.message.contains("would leave the project"))
    }

    @Test("A module's text that is empty is an error, as if it were being written", arguments: ["", " \n\t\r\n"])
    func emptyModules(text: String) throws {
        try project.write(text, to: "bin/a.wat")
        try project.write(facts(files: [], module: "bin/a.wat"), to: "HIPPOFACTS")
        let error = try #require(throws: HippofactsError.self) {
            var cache = DigestCache()
            _ = try Hippofacts(at: project.path).expanded(ExpansionOptions(), cache: &cache)
        }
        #expect(error.message == "the module is empty" && error.file.hasSuffix("a.wat"), "\(error)")
    }

    @Test("A file that becomes a link out of the project while it is looked at is never taken for a file of it")
    func filesThatBecomeLinks() throws {
        let outside = try TemporaryDirectory()
        // As long as the file, so that nothing but the place tells them apart.
        let secret = [UInt8](repeating: UInt8(ascii: "s"), count: 5000)
        try outside.write(Data(secret), to: "x.txt")
        try outside.write(Data(secret), to: "folder/x.txt")
        let fine = Data(repeating: UInt8(ascii: "f"), count: 5000)
        try project.write(fine, to: "assets/x.txt")
        try project.write(fine, to: "assets/folder/x.txt")
        try link("trap", to: "\(outside.path)/x.txt")
        try link("folder-trap", to: "\(outside.path)/folder")
        let isOver = Atomic<Bool>(false)
        let exchanges = Atomic<Int>(0)
        let path = project.path
        let ended = DispatchSemaphore(value: 0)
        Thread {
            while !isOver.load(ordering: .relaxed) {
                for (first, second) in [("assets/x.txt", "trap"), ("assets/folder", "folder-trap")] {
                    rename("\(path)/\(first)", "\(path)/aside")
                    rename("\(path)/\(second)", "\(path)/\(first)")
                    rename("\(path)/aside", "\(path)/\(second)")
                }
                exchanges.add(1, ordering: .relaxed)
            }
            ended.signal()
        }.start()
        defer {
            isOver.store(true, ordering: .relaxed)
            ended.wait()
        }
        let digest = SHA256.hash(secret).hex
        var successes = 0
        for _ in 0..<2000 {
            guard let expansion = try? expand(files: ["assets/**/*.txt"]) else { continue }
            successes += 1
            #expect(!expansion.invoice.parcels.contains { $0.label.sha256 == digest })
        }
        #expect(successes > 0 && exchanges.load(ordering: .relaxed) > 100)
    }

    @Test("Links that lead nowhere or in a circle are passed over") func linksThatLeadNowhereOrInACircleArePassedOver()
        throws
    {
        try project.write("x", to: "assets/x.txt")
        try link("assets/.#x.txt", to: "user@host.1234:5678")
        try link("assets/self", to: ".")
        try link("assets/up", to: "..")
        #expect(try names("assets/**/*.txt") == ["assets/x.txt"])
    }

    // MARK: Names

    @Test("A name that is not UTF-8 is refused by name, and everything else is served")
    func namesThatAreNotUTF8() throws {
        try project.write("x", to: "b.txt")
        try project.write("y", to: "deep/c.txt")
        try makeFile([UInt8]("a\\\n".utf8) + [0xFF] + [UInt8]("é.txt".utf8))
        try makeFile([UInt8]("deep/".utf8) + [0xC3, 0x28])
        let expansion = try expand(files: ["*.txt", "deep/*"])
        #expect(expansion.invoice.parcels.dropFirst().map(\.label.name) == ["b.txt", "deep/c.txt"])
        #expect(
            expansion.warnings.map(\.description)
                == [
                    "\(project.path)/a\\\\\\x0A\\xFFé.txt", "\(project.path)/deep/\\xC3(",
                ].map { $0 + ": the file is left out: its name is not UTF-8, as the name of a parcel has to be" })
        #expect(try expand(files: ["deep/*.txt"]).warnings.isEmpty)
    }

    @Test("Files of variables are left out with a warning, whatever matches them")
    func filesOfVariables() throws {
        let refused = [".env", ".env.local", ".envrc", ".ENV", "deep/.env"]
        for name in refused + ["env", "x.env", ".en", ".env.d/page.html"] {
            try project.write("A=1", to: "www/\(name)")
        }
        try FileManager.default.createSymbolicLink(
            atPath: project.path + "/www/.env.linked", withDestinationPath: "/etc/hostname")
        let expansion = try expand(files: ["www/.env", "www/**/*"])
        #expect(
            expansion.invoice.parcels.dropFirst().map(\.label.name) == [
                "www/.en", "www/.env.d/page.html", "www/env", "www/x.env",
            ])
        let warned = expansion.warnings.filter { $0.message.contains("may hold secrets") }.map(\.file)
        #expect(warned == (refused + [".env.linked"]).sorted().map { "\(project.path)/www/\($0)" })
        // Whoever knows of them is not told.
        var options = ExpansionOptions()
        options.excludedFiles = [try GlobPattern("**/.[eE][nN][vV]*")]
        var cache = DigestCache()
        let quiet = try Hippofacts(at: project.path).expanded(options, cache: &cache)
        #expect(quiet.warnings.map(\.message) == ["No files matched pattern www/.env"])
    }

    @Test("Two Unicode spellings of a name are two files, and a name may have any character in it")
    func namesAreBytes() throws {
        let all = [
            "\u{E9}.txt", "e\u{301}.txt", "back\\slash.txt", "new\nline.txt", "\u{1}\u{7F}.txt", "\u{301}mark.txt",
        ]
        for name in all { try makeFile([UInt8](name.utf8), content: Array(name.utf8)) }
        let expansion = try expand(files: ["*.txt"])
        let labels = expansion.invoice.parcels.dropFirst().map(\.label)
        #expect(Set(labels.map { Array($0.name.utf8) }) == Set(all.map { Array($0.utf8) }))
        for label in labels { #expect(label.sha256 == SHA256.hash(label.name.utf8).hex) }
        #expect(expansion.warnings.isEmpty)
    }

    @Test("Editors' temporary files are no part of a bundle, unless they are spelled out")
    func editorFiles() throws {
        let temporary = [
            "page.html~", "#page.html#", ".#page.html", "page.html___jb_tmp___", "___jb_old___page", ".page.html.swp",
            "x.swo", ".save.tmp", ".goutputstream-AB12CD",
        ]
        let real = ["page.html", "a.tmp", "film.swf", "#hash", "~user", ".well-known", "4914", "__jb"]
        for name in temporary + real { try project.write("x", to: "files/\(name)") }
        try project.write("", to: "files/4913")
        try project.write("", to: "files/5036")
        #expect(
            try names("files/*") == real.map { "files/\($0)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        try project.write("a product", to: "files/4913")
        #expect(try names("files/49*") == ["files/4913", "files/4914"])
        #expect(try names("files/x.swo", "files/5036") == ["files/x.swo", "files/5036"])
    }

    @Test("Files are found however deep they lie, also beyond what a path may be long")
    func depth() throws {
        var path = "assets"
        let name = String(repeating: "d", count: 200)
        for _ in 0..<30 { path += "/" + name }
        try makeDirectories(path)
        try makeFile([UInt8]("\(path)/deep.txt".utf8), content: [UInt8]("deep".utf8))
        var short = "assets"
        for _ in 0..<100 { short += "/d" }
        try project.write("short", to: short + "/deep.txt")
        let expansion = try expand(files: ["assets/**/*.txt"])
        #expect(expansion.invoice.parcels.dropFirst().map(\.label.name) == [short, path].map { $0 + "/deep.txt" })
        let label = try #require(expansion.invoice.parcels.last?.label)
        #expect(label.sha256 == SHA256.hash("deep".utf8).hex)
        // Whoever takes the content in finds it, too.
        guard case .file(let source, _)? = expansion.sources[label] else {
            Issue.record("the file has no source")
            return
        }
        #expect(try SHA256.hash(fileAt: source).digest.hex == label.sha256)
        removeDeep("assets")
    }

    /// Makes a file whose path, relative to the project, is of any length and bytes.
    private func makeFile(_ path: [UInt8], content: [UInt8] = []) throws {
        let root = open(project.path, O_RDONLY | O_DIRECTORY)
        defer { close(root) }
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let parent = path[..<(slash ?? 0)].withUnsafeBufferPointer {
            LongPath.open($0, in: root, O_RDONLY | O_DIRECTORY)
        }
        defer { close(parent) }
        let name = path[(slash.map { $0 + 1 } ?? 0)...].map { CChar(bitPattern: $0) } + [0]
        let descriptor = openat(parent, name, O_CREAT | O_WRONLY, 0o600)
        try #require(descriptor >= 0)
        #expect(write(descriptor, content, content.count) == content.count)
        close(descriptor)
    }

    private func makeDirectories(_ path: String) throws {
        var current = open(project.path, O_RDONLY | O_DIRECTORY)
        for name in path.split(separator: "/") {
            mkdirat(current, String(name), 0o755)
            let next = openat(current, String(name), O_RDONLY | O_DIRECTORY)
            try #require(next >= 0)
            close(current)
            current = next
        }
        close(current)
    }

    /// Removes what is too deep for others.
    private func removeDeep(_ path: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/rm")
        process.arguments = ["-rf", "\(project.path)/\(path)"]
        try? process.run()
        process.waitUntilExit()
    }

    @Test("Links that lead to each other's directories are followed only so often")
    func multiplyingLinks() throws {
        // Each order of these directories is a path of its own: 9! and more.
        for from in 0..<9 {
            try project.write("x", to: "files/\(from)/x.txt")
            for to in 0..<9 where to != from { try link("files/\(from)/to-\(to)", to: "../\(to)") }
        }
        let error = try #require(throws: HippofactsError.self) { try expand(files: ["files/**"]) }
        #expect(error.message.contains("symbolic links"))
    }

    // MARK: Taking files in

    @Test("An expansion that is cancelled says so, and counts what it has read")
    func cancellation() throws {
        try project.write(facts(files: ["assets/*"]), to: "HIPPOFACTS")
        for number in 0..<20 { try project.write("content", to: "assets/\(number)") }
        let control = ExpansionControl()
        var expansion = ProjectExpansion()
        _ = try expansion.expand(Hippofacts(at: project.path), control: control)
        #expect(control.filesDone == 21 && control.filesTotal == 21)
        #expect(control.bytesDone == 146 && control.bytesTotal == 146)
        control.cancel()
        expansion.forgetFiles()
        let error = try #require(throws: HippofactsError.self) {
            _ = try expansion.expand(Hippofacts(at: project.path), control: control)
        }
        #expect(error.isCancelled)
        #expect(try expansion.expand(Hippofacts(at: project.path)).invoice.parcels.count == 21)
    }

    // MARK: What is remembered

    @Test("Only changed files are read again") func onlyChangedFilesAreReadAgain() throws {
        for number in 0..<20 { try age(project.write("\(number)", to: "assets/\(number).txt")) }
        try age(project.url.appendingPathComponent("bin/a.wasm"))
        try project.write(facts(files: ["assets/*"]), to: "HIPPOFACTS")
        // The times of the changes themselves cannot be set.
        usleep(50_000)
        var cache = DigestCache()
        let first = try expand(&cache)
        #expect(cache.readFileCount == 21)
        let second = try expand(&cache)
        #expect(cache.readFileCount == 0)
        #expect(first.invoice == second.invoice)
        try project.write("new", to: "assets/7.txt")
        let third = try expand(&cache)
        #expect(cache.readFileCount == 1)
        #expect(third.invoice != second.invoice)
        #expect(third.invoice.parcels.contains { $0.label.sha256 == SHA256.hash("new".utf8).hex })
    }

    @Test("A file of the same size and time is told apart by its inode")
    func aFileOfTheSameSizeAndTimeIsToldApartByItsInode() throws {
        let file = try age(project.write("one", to: "assets/x.txt"))
        try project.write(facts(files: ["assets/*"]), to: "HIPPOFACTS")
        var cache = DigestCache()
        _ = try expand(&cache)
        let other = try age(project.write("two", to: "other"))
        #expect(rename(other.path, file.path) == 0)
        try age(file)
        #expect(try expand(&cache).invoice.parcels.last?.label.sha256 == SHA256.hash("two".utf8).hex)
    }

    @Test("Writes in quick succession are all seen") func writesInQuickSuccessionAreAllSeen() throws {
        try project.write(facts(files: ["assets/*"]), to: "HIPPOFACTS")
        var cache = DigestCache()
        // All of the same size, and often within one tick of the file system's clock.
        for number in 100..<200 {
            let file = project.url.appendingPathComponent("assets/x.txt")
            if number == 100 { try project.write("100", to: "assets/x.txt") }
            let handle = try FileHandle(forWritingTo: file)
            handle.write(Data("\(number)".utf8))
            try handle.close()
            #expect(try expand(&cache).invoice.parcels.last?.label.sha256 == SHA256.hash("\(number)".utf8).hex)
        }
    }

    @Test("Files that vanish while they are read are not there") func filesThatVanishWhileTheyAreReadAreNotThere()
        throws
    {
        try project.write(facts(files: ["assets/*"]), to: "HIPPOFACTS")
        try project.write("stays", to: "assets/stays.txt")
        let directory = project.path + "/assets"
        let isOver = Atomic<Bool>(false)
        let isDone = DispatchSemaphore(value: 0)
        Thread {
            while !isOver.load(ordering: .relaxed) {
                let files = (0..<20).map { URL(fileURLWithPath: "\(directory)/\($0)") }
                for file in files { try? Data(file.path.utf8).write(to: file) }
                for file in files { try? FileManager.default.removeItem(at: file) }
            }
            isDone.signal()
        }.start()
        defer {
            isOver.store(true, ordering: .relaxed)
            isDone.wait()
        }
        for _ in 0..<200 {
            var cache = DigestCache()
            #expect(try expand(&cache).invoice.parcels.contains { $0.label.name == "assets/stays.txt" })
        }
    }

    @Test("Many files are found and ordered") func manyFilesAreFoundAndOrdered() throws {
        for number in 0..<500 { try project.write("\(number % 7)", to: "assets/\(number % 10)/\(number).txt") }
        let found = try names("assets/**/*")
        #expect(found.count == 500)
        #expect(found == found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    // MARK: Helpers

    private func facts(files: [String], module: String = "bin/a.wasm") -> String {
        """
        [bindle]
        name = "x"
        version = "1.0.0"
        [[handler]]
        name = "\(module)"
        route = "/"
        files = [\(files.map { "'\($0)'" }.joined(separator: ", "))]
        """
    }

    private func names(_ patterns: String...) throws -> [String] {
        try expand(files: patterns).invoice.parcels.dropFirst().map(\.label.name)
    }

    private func expand(files: [String]) throws -> Expansion {
        try project.write(facts(files: files), to: "HIPPOFACTS")
        return try expand()
    }

    private func expand() throws -> Expansion {
        var cache = DigestCache()
        return try expand(&cache)
    }

    private func expand(_ cache: inout DigestCache) throws -> Expansion {
        try Hippofacts(at: project.path).expanded(cache: &cache)
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(project.path)/\(path)", withDestinationPath: target)
    }

    /// Gives the file a time that lies back far enough to be relied on.
    @discardableResult
    private func age(_ file: URL) throws -> URL {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: file.path)
        return file
    }
}
