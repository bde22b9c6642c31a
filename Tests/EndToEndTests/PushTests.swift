import Bindle
import Foundation
import HTTP
import SandboxProtocol
import Synchronization
import TestSupport
import Testing

/// `hippo-dev bindle serve` on a free port, over a store of its own.
final class BindleServerProcess {
    let url: String
    let directory: TemporaryDirectory
    private let process = Process()

    /// - Parameter store: a file or directory; a new file if it is `nil`.
    init(_ arguments: [String] = ["--strict"], store: String? = nil) throws {
        directory = try TemporaryDirectory()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments =
            ["bindle", "serve", "--listen", "127.0.0.1:0", "--store", store ?? directory.path + "/bindles.sqlite"]
            + arguments
        process.environment = UserConfiguration.environment()
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains(" (") {
            let piece = output.fileHandleForReading.availableData
            try #require(!piece.isEmpty, "the server ended: \(text)")
            text += String(decoding: piece, as: UTF8.self)
        }
        let start = try #require(text.range(of: "http://")).lowerBound
        url = String(text[start...].prefix { $0 != " " })
        let handle = output.fileHandleForReading
        Thread { while !handle.availableData.isEmpty {} }.start()
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

@Suite("Pushing")
struct PushTests {
    private let home: TemporaryDirectory
    private let app: SmallApp

    init() throws {
        home = try TemporaryDirectory()
        app = try SmallApp()
    }

    private func run(_ arguments: String..., environment: [String: String] = [:], input: String? = nil) throws
        -> Program.Result
    {
        let own = [
            "HOME": home.path, "XDG_CONFIG_HOME": home.path + "/config", "USER": "ada", "BINDLE_URL": "",
            "BINDLE_TOKEN": "", "BINDLE_USERNAME": "", "BINDLE_PASSWORD": "", "HIPPO_URL": "",
        ]
        return try Program.run(arguments, environment: own.merging(environment) { $1 }, input: input)
    }

    @Test("a production version is pushed once, and only what is missing of it")
    func aProductionVersionIsPushedOnceAndOnlyWhatIsMissingOfIt() throws {
        let server = try BindleServerProcess()
        let first = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.hasPrefix("Pushed small/1.2.3: 3 of 3 parcels sent"))
        // Its files are at paths that no handler takes: on wagi, nobody would serve them.
        #expect(first.errors.hasPrefix("note: on wagi 0.8.1"))
        let second = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(second.output == "Pushed small/1.2.3: all parcels were there\n")
        try app.save("h1 { color: blue }", to: "assets/style.css")
        let third = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(third.status == 1)
        #expect(third.errors.contains("the server has another bindle small/1.2.3, and keeps it"))
        #expect(try run("bindle", "search", "-s", server.url).output == "small/1.2.3\n")
    }

    @Test("the project is built before, and what the build writes goes to standard error")
    func theProjectIsBuiltBefore() throws {
        let server = try BindleServerProcess()
        let handler = SmallApp.handler(answering: "built")
        try app.save(handler, to: "source.txt")
        try app.remove("hello.wat")
        try app.save("[build]\ncommand = \"cp source.txt hello.wat; echo building\"\n", to: "hippo-dev.toml")
        let unbuilt = try run("push", app.path, "-v", "production", "-s", server.url, "--no-build")
        #expect(unbuilt.status == 1)
        #expect(
            unbuilt.errors.contains(
                "the module 'hello.wat' does not exist; run the build command first: cp source.txt hello.wat; echo building"
            ), "\(unbuilt.errors)")
        let checked = try run("check", app.path)
        #expect(checked.status == 1 && checked.errors.contains("run the build command first"), "\(checked.errors)")
        let pushed = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(pushed.status == 0 && pushed.output.hasPrefix("Pushed small/1.2.3: 3 of 3 parcels sent"))
        #expect(pushed.errors.hasPrefix("building\n"), "\(pushed.errors)")
        #expect(try String(contentsOfFile: app.path + "/hello.wat", encoding: .utf8) == handler)
        // The command line is stronger, and --quiet says nothing of a build that goes well.
        let again = try run(
            "push", app.path, "-v", "production", "-s", server.url, "-q", "--build", "echo other > other; echo other")
        #expect(again.status == 0 && again.errors.isEmpty, "\(again.errors)")
        #expect(FileManager.default.fileExists(atPath: app.path + "/other"))
    }

