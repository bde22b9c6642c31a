import Bindle
import Foundation
import JSON
import TestSupport
import Testing

/// `hippo-dev export wwwroot`: a directory for whoever needs one.
@Suite("Exporting the wwwroot", .timeLimit(.minutes(15)))
struct ExportTests {
    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    @Test("Without an up, the files of the project are written")
    func ofProject() throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        let result = try Program.run(["export", "wwwroot", target.path + "/out"], in: app.path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("of the project"))
        #expect(Self.text(target.path + "/out/assets/index.html") == "<h1>page 1</h1>")
    }

    @Test("While an up runs, what serves is written, or what the project has")
    func ofWhatServes() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--no-watch"])
        _ = try await sandbox.next("ready")
        try app.save("not served", to: "assets/index.html")
        let target = try TemporaryDirectory()
        for (source, expected) in [(nil, "<h1>page 1</h1>"), ("serving", "<h1>page 1</h1>"), ("project", "not served")]
        {
            let directory = "\(target.path)/\(source ?? "default")"
            let result = try Program.run(
                ["export", "wwwroot", directory] + (source.map { ["--of", $0] } ?? []), in: app.path)
            #expect(result.status == 0, "\(result.errors)")
            #expect(Self.text(directory + "/assets/index.html") == expected)
        }
    }

    @Test("The project is built before it is exported, unless it is not to or something else is exported")
    func built() async throws {
        let app = try SmallApp()
        try app.save("[build]\ncommand = \"echo built > assets/index.html; echo building\"\n", to: "hippo-dev.toml")
        let target = try TemporaryDirectory()
        func export(_ name: String, _ more: String...) throws -> Program.Result {
            try Program.run(["export", "wwwroot", "\(target.path)/\(name)"] + more, in: app.path)
        }
        #expect(try export("before", "--no-build").errors.isEmpty)
        #expect(Self.text(target.path + "/before/assets/index.html") == "<h1>page 1</h1>")
        let result = try export("after")
        #expect(result.status == 0 && result.errors == "building\n", "\(result.errors)")
        #expect(Self.text(target.path + "/after/assets/index.html") == "built\n")
        for kind in [
            ["artifact", "\(target.path)/a.tar.gz"], ["oci", "\(target.path)/a.tar"], ["systemd"], ["compose"],
        ] {
            let failed = try Program.run(["export"] + kind + ["--build", "echo no; exit 3"], in: app.path)
            #expect(failed.status == 1 && failed.output.isEmpty)
            #expect(failed.errors.contains("The build command 'echo no; exit 3' ended with"), "\(failed.errors)")
        }
        let stored = try export("stored", "--of", "revision:1", "--build", "true")
        #expect(stored.errors.contains("'--build' goes with '--of project'"), "\(stored.errors)")
    }

    @Test("A directory that has something in it is left alone, and what does not run is not written")
    func refused() throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        try target.write("mine", to: "out/file")
        let full = try Program.run(["export", "wwwroot", target.path + "/out"], in: app.path)
        #expect(full.status != 0 && full.errors.contains("not empty"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path + "/out") == ["file"])
        let none = try Program.run(["export", "wwwroot", target.path + "/new", "--of", "serving"], in: app.path)
        #expect(none.status != 0 && none.errors.contains("does not run"))
    }

    // MARK: Artifacts

    private static func unpack(_ archive: String, into directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let tar = try Process.run(
            URL(fileURLWithPath: "/bin/tar"), arguments: ["-xzf", archive, "-C", directory])
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0)
    }

    /// The address of what `hippo-dev wagi` serves in a directory.
    private static func serve(_ directory: String) async throws -> (process: TextProcess, url: String) {
        let wagi = try TextProcess(
            Program.path, ["wagi", "-c", "modules.toml", "--listen", "127.0.0.1:0"], in: directory)
        let line = try await wagi.next(containing: "Serving at ")
        return (wagi, String(line.dropFirst("Serving at ".count).dropLast()))
    }

    @Test("An artifact of the project, unpacked, is served by 'hippo-dev wagi -c modules.toml' alone, its files too")
    func artifactOfProject() async throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        let result = try Program.run(["export", "artifact", "--project", app.path], in: target.path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("small-1.2.3.tar.gz  sha256:") && result.output.contains("of the project"))
        #expect(result.errors.contains("wagi serves no files"))
        try Self.unpack(target.path + "/small-1.2.3.tar.gz", into: target.path + "/out")
        let (wagi, url) = try await Self.serve(target.path + "/out")
        #expect(try get(url + "/hello").body == "hello 1")
        #expect(try get(url + "/assets/index.html").body == "<h1>page 1</h1>")
        #expect(try get(url + "/modules.toml").status == 404)
        kill(wagi.id, SIGTERM)
        #expect(try await wagi.waitForEnd() == 0)
        let wrong = try Program.run(["export", "artifact", "out.zip", "--project", app.path], in: target.path)
        #expect(wrong.status == 2 && wrong.errors.contains(".tar.gz"))
    }

    @Test("What serves, and a state of the bindle, give the same bytes as the project that they are of")
    func artifactOfWhatServes() async throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        func export(_ name: String, _ source: String?) throws -> Data {
            let result = try Program.run(
                ["export", "artifact", "\(target.path)/\(name).tar.gz", "--project", app.path]
                    + (source.map { ["--of", $0] } ?? []))
            #expect(result.status == 0, "\(result.errors)")
            return try Data(contentsOf: URL(fileURLWithPath: "\(target.path)/\(name).tar.gz"))
        }
        let project = try export("project", nil)
        let sandbox = try SandboxProcess(app.path, ["--no-watch"])
        _ = try await sandbox.next("ready")
        #expect(try export("serving", nil) == project && export("revision", "revision:1") == project)
        #expect(try export("bindle", "bindle:small/1.2.3") == project)
        let release = try Program.run(
            ["export", "artifact", "\(target.path)/r.tar.gz", "--of", "release:small/1.0.0", "--project", app.path])
        #expect(release.status != 0 && release.errors.contains("small/1.0.0"))
    }

    @Test("A release gives the same bytes from the store, from the sandbox that has it open, and as that serves it")
    func artifactOfRelease() async throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        func export(_ name: String) throws -> Data {
            let file = "\(target.path)/\(name).tar.gz"
            let result = try Program.run(
                ["export", "artifact", file, "--of", "release:small/2.0.0", "--project", app.path])
            #expect(result.status == 0, "\(result.errors)")
            return try Data(contentsOf: URL(fileURLWithPath: file))
        }
        do {
            let sandbox = try SandboxProcess(app.path, ["--no-watch"])
            _ = try await sandbox.next("ready")
            kill(sandbox.id, SIGTERM)
            #expect(try await sandbox.waitForEnd() == 0)
        }
        let store = app.path + "/.hippo/bindles.sqlite"
        try BindleStore(path: store).makeRelease(
            of: .bindle(BindleID("small/1.2.3")), version: SemanticVersion(2, 0, 0))
        let stored = try export("stored")
        try app.save("<h1>newer</h1>", to: "assets/index.html")
        let sandbox = try SandboxProcess(app.path, ["--no-watch"])
        let ready = try await sandbox.next("ready")
        let root = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "")
        #expect(try export("sandbox") == stored)
        let checksum = try get(root + "/artifacts/small/2.0.0.tar.gz.sha256").body.prefix(64)
        #expect(String(checksum) == SHA256.hash([UInt8](stored)).hex)
        #expect(try get(root + "/artifacts/small/2.0.0.tar.gz?sha256=\(checksum)").status == 200)
        let other = String(checksum.reversed())
        #expect(try get(root + "/artifacts/small/2.0.0.tar.gz?sha256=\(other)").status == 410)
        // What serves is not what the release is.
        #expect(try get(root + "/artifacts/small/1.2.3.tar.gz.sha256").body.prefix(64) != checksum)
    }

    // MARK: Images

    private static let umoci = "/usr/bin/umoci"

    @Test(
        "An image, unpacked by umoci, serves the app in a chroot that has nothing else but /proc",
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: umoci) && geteuid() == 0,
            "umoci is not installed, or who runs the tests is not root"))
    func imageInChroot() async throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        let result = try Program.run(
            ["export", "oci", "--kind", "image", target.path + "/layout", "--project", app.path])
        #expect(result.status == 0, "\(result.errors)")
        let umoci = try Process.run(
            URL(fileURLWithPath: Self.umoci),
            arguments: ["unpack", "--image", target.path + "/layout:1.2.3", target.path + "/bundle"])
        umoci.waitUntilExit()
        try #require(umoci.terminationStatus == 0)
        let root = target.path + "/bundle/rootfs"
        #expect(
            try FileManager.default.attributesOfItem(atPath: root + "/tmp")[.posixPermissions] as? Int == 0o1777)
        let config = try JSONValue(parsing: Data(contentsOf: URL(fileURLWithPath: target.path + "/bundle/config.json")))
        let process = try #require(config.object?["process"]?.object)
        #expect(process["cwd"]?.string == "/srv/app" && process["user"]?.object?["uid"]?.integer == 65534)
        #expect((process["args"]?.array ?? []).compactMap(\.string).prefix(2) == ["/usr/local/bin/hippo-dev", "wagi"])
        let wagi = try TextProcess(
            "/usr/bin/unshare",
            [
                "--mount-proc=/proc", "--root=\(root)", "--wd=/srv/app", "--setuid=65534", "--setgid=65534",
                "/usr/local/bin/hippo-dev", "wagi", "-c", "modules.toml", "--listen", "127.0.0.1:0",
            ], environment: ["LD_LIBRARY_PATH": "/usr/local/lib/hippo-dev", "TMPDIR": "/tmp"])
        let line = try await wagi.next(containing: "Serving at ")
        let url = line.dropFirst("Serving at ".count).dropLast()
        #expect(try get(url + "/hello").body == "hello 1")
        #expect(try get(url + "/assets/index.html").body == "<h1>page 1</h1>")
        kill(wagi.id, SIGTERM)
        #expect(try await wagi.waitForEnd() == 0)
    }

    @Test(
        "Modules that were pushed to a registry are fetched by 'oci:' in a modules.toml",
        .enabled(if: DockerRegistry.isInstalled, "docker-registry is not installed"))
    func modulesOfRegistry() async throws {
        let app = try SmallApp()
        let registry = try DockerRegistry()
        let result = try Program.run(["export", "oci", "--push", "\(registry.host)/org/small", "--project", app.path])
        #expect(
            result.status == 0 && result.output.contains("\(registry.host)/org/small:1.2.3  sha256:"),
            "\(result.errors)")
        let directory = try TemporaryDirectory()
        try directory.write(
            "[[module]]\nroute = \"/hello\"\nmodule = \"oci:\(registry.host)/org/small:1.2.3\"\n", to: "modules.toml")
        let (wagi, url) = try await Self.serve(directory.path)
        #expect(try get(url + "/hello").body == "hello 1")
        kill(wagi.id, SIGTERM)
        _ = try await wagi.waitForEnd()
        let none = try Program.run(
            [
                "wagi", "-c",
                try directory.write(
                    "[[module]]\nroute = \"/\"\nmodule = \"oci:\(registry.host)/org/small:none\"\n", to: "none.toml"
                ).path,
            ])
        #expect(none.status != 0 && none.errors.contains("small:none"))
    }
}
