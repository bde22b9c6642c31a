import Foundation
import HTTP
import SandboxProtocol
import TestSupport
import Testing

/// `hippo-dev up` among a developer's other tools: editor, terminal, browser, and other sandboxes.
@Suite(.timeLimit(.minutes(15)))
struct ToolTests {
    private static let anyPorts = ["--listen", "127.0.0.1:0", "--bindle-listen", "127.0.0.1:0"]
    private static let script = "/usr/bin/script"
    private static let hasScript = FileManager.default.isExecutableFile(atPath: script)

    // MARK: Editor

    /// What the expressions of the generated task find in a line, as VS Code tries them.
    private struct ProblemMatchers {
        struct Problem: Equatable {
            let file: String
            var line: String?
            var column: String?
            var message: String
        }

        let begin: NSRegularExpression
        let end: NSRegularExpression
        private var patterns: [(expression: NSRegularExpression, groups: [String: Int])] = []

        init(tasks: String) throws {
            let document = try JSONSerialization.jsonObject(with: Data(tasks.utf8)) as? [String: Any]
            let all = try #require(document?["tasks"] as? [[String: Any]])
            let up = try #require(all.first { $0["isBackground"] as? Bool == true })
            let matchers = try #require(up["problemMatcher"] as? [[String: Any]])
            let background = try #require(matchers[0]["background"] as? [String: Any])
            begin = try NSRegularExpression(pattern: try #require(background["beginsPattern"] as? String))
            end = try NSRegularExpression(pattern: try #require(background["endsPattern"] as? String))
            for matcher in matchers {
                guard let pattern = matcher["pattern"] as? [String: Any] else { continue }
                let expression = try NSRegularExpression(pattern: try #require(pattern["regexp"] as? String))
                patterns.append((expression, pattern.compactMapValues { $0 as? Int }))
            }
        }

        static func matches(_ expression: NSRegularExpression, _ line: String) -> Bool {
            expression.firstMatch(in: line, range: NSRange(line.startIndex..., in: line)) != nil
        }

        func problem(in line: String) -> Problem? {
            for (expression, groups) in patterns {
                let range = NSRange(line.startIndex..., in: line)
                guard let match = expression.firstMatch(in: line, range: range) else { continue }
                func group(_ name: String) -> String? {
                    groups[name].flatMap { Range(match.range(at: $0), in: line) }.map { String(line[$0]) }
                }
                return Problem(
                    file: group("file") ?? "", line: group("line"), column: group("column"),
                    message: group("message") ?? "")
            }
            return nil
        }
    }

    @Test("The problem matcher finds rebuilds and failures in what up writes")
    func theProblemMatcherFindsRebuildsAndFailuresInWhatUpWrites() async throws {
        let directory = try TemporaryDirectory()
        let made = try Program.run(["new", "app", "--vscode"], in: directory.path)
        #expect(made.status == 0, "\(made.errors)")
        let project = directory.path + "/app"
        let tasks = try String(contentsOfFile: project + "/.vscode/tasks.json", encoding: .utf8)
        let matchers = try ProblemMatchers(tasks: tasks)
        let up = try TextProcess(Program.path, ["up", project] + Self.anyPorts)
        func rebuild(_ change: () throws -> Void) async throws -> [ProblemMatchers.Problem] {
            let before = up.lines.count
            try change()
            try await up.next("begin of a rebuild") { ProblemMatchers.matches(matchers.begin, $0) }
            try await up.next("end of a rebuild") { ProblemMatchers.matches(matchers.end, $0) }
            return up.lines.dropFirst(before).compactMap(matchers.problem)
        }
        // The first revision serves: the task is ready.
        try await up.next("ready") { ProblemMatchers.matches(matchers.end, $0) }
        #expect(up.lines.compactMap(matchers.problem).isEmpty)

        let handler = try String(contentsOfFile: project + "/hello.wat", encoding: .utf8)
        var problems = try await rebuild {
            try directory.write("(module\n  (func $f (nonsense)))", to: "app/hello.wat")
        }
        #expect(problems.count == 1)
        #expect(problems.first?.file == "hello.wat")
        #expect(problems.first?.line == "2")
        #expect(Int(problems.first?.column ?? "") != nil)
        #expect(problems.first?.message.isEmpty == false)
        problems = try await rebuild { try directory.write(handler, to: "app/hello.wat") }
        #expect(problems.isEmpty)

        let facts = try String(contentsOfFile: project + "/HIPPOFACTS", encoding: .utf8)
        problems = try await rebuild {
            try directory.write("[bindle]\nname = \"app\"\nversion = 1\n", to: "app/HIPPOFACTS")
        }
        #expect(problems.first?.file == "HIPPOFACTS")
        #expect(problems.first?.line == "3")
        problems = try await rebuild { try directory.write(facts, to: "app/HIPPOFACTS") }
        #expect(problems.isEmpty)

        // A module that is no module: there is a file, and no line.
        problems = try await rebuild {
            try directory.write(facts.replacingOccurrences(of: "hello.wat", with: "bad.wasm"), to: "app/HIPPOFACTS")
        }
        #expect(problems.first?.file == "HIPPOFACTS")
        problems = try await rebuild { try directory.write("no module", to: "app/bad.wasm") }
        #expect(problems.first?.file == "bad.wasm")
        #expect(problems.first?.line == nil)
    }

    @Test("The problem matcher finds what compilers report") func theProblemMatcherFindsWhatCompilersReport()
        async throws
    {
        let directory = try TemporaryDirectory()
        try directory.write(SmallApp.handler(answering: "built"), to: "source.wat")
        try directory.write(
            "[bindle]\nname = \"b\"\nversion = \"1.0.0\"\n[[handler]]\nname = \"out/m.wat\"\nroute = \"/\"\n",
            to: "HIPPOFACTS")
        try directory.write(
            "[build]\ncommand = \"sh build.sh\"\nwatch = [\"source.wat\", \"build.sh\"]\n", to: "hippo-dev.toml")
        let good = "mkdir -p out && cp source.wat out/m.wat\n"
        try directory.write(good, to: "build.sh")
        try directory.write("{}", to: "package.json")
        let made = try Program.run(["init", "--as", "npm", "--vscode"], in: directory.path)
        #expect(made.status == 0, "\(made.errors)")
        let tasks = try String(contentsOfFile: directory.path + "/.vscode/tasks.json", encoding: .utf8)
        let matchers = try ProblemMatchers(tasks: tasks)
        let up = try TextProcess(Program.path, ["up", directory.path] + Self.anyPorts)
        try await up.next("ready") { ProblemMatchers.matches(matchers.end, $0) }
        let before = up.lines.count
        try directory.write(
            "echo 'source.wat:3:1: warning: hm'; echo \"source.wat:4:9: error: expected ';'\"; exit 3\n", to: "build.sh"
        )
        let failed = try await up.next(containing: "✗ build failed")
        let expected = ProblemMatchers.Problem(file: "source.wat", line: "4", column: "9", message: "expected ';'")
        #expect(matchers.problem(in: failed) == expected)
        let problems = up.lines.dropFirst(before).compactMap(matchers.problem)
        #expect(problems.contains(.init(file: "source.wat", line: "3", column: "1", message: "hm")))
        #expect(problems.contains(expected))
        _ = try await up.next(containing: "The build command 'sh build.sh' ended with exit code 3.")
        try directory.write(good, to: "build.sh")
        _ = try await up.next(containing: "●")
    }

    // MARK: Terminal

    /// `up` on a pseudo-terminal, and the terminal's mode after it.
    private func onTerminal(_ app: SmallApp, environment: [String: String] = [:]) throws -> TextProcess {
        let ports = Self.anyPorts.joined(separator: " ")
        let line = "\(Program.path) up \(app.path) \(ports); echo status $?; stty -a"
        return try TextProcess(
            Self.script, ["-qfec", line, "/dev/null"],
            environment: ["TERM": "xterm", "NO_COLOR": "1"].merging(environment) { $1 })
    }

    @Test("Keys do what they are for", .enabled(if: hasScript, "no script here"))
    func keysDoWhatTheyAreFor() async throws {
        let app = try SmallApp()
        let opened = app.path + "/opened"
        let browser = try app.directory.write(
            "#!/bin/sh\necho \"$1\" > \(opened).new && mv \(opened).new \(opened)\n", to: "browser.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: browser.path)
        let terminal = try onTerminal(app, environment: ["BROWSER": browser.path])
        let page = try await terminal.next(containing: "app      http://127.0.0.1:")
        _ = try await terminal.next(containing: "press ? for keys")
        terminal.type("?")
        _ = try await terminal.next(containing: "q  quit")
        terminal.type("r")
        _ = try await terminal.next(containing: "↻ rebuilding")
        _ = try await terminal.next(containing: "● revision 1")
        // An arrow is no key of these, though letters are in it.
        terminal.type("\u{1B}[C")
        terminal.type("o")
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while !FileManager.default.fileExists(atPath: opened), ContinuousClock.now < deadline { usleep(2000) }
        let url = try String(contentsOfFile: opened, encoding: .utf8)
        #expect(page.hasSuffix(url.trimmingCharacters(in: .whitespacesAndNewlines)))
        terminal.type("c")
        terminal.type("q")
        _ = try await terminal.next(containing: "stopped: quit")
        _ = try await terminal.next(containing: "status 0")
        let mode = try await terminal.next("mode of the terminal") { $0.contains("icanon") }
        #expect(mode.split(separator: " ").contains("icanon"))
        #expect(terminal.lines.contains { $0.contains("\u{1B}[2J") })
    }

    @Test(
        "The terminal is put back whatever ends the sandbox", .enabled(if: hasScript, "no script here"),
        arguments: [SIGTERM, SIGINT, SIGQUIT, SIGSEGV])
    func theTerminalIsPutBackWhateverEndsTheSandbox(_ signal: Int32) async throws {
        let app = try SmallApp()
        let terminal = try onTerminal(app)
        _ = try await terminal.next(containing: "press ? for keys")
        let holder = try #require(try RunningProcess.sandbox(in: app.path))
        kill(holder, signal)
        let mode = try await terminal.next("mode of the terminal") { $0.contains("icanon") }
        #expect(mode.split(separator: " ").contains("icanon"))
    }

    @Test("Keys are taken after the background too", .enabled(if: hasScript, "no script here"))
    func keysAreTakenAfterTheBackgroundToo() async throws {
        let app = try SmallApp()
        let up = "\(Program.path) up \(app.path) \(Self.anyPorts.joined(separator: " "))"
        let terminal = try TextProcess(
            Self.script, ["-qfc", "bash -c 'set -m; \(up) & read line; fg; echo status $?'", "/dev/null"],
            environment: ["TERM": "xterm", "NO_COLOR": "1", "SHELL": "/bin/sh"])
        _ = try await terminal.next(containing: "press ? for keys")
        terminal.type("\n")
        terminal.type("?")
        _ = try await terminal.next(containing: "q  quit")
        terminal.type("q")
        _ = try await terminal.next(containing: "status 0")
    }

    @Test("A password is not shown and may be given up", .enabled(if: hasScript, "no script here"))
    func aPasswordIsNotShownAndMayBeGivenUp() async throws {
        let home = try TemporaryDirectory()
        let login = "\(Program.path) login -s http://127.0.0.1:1/v1 --bindle-username ada"
        let terminal = try TextProcess(
            Self.script, ["-qfc", "\(login); echo first $?; \(login); echo second $?; stty -a", "/dev/null"],
            environment: [
                "TERM": "xterm", "NO_COLOR": "1", "HOME": home.path, "XDG_CONFIG_HOME": home.path,
                "BINDLE_PASSWORD": "", "BINDLE_TOKEN": "",
            ])
        for (keys, answer) in [("secret\u{3}", "first 1"), ("secret\u{15}\u{4}", "second 1")] {
            try await terminal.prompt("Password of ada")
            terminal.type(keys)
            _ = try await terminal.next(containing: answer)
        }
        let mode = try await terminal.next("mode of the terminal") { $0.contains("icanon") }
        #expect(mode.split(separator: " ").contains("icanon"))
        #expect(terminal.lines.contains { $0.contains("interrupted") })
        #expect(terminal.lines.contains { $0.contains("nothing was typed") })
        #expect(!terminal.lines.contains { $0.contains("secret") })
    }

    @Test("Before data is removed, somebody at a terminal is asked", .enabled(if: hasScript, "no script here"))
    func beforeDataIsRemovedSomebodyIsAsked() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("12", to: "data/a").path
        let reset = "\(Program.path) data reset --data \(directory.path)/data"
        let terminal = try TextProcess(
            Self.script, ["-qfc", "\(reset); echo first $?; \(reset); echo second $?", "/dev/null"],
            environment: ["TERM": "xterm", "NO_COLOR": "1"])
        for (keys, answer, isThere) in [("\n", "first 1", true), ("y\n", "second 0", false)] {
            try await terminal.prompt("Remove 1 file (2 B) from \(directory.path)/data? [y/N]")
            terminal.type(keys)
            _ = try await terminal.next(containing: answer)
            #expect(FileManager.default.fileExists(atPath: file) == isThere)
        }
    }

    private enum RunningProcess {
        /// The process that the lock file of a project names.
        static func sandbox(in directory: String) throws -> pid_t? {
            let status = try Program.run(["status", directory])
            let words = status.output.split(whereSeparator: \.isWhitespace)
            return words.count > 1 && words[0] == "process" ? pid_t(words[1]) : nil
        }
    }

    @Test("Colours are for terminals and whoever asks", .enabled(if: hasScript, "no script here"))
    func coloursAreForTerminalsAndWhoeverAsks() async throws {
        let app = try SmallApp()
        let piped = try TextProcess(Program.path, ["up", app.path, "--ephemeral"] + Self.anyPorts)
        let line = try await piped.next(containing: "● serving small/1.2.3")
        #expect(!line.contains("\u{1B}"))
        #expect(!piped.lines.contains { $0.contains("press ? for keys") })
        let asked = try TextProcess(Program.path, ["up", app.path, "--ephemeral", "--color", "always"] + Self.anyPorts)
        #expect(try await asked.next(containing: "serving ").contains("\u{1B}[32m●"))
    }

    // MARK: Shell

    @Test("The shell completes the tools own command lines") func theShellCompletesTheToolsOwnCommandLines() throws {
        let script = try Program.run(["completions", "bash"]).output
        let directory = try TemporaryDirectory()
        try directory.write(script, to: "completions.bash")
        func completed(_ words: String) throws -> Set<String> {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = [
                "--norc", "-c",
                """
                source \(directory.path)/completions.bash
                COMP_WORDS=(\(words)) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _hippo_dev
                printf '%s\\n' "${COMPREPLY[@]}"
                """,
            ]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Set(String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init))
        }
        #expect(try completed("hippo-dev u") == ["up"])
        #expect(try completed("hippo-dev bindle ''").isSuperset(of: ["serve", "list"]))
        #expect(try completed("hippo-dev up --color ''") == ["auto", "always", "never"])
        #expect(try completed("hippo-dev new x -t ''").isSuperset(of: ["wat", "rust", "static"]))
        #expect(try completed("hippo-dev up --open --por") == ["--port"])
        // What is for its own processes is shown to nobody.
        #expect(try completed("hippo-dev wagi --control") == [])
    }

    @Test("The manual has every command") func theManualHasEveryCommand() throws {
        let page = try Program.run(["manual"]).output
        for command in ["up", "new", "init", "logs", "bindle serve", "completions"] {
            #expect(page.contains("\n.SS \(command.replacingOccurrences(of: "-", with: "\\-"))\n"), "no \(command)")
        }
    }

    // MARK: Other sandboxes

    @Test("A second up says where the first serves") func aSecondUpSaysWhereTheFirstServes() async throws {
        let app = try SmallApp()
        #expect(try Program.run(["status", app.path]).status == 1)
        let first = try SandboxProcess(app.path)
        let ready = try await first.next("ready")
        let url = try #require(ready["app"]?.string)
        let second = try Program.run(["up", app.path] + Self.anyPorts)
        #expect(second.status == 1)
        #expect(second.errors.contains("as process \(first.id)"))
        #expect(second.errors.contains(url))
        let status = try Program.run(["status", app.path, "--json"])
        #expect(status.status == 0)
        #expect(status.output.contains("\"app\":\"\(url)\""))
        // However it ends, nothing hinders the next one.
        kill(first.id, SIGKILL)
        _ = try await first.waitForEnd()
        #expect(try Program.run(["status", app.path]).status == 1)
        let third = try SandboxProcess(app.path)
        try await third.next("ready")
    }

    @Test("A sandbox that keeps nothing is found too") func aSandboxThatKeepsNothingIsFoundToo() async throws {
        let app = try SmallApp()
        let temporary = try TemporaryDirectory()
        let environment = ["TMPDIR": temporary.path]
        var leftovers: [String] { (try? FileManager.default.contentsOfDirectory(atPath: temporary.path)) ?? [] }
        func run(_ arguments: String...) throws -> Program.Result {
            try Program.run(arguments, environment: environment)
        }
        let first = try SandboxProcess(app.path, ["--ephemeral"], environment: environment)
        let url = try #require(try await first.next("ready")["app"]?.string)
        let status = try run("status", app.path, "--json")
        #expect(status.status == 0)
        #expect(status.output.contains("\"app\":\"\(url)\"") && status.output.contains("\"ephemeral\":true"))
        #expect(try run("logs", app.path).output.contains(url))

        // Where it serves, no other can; elsewhere one can, and says so.
        let port = String(try HTTPURL(url).port)
        let second = try run("up", app.path, "--ephemeral", "--port", port)
        #expect(second.status == 1 && second.errors.contains("as process \(first.id)"), "\(second.errors)")
        let third = try SandboxProcess(app.path, environment: environment)
        let other = try #require(try await third.next("ready")["app"]?.string)
        let note = "\(first.id), and serves at \(url)"
        #expect(third.events("log").contains { $0["text"]?.string?.contains(note) == true })
        let all = try run("status", app.path, "--json").output.split(separator: "\n")
        #expect(all.count == 2 && all.first?.contains(other) == true, "\(all)")

        // Nothing of them stays, if not at once.
        kill(first.id, SIGKILL)
        _ = try await first.waitForEnd()
        #expect(!leftovers.isEmpty)
        #expect(try run("status", app.path, "--json").output.split(separator: "\n").count == 1)
        let fourth = try SandboxProcess(app.path, ["--ephemeral"], environment: environment)
        try await fourth.next("ready")
        let follower = try TextProcess(Program.path, ["logs", app.path, "-f"], environment: environment)
        kill(third.id, SIGTERM)
        kill(fourth.id, SIGTERM)
        _ = try await follower.next(containing: "■ stopped")
        _ = try await (third.waitForEnd(), fourth.waitForEnd())
        #expect(leftovers.allSatisfy { !$0.hasPrefix("hippo-dev-\(geteuid())-") }, "\(leftovers)")
    }

    @Test("A check warns of 'reuse' where it has no effect, as up does") func uselessReuse() throws {
        let app = try SmallApp()
        try app.save("[[handler]]\nroute = \"/hello\"\nreuse = 4\n", to: "hippo-dev.toml")
        let check = try Program.run(["check", app.path])
        #expect(check.status == 0 && check.errors.contains("hello.wat: 'reuse' is for components"), "\(check)")
        #expect(try Program.run(["check", app.path, "--json"]).output.contains("'reuse' is for components"))
    }

    @Test("Warnings name files as failures do: relative to the project") func warningsAreRelative() async throws {
        let app = try SmallApp()
        try app.save("[[handler]]\nroute = \"/helo\"\nreuse = 4\n", to: "hippo-dev.toml")
        let sandbox = try SandboxProcess(app.path)
        try await sandbox.next("ready")
        let texts = sandbox.events("log").compactMap { $0["text"]?.string }
        #expect(texts.contains { $0.hasPrefix("warning: hippo-dev.toml:") }, "\(texts)")
    }

    @Test("Logs show what a sandbox elsewhere tells") func logsShowWhatASandboxElsewhereTells() async throws {
        let app = try SmallApp()
        #expect(try Program.run(["logs", app.path]).status == 1)
        let sandbox = try SandboxProcess(app.path)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let follower = try TextProcess(Program.path, ["logs", app.path, "-f"])
        _ = try await follower.next(containing: "● serving small/1.2.3")
        _ = try get(url + "hello")
        #expect(try await follower.next(containing: "GET").contains("/hello"))
        try app.writeHandler("hello 2")
        _ = try await follower.next(containing: "↻ hello.wat changed")
        _ = try await follower.next(containing: "● revision 2")
        let last = try Program.run(["logs", app.path, "-n", "1", "--json"])
        #expect(last.output.split(separator: "\n").count == 1)
        #expect(last.output.contains("\"event\":\"serving\""))
        let mute = try Program.run(["logs", app.path, "--route", "/nope"])
        #expect(mute.output.isEmpty && mute.errors.contains("/nope"), "\(mute.errors)")
        // What there was is still there when the sandbox has ended.
        kill(sandbox.id, SIGTERM)
        _ = try await sandbox.waitForEnd()
        #expect(try Program.run(["logs", app.path]).output.contains("■ stopped: terminated"))
    }
}