    @Test("where the build fails, nothing is sent or written")
    func whereTheBuildFailsNothingIsSentOrWritten() throws {
        let server = try BindleServerProcess()
        try app.save("[build]\ncommand = \"echo no; exit 3\"\n", to: "hippo-dev.toml")
        let target = home.path + "/bindle.tar.gz"
        for arguments in [
            ["push", app.path, "-s", server.url], ["push", app.path, "-q", "-s", server.url],
            ["prepare", app.path, "-d", target],
        ] {
            let failed = try Program.run(arguments, environment: ["XDG_CONFIG_HOME": home.path + "/config"])
            #expect(failed.status == 1 && failed.output.isEmpty)
            #expect(
                failed.errors.contains("The build command 'echo no; exit 3' ended with exit code 3."),
                "\(failed.errors)")
        }
        #expect(try run("bindle", "search", "-s", server.url).output == "")
        #expect(!FileManager.default.fileExists(atPath: target))
        #expect(try run("prepare", app.path, "-d", target, "--no-build").status == 0)
    }

    @Test("a push that replaces a bindle says so") func aPushThatReplacesABindleSaysSo() throws {
        let server = try BindleServerProcess([])
        let first = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(first.output.hasPrefix("Pushed small/1.2.3: 3 of 3 parcels sent"), "\(first.output)")
        try app.save("h1 { color: blue }", to: "assets/style.css")
        let second = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(second.output.hasPrefix("Pushed small/1.2.3: replaced, 1 of 3 parcels sent"), "\(second.output)")
    }

    @Test("a development version is a new one each time") func aDevelopmentVersionIsANewOneEachTime() throws {
        let server = try BindleServerProcess()
        let ids = try (0..<2).map { _ in try run("push", app.path, "-s", server.url, "-o", "id").output }
        #expect(ids.allSatisfy { $0.wholeMatch(of: /small\/1\.2\.3-ada-[0-9]{17}\n/) != nil }, "\(ids)")
        #expect(ids[0] != ids[1])
        #expect(try run("push", app.path, "-s", server.url, "-q").output.isEmpty)
    }

    @Test("a version that is open is the next one that the server does not have")
    func aVersionThatIsOpenIsTheNextOneThatTheServerDoesNotHave() throws {
        let server = try BindleServerProcess()
        let text = try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8)
        try app.save(text.replacingOccurrences(of: "1.2.3", with: "1.2.*"), to: "HIPPOFACTS")
        for patch in 0..<3 {
            let pushed = try run("push", app.path, "-v", "production", "-s", server.url, "-o", "id")
            #expect(pushed.output == "small/1.2.\(patch)\n", "\(pushed.errors)")
        }
    }

    @Test("what is prepared is pushed later, from a directory or packed, and pulled")
    func whatIsPreparedIsPushedLaterFromADirectoryOrPackedAndPulled() throws {
        let server = try BindleServerProcess()
        let directory = home.path + "/out"
        #expect(try run("prepare", app.path, "-v", "production", "-d", directory).status == 0)
        let pushed = try run("bindle", "push", "-p", directory, "small/1.2.3", "-s", server.url)
        #expect(pushed.output.hasPrefix("Pushed small/1.2.3: 3 of 3 parcels sent"), "\(pushed.errors)")
        // What comes back is the same, byte by byte, where no host signs it.
        let other = try BindleServerProcess(["--strict", "--no-host-key"])
        let packed = home.path + "/small.tar.gz"
        #expect(try run("prepare", app.path, "-v", "production", "-d", packed).status == 0)
        #expect(try run("bindle", "push", packed, "-s", other.url).output.contains("3 of 3 parcels"))
        let exported = home.path + "/exported.tar.gz"
        #expect(try run("bindle", "export", "small/1.2.3", "-s", other.url, "-o", exported).status == 0)
        #expect(FileManager.default.contentsEqual(atPath: packed, andPath: exported))
        let pulled = try run("bindle", "pull", "small/1.2.3", "-s", server.url, "-d", home.path + "/pulled")
        #expect(pulled.output.hasPrefix(home.path + "/pulled/"))
        let store = home.path + "/store.sqlite"
        #expect(try run("bindle", "import", packed, "--store", store).output == "small/1.2.3: imported into \(store)\n")
        let again = home.path + "/again.tar.gz"
        #expect(try run("bindle", "export", "small/1.2.3", "--store", store, "-o", again).status == 0)
        #expect(FileManager.default.contentsEqual(atPath: packed, andPath: again))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: home.path).allSatisfy { !$0.hasPrefix(".hippo-dev") })
    }

    @Test("a packed bundle that is called by its ID's digest is found below --path")
    func packedBelowPath() throws {
        let server = try BindleServerProcess()
        let name = try BindleID("small/1.2.3").digest.hex
        #expect(try run("prepare", app.path, "-v", "production", "-d", "\(home.path)/\(name).tar.gz").status == 0)
        let pushed = try run("bindle", "push", "-p", home.path, "small/1.2.3", "-s", server.url)
        #expect(pushed.output.hasPrefix("Pushed small/1.2.3: 3 of 3 parcels sent"), "\(pushed)")
        let absent = try run("bindle", "push", "-p", home.path, "small/9.9.9", "-s", server.url)
        #expect(absent.status == 1 && absent.errors.contains("small/9.9.9"), "\(absent)")
    }

    @Test("the data directory of a reference server is served, pushed and imported, and stays as it is")
    func referenceDirectory() throws {
        let bindle = home.path + "/bindle"
        #expect(try run("prepare", app.path, "-v", "production", "-d", bindle).status == 0)
        // The same files, as a server lays them out.
        let data = home.path + "/data"
        let id = try BindleID("small/1.2.3").digest.hex
        let files = FileManager.default
        try files.createDirectory(atPath: "\(data)/invoices", withIntermediateDirectories: true)
        try files.moveItem(atPath: "\(bindle)/\(id)/parcels", toPath: "\(data)/packed")
        try files.moveItem(atPath: "\(bindle)/\(id)", toPath: "\(data)/invoices/\(id)")
        for packed in try files.contentsOfDirectory(atPath: "\(data)/packed") {
            let parcel = "\(data)/parcels/\(packed.split(separator: ".")[0])"
            try files.createDirectory(atPath: parcel, withIntermediateDirectories: true)
            try files.moveItem(atPath: "\(data)/packed/\(packed)", toPath: "\(parcel)/parcel.dat")
        }
        try files.removeItem(atPath: "\(data)/packed")
        let before = try files.subpathsOfDirectory(atPath: data).sorted()

        let reading = try BindleServerProcess(store: data)
        let exported = home.path + "/exported.tar.gz"
        #expect(try run("bindle", "export", "small/1.2.3", "-s", reading.url, "-o", exported).status == 0)
        // What it has already is not written once more.
        let again = try run("bindle", "push", exported, "-s", reading.url)
        #expect(again.status == 0 && again.output.contains("all parcels were there"), "\(again)")

        let server = try BindleServerProcess()
        #expect(try run("bindle", "push", data, "-s", server.url).output.contains("3 of 3 parcels"))
        let store = home.path + "/store.sqlite"
        let imported = try run("bindle", "import", data, "--store", store)
        #expect(imported.output == "small/1.2.3: imported into \(store)\n", "\(imported)")
        #expect(try run("bindle", "check", "--store", store).output.contains("is sound"))
        #expect(try files.subpathsOfDirectory(atPath: data).sorted() == before)
    }

    @Test("what is prepared in the project's own directory is for its user alone, and not written through a link")
    func preparedFilesArePrivate() throws {
        let before = umask(0o022)
        defer { umask(before) }
        #expect(try Program.run(["prepare", ".", "-v", "production"], in: app.path).status == 0)
        let own = app.path + "/.hippo"
        let names = try FileManager.default.subpathsOfDirectory(atPath: own)
        #expect(names.contains { $0.hasSuffix("invoice.toml") } && names.contains { $0.hasSuffix(".dat") })
        for path in [own] + names.map({ "\(own)/\($0)" }) {
            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode & 0o077 == 0, "\(path)")
        }
        let elsewhere = home.path + "/elsewhere"
        mkdir(elsewhere, 0o755)
        try FileManager.default.removeItem(atPath: own)
        symlink(elsewhere, own)
        let refused = try Program.run(["prepare", ".", "-v", "production"], in: app.path)
        #expect(refused.status == 1 && refused.errors.contains("symbolic link") && refused.errors.contains("--dir"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere) == [])
    }

    @Test("invoices and parcels go one by one too") func invoicesAndParcelsGoOneByOneToo() throws {
        let server = try BindleServerProcess()
        let file = try home.write("content", to: "file.txt")
        let label = try run("bindle", "generate-label", file.path).output
        #expect(label.contains("mediaType = \"text/plain\"") && label.contains("size = 7"), "\(label)")
        let lines = ["bindleVersion = \"1.0.0\"", "[bindle]", "name = \"parts\"", "version = \"1.0.0\"", "[[parcel]]"]
        let invoice = try home.write(
            (lines + ["[parcel.label]", label]).joined(separator: "\n"), to: "invoice.toml")
        let pushed = try run("bindle", "push-invoice", invoice.path, "-s", server.url)
        #expect(pushed.output.hasSuffix(" file.txt\n"), "\(pushed.errors)")
        let uploaded = try run("bindle", "push-file", "parts/1.0.0", file.path, "-s", server.url)
        #expect(uploaded.output == "parts/1.0.0: uploaded 'file.txt'\n", "\(uploaded.errors)")
        let digest = String(pushed.output.prefix { $0 != " " })
        let copy = home.path + "/copy"
        #expect(try run("bindle", "get-parcel", "parts/1.0.0", digest, "-o", copy, "-s", server.url).status == 0)
        #expect(FileManager.default.contentsEqual(atPath: file.path, andPath: copy))
        #expect(try run("bindle", "info", "parts/1.0.0", "-s", server.url).output.contains(digest))
    }

    @Test("a login is checked, kept for its server only, and forgotten")
    func aLoginIsCheckedKeptForItsServerOnlyAndForgotten() throws {
        let tokens = try home.write("s3cret\n", to: "tokens")
        let server = try BindleServerProcess(["--strict", "--token-file", tokens.path, "--anonymous-get"])
        let other = try BindleServerProcess(["--strict", "--token-file", tokens.path])
        let push = ["push", app.path, "-v", "production", "-s", server.url]
        let stranger = try run(push[0], push[1], push[2], push[3], push[4], push[5])
        #expect(stranger.status == 1 && stranger.errors.contains("401 Unauthorized"))
        let wrong = try run("login", "-s", server.url, "--bindle-token", "wrong")
        #expect(wrong.status == 1 && wrong.errors.contains("does not accept these credentials"))
        let login = try run("login", "-s", server.url, environment: ["BINDLE_TOKEN": "s3cret"])
        #expect(login.status == 0, "\(login.errors)")
        #expect(!login.output.contains("s3cret"))
        // The server of the last login is the default.
        #expect(try run("push", app.path, "-v", "production").output.hasPrefix("Pushed"))
        #expect(try run("bindle", "list", "-s", other.url).errors.contains("401 Unauthorized"))
        #expect(try run("logout").output == "Logged out\n")
        #expect(try run("bindle", "yank", "small/1.2.3", "-s", server.url).status == 1)
        let yanked = try run("bindle", "yank", "small/1.2.3", "-s", server.url, "--bindle-token", "s3cret")
        #expect(yanked.output == "small/1.2.3: invoice yanked\n")
    }

    @Test("a push is signed when there is a key, which servers may ask for")
    func aPushIsSignedWhenThereIsAKeyWhichServersMayAskFor() throws {
        let server = try BindleServerProcess(["--strict", "--strategy", "CreativeIntegrity"])
        let unsigned = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(unsigned.status == 1)
        let signed = try run("push", app.path, "-v", "production", "-s", server.url, "--sign", "--label", "Ada")
        // Its key is made, and nobody knows it yet.
        #expect(signed.status == 1 && signed.errors.contains("signed by 'Ada' as creator"), "\(signed.errors)")
        let keys = home.path + "/config/bindle/secret_keys.toml"
        let attributes = try FileManager.default.attributesOfItem(atPath: keys)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let printed = try home.write(run("bindle", "keys", "print").output, to: "public.toml")
        let trusting = try BindleServerProcess(
            ["--strict", "--strategy", "CreativeIntegrity", "--keyring", printed.path])
        let pushed = try run("push", app.path, "-v", "production", "-s", trusting.url)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(try run("push", app.path, "-v", "production", "-s", trusting.url, "--unsigned").status == 1)
    }

    @Test("An invoice that is not there is named") func anInvoiceThatIsNotThereIsNamed() throws {
        let verification = try Program.run(["bindle", "verify", "none/1.0.0"])
        #expect(verification.status == 1)
        #expect(verification.errors.hasPrefix("error: none/1.0.0 cannot be read: "))
    }

    @Test("a push that was killed goes on where it stopped") func aPushThatWasKilledGoesOnWhereItStopped() throws {
        let server = try BindleServerProcess()
        // Enough to be in the middle of for a while.
        for number in 0..<400 {
            try app.directory.write(String(repeating: "\(number) ", count: 15_000), to: "assets/large/\(number)")
        }
        try app.writeHippofacts(extra: "")
        let text = try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8)
        try app.save(text.replacingOccurrences(of: "assets/*", with: "assets/**/*"), to: "HIPPOFACTS")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = ["push", app.path, "-v", "production", "-s", server.url]
        process.environment = ["HOME": home.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Until some parcels are there.
        let client = Client()
        let missing = try HTTPURL("\(server.url)/_r/missing/small/1.2.3")
        func missingCount() throws -> Int? {
            let answer = try client.send(ClientRequest(.get, missing))
            guard answer.status == .ok else { return nil }
            let text = String(decoding: try answer.readAll(limit: 16 << 20), as: UTF8.self)
            return text.components(separatedBy: "sha256").count - 1
        }
        var left: Int?
        while process.isRunning {
            left = try missingCount()
            if let left, left < 395 { break }
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let rest = try #require(try missingCount())
        let resumed = try run("push", app.path, "-v", "production", "-s", server.url)
        #expect(resumed.status == 0, "\(resumed.errors)")
        // What the server had received when the first push was killed, it may have taken in since.
        let words = resumed.output.split(separator: " ")
        let sent = words.firstIndex(of: "of").flatMap { Int(words[$0 - 1]) }
        #expect((sent ?? 0) <= rest, "\(resumed.output)")
        #expect(sent != nil || resumed.output.contains("all parcels were there"), "\(resumed.output)")
        #expect(rest < 400)
        #expect(try missingCount() == 0)
    }
}
