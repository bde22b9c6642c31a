import Foundation
import JSON
import SandboxProtocol
import TestSupport
import Testing

/// What a build command writes never starts or cancels it.
@Suite(.timeLimit(.minutes(15)))
struct BuildTests {
    private static let hippofacts =
        "[bindle]\nname = \"b\"\nversion = \"1.0.0\"\n[[handler]]\nname = \"m.wat\"\nroute = \"/\"\n"

    /// A project with a build command, which counts its runs in a file that is not looked at.
    private func project(_ command: String, watch: String? = nil) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write(Self.hippofacts, to: "HIPPOFACTS")
        try directory.write(SmallApp.handler(answering: "served"), to: "m.wat")
        let patterns = watch.map { "watch = [\"\($0)\"]\n" } ?? ""
        try directory.write(
            "[build]\ncommand = '''\necho >> .count\n\(command)\n'''\n\(patterns)", to: "hippo-dev.toml")
        return directory
    }

    private func buildCount(_ directory: TemporaryDirectory) -> Int {
        ((try? String(contentsOfFile: directory.path + "/.count", encoding: .utf8)) ?? "").count
    }

    /// Waits until a build has run once more for what the first one has left, and something serves.
    private func settle(_ directory: TemporaryDirectory, _ sandbox: SandboxProcess, builds: Int) async throws {
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while buildCount(directory) < builds || sandbox.isBuilding(in: directory), .now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(buildCount(directory) == builds)
    }

    /// Saves what is no input of the build, and waits until it is served: by then, the last build has been looked at.
    private func serveAnother(_ text: String, _ directory: TemporaryDirectory, _ url: String) async throws {
        let file = try directory.write(SmallApp.handler(answering: text), to: ".new")
        guard rename(file.path, directory.path + "/m.wat") == 0 else { throw CocoaError(.fileWriteUnknown) }
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try get(url).body != text, .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try get(url).body == text)
    }

    @Test(
        "a linker that writes under a new name each time, then renames, is run twice at the start and once for an edit")
    func temporaryNames() async throws {
        let directory = try project("t=$(mktemp out.tmpXXXXXX); sleep 0.1; echo x > $t; mv $t out")
        let sandbox = try SandboxProcess(directory.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url).body == "served")
        try await settle(directory, sandbox, builds: 2)
        // An edit of what it may read: m.wat counts as its input.
        try await serveAnother("again", directory, url)
        try await settle(directory, sandbox, builds: 3)
        #expect(sandbox.events("failed").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).allSatisfy { !$0.contains(".tmp") })
    }

    @Test("what has been learned of a build's outputs holds for the next sandbox")
    func nextSandbox() async throws {
        let directory = try project("date +%N > stamp; date +%N > other")
        do {
            let sandbox = try SandboxProcess(directory.path)
            _ = try await sandbox.next("ready")
            try await settle(directory, sandbox, builds: 2)
            // The command may have ended before the sandbox has looked at what it has written.
            let outputs = try await found(within: SandboxProcess.patience) {
                let text = try? String(contentsOfFile: directory.path + "/.hippo/build-outputs", encoding: .utf8)
                return text.flatMap { $0.contains("stamp") && $0.contains("other") ? $0 : nil }
            }
            #expect(outputs != nil)
            kill(sandbox.id, SIGTERM)
            #expect(try await sandbox.waitForEnd() == 0)
        }
        let sandbox = try SandboxProcess(directory.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        try await settle(directory, sandbox, builds: 3)
        try await serveAnother("again", directory, url)
        try await settle(directory, sandbox, builds: 4)
    }

    @Test("outputs that the patterns of inputs take, too, are told apart by being made again")
    func watchedOutputs() async throws {
        let directory = try project(
            "cat site/src.txt > site/build/out.txt; date +%N >> site/build/log.txt", watch: "site/**/*")
        try directory.write("s\n", to: "site/src.txt")
        try FileManager.default.createDirectory(
            atPath: directory.path + "/site/build", withIntermediateDirectories: true)
        let sandbox = try SandboxProcess(directory.path)
        _ = try await sandbox.next("ready")
        try await settle(directory, sandbox, builds: 2)
        let file = try directory.write("edited\n", to: ".src")
        rename(file.path, directory.path + "/site/src.txt")
        try await settle(directory, sandbox, builds: 3)
        #expect(try String(contentsOfFile: directory.path + "/site/build/out.txt", encoding: .utf8) == "edited\n")
    }

    @Test(
        "a C project that make builds, with its objects beside the sources, is built when a source changes",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/make"), "make is needed"))
    func make() async throws {
        let directory = try project("make -s")
        // The compiler writes beside its output under a new name, then renames, as compilers do.
        try directory.write(
            "app: a.o b.o\n\tcat a.o b.o > app.tmp$$$$ && mv app.tmp$$$$ app\n"
                + "%.o: %.c\n\tcp $< $@.$$$$.tmp && mv $@.$$$$.tmp $@\n", to: "Makefile")
        for name in ["a.c", "b.c"] { try directory.write("\(name) 1\n", to: name) }
        let sandbox = try SandboxProcess(directory.path)
        _ = try await sandbox.next("ready")
        try await settle(directory, sandbox, builds: 2)
        #expect(try String(contentsOfFile: directory.path + "/app", encoding: .utf8) == "a.c 1\nb.c 1\n")
        for round in 2...3 {
            let before = buildCount(directory)
            let file = try directory.write("a.c \(round)\n", to: ".a")
            rename(file.path, directory.path + "/a.c")
            let deadline = ContinuousClock.now + SandboxProcess.patience
            while try String(contentsOfFile: directory.path + "/app", encoding: .utf8) != "a.c \(round)\nb.c 1\n",
                .now < deadline
            {
                try await Task.sleep(for: .milliseconds(5))
            }
            // The first time that an object is made again, the build runs once more.
            try await settle(directory, sandbox, builds: before + (round == 2 ? 2 : 1))
        }
        #expect(sandbox.events("failed").isEmpty)
    }

    @Test("tools that make and remove directories of new names beside the sources are run no more often")
    func temporaryDirectories() async throws {
        let directory = try project(
            """
            d=$(mktemp -d src/targetXXXXXX); o=src/m-$$.o.tmp; cat src/main > $o; sleep 0.05
            cp $o $d/x; rm -r $d; mv $o src/m.o
            """)
        try directory.write("1", to: "src/main")
        let sandbox = try SandboxProcess(directory.path)
        _ = try await sandbox.next("ready")
        try await settle(directory, sandbox, builds: 2)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path + "/src").sorted() == ["m.o", "main"])
    }

    @Test("a build that leaves new names each time runs twice, and its user is told what to do")
    func newNamesForEver() async throws {
        let directory = try project("mktemp left.XXXXXX > /dev/null")
        let sandbox = try SandboxProcess(directory.path)
        try await sandbox.next("log") { $0["text"]?.string?.contains("not run again") == true }
        #expect(buildCount(directory) == 2)
    }

    @Test("the output of up in a file of the project is no change of the project")
    func ownOutput() async throws {
        let directory = try project("true")
        let shell = try TextProcess(
            "/bin/sh",
            ["-c", "exec \"$0\" up . --listen 127.0.0.1:0 --bindle-listen 127.0.0.1:0 --json > said", Program.path],
            in: directory.path)
        let deadline = ContinuousClock.now + SandboxProcess.patience
        var url: String?
        while true {
            let text = (try? String(contentsOfFile: directory.path + "/said", encoding: .utf8)) ?? ""
            url =
                text.split(separator: "\n").compactMap { line -> String? in
                    let event = (try? JSONValue(parsing: line.utf8))?.object
                    return event?["event"]?.string == "ready" ? event?["app"]?.string : nil
                }.first
            guard url == nil, .now < deadline else { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        try await serveAnother("again", directory, try #require(url))
        // One at the start, one for the edit; what up has said meanwhile is no third.
        #expect(buildCount(directory) == 2)
        kill(shell.id, SIGTERM)
        #expect(try await shell.waitForEnd() == 0)
    }

    @Test("variables that look like secrets are kept from builds, but for those that are asked for")
    func secrets() async throws {
        let directory = try project("env > .environment")
        let text = try String(contentsOfFile: directory.path + "/hippo-dev.toml", encoding: .utf8)
        try directory.write(text + "pass-env = [\"NPM_TOKEN\"]\n", to: "hippo-dev.toml")
        let sandbox = try SandboxProcess(
            directory.path, ["--env", "GREETING=top-secret"],
            environment: ["NPM_TOKEN": "1", "GITHUB_TOKEN": "2", "HIPPO_USERNAME": "3", "HARMLESS": "4"])
        _ = try await sandbox.next("ready")
        let environment = try String(contentsOfFile: directory.path + "/.environment", encoding: .utf8)
        #expect(environment.contains("NPM_TOKEN=1") && environment.contains("HARMLESS=4"))
        #expect(!environment.contains("GITHUB_TOKEN") && !environment.contains("HIPPO_USERNAME"))
        // What modules are given stands on no command line but that of the program itself.
        for id in sandbox.descendants() {
            let commandLine = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            #expect(!String(decoding: commandLine, as: UTF8.self).contains("top-secret"))
        }
    }
}

extension SandboxProcess {
    /// Whether a shell runs that this process has started, in a project.
    func isBuilding(in directory: TemporaryDirectory) -> Bool {
        descendants().contains { id in
            let name = try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8)
            return name == "sh\n"
        }
    }
}
