import Foundation
import TestSupport
import Testing

/// `up --once`: the app is served for a command.
@Suite("Served once", .timeLimit(.minutes(15))) struct OnceTests {
    private let app: SmallApp

    init() throws {
        app = try SmallApp()
    }

    private func run(_ arguments: String...) throws -> Program.Result {
        try Program.run(["up", app.path, "--once"] + arguments)
    }

    @Test("The command finds the app at APP_URL, standard output is its own, and its exit code is the program's")
    func command() throws {
        let script = """
            echo "$APP_URL"
            echo "$0 $1" > \(app.path)/words
            \(Program.path) bindle list --bindle-url "$APP_URL/none" 2> \(app.path)/answer
            exit 7
            """
        let result = try run(
            "--wait-for", "/hello", "--wait-for", "/assets/index.html", "--", "sh", "-c", script, "a", "--once")
        #expect(result.status == 7, "\(result.errors)")
        let url = result.output.split(separator: "\n").first.map(String.init) ?? ""
        #expect(url.hasPrefix("http://127.0.0.1:") && !url.hasSuffix("/"), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
        #expect(result.errors.contains(" /hello ") && result.errors.contains("stopped: done"), "\(result.errors)")
        #expect(try String(contentsOfFile: app.path + "/words", encoding: .utf8) == "a --once\n")
        // The app answered it.
        let answer = try String(contentsOfFile: app.path + "/answer", encoding: .utf8)
        #expect(answer.contains("404"), "\(answer)")
        // Nothing is left.
        #expect(!FileManager.default.fileExists(atPath: app.path + "/.hippo/bindles.sqlite"))
    }

    @Test("Without a command, it only has to serve") func noCommand() throws {
        let result = try run("--wait-for", "/hello")
        #expect(result.status == 0 && result.output.isEmpty, "\(result)")
    }

    @Test("A build that fails, a path that is not there, and a program that is not end with 1, and run nothing")
    func failures() throws {
        let command = ["--", "touch", app.path + "/ran"]
        for (options, text) in [
            (["--build", "echo no; exit 3"], "exit code 3"), (["--wait-for", "/none"], "/none is answered with 404"),
            (["--", "no-such-program"], "the program 'no-such-program' is not there"),
        ] {
            let words = ["up", app.path, "--once"] + options + (options.contains("--") ? [] : command)
            let result = try Program.run(words)
            #expect(result.status == 1, "\(words)")
            #expect(result.errors.contains(text), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: app.path + "/ran"))
        }
        let usage = try Program.run(["up", app.path, "--wait-for", "/"])
        #expect(usage.status == 2 && usage.errors.contains("go with '--once'"), "\(usage)")
        #expect(try run("--wait-for", "none").errors.contains("a path that begins with '/'"))
    }

    @Test("The help says which answers of a path are waited for, and which are not") func waitedFor() throws {
        let help = try Program.run(["up", "--help"]).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(help.contains("for as long as nothing answers or the status is 502, 503, 504."))
        #expect(help.contains("Any other status from 400 on ends 'up' at once, with 1."))
    }

    @Test("A signal ends the command, too") func interruption() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = [
            "up", app.path, "--once", "--", "sh", "-c", "echo $$ > \(app.path)/id; sleep 300; sleep 300",
        ]
        process.environment = UserConfiguration.environment(adding: [:])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let file = app.path + "/id"
        let id = try #require(
            await found(within: SandboxProcess.patience) {
                (try? String(contentsOfFile: file, encoding: .utf8))
                    .flatMap { pid_t($0.trimmingCharacters(in: .newlines)) }
            })
        process.interrupt()
        #expect(try await process.end() == 128 + SIGTERM)
        try await SandboxProcess.waitForDeath(of: [id])
    }
}
