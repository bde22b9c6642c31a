import AppTesting
import CommandLineInterface
import HTTP
import Hippofacts
import Platform
import Sandbox
import Synchronization
import TOML

extension Command {
    /// `hippo-dev test`: tests of a project's app by requests.
    static let test = Command(
        name: "test",
        summary: "Test a project's app by the requests of tests/*.toml.",
        discussion: """
            Builds the project as 'hippo-dev up' does, and sends the requests of each file to an app of its own, in \
            their order. Files are run beside each other. A file has:

              [[request]]
              name = "an entry is kept"
              method = "POST"                       # by default GET
              path = "/entries"
              headers = { Accept = "application/json" }
              body = '{"text": "hello"}'
              expect.status = 201                   # by default any below 400
              expect.headers = { Content-Type = "application/json" }
              expect.json = { text = "hello" }      # at least this; or expect.body, or expect.matches (a pattern)
              capture.id = { json = "/id" }         # or { header = "Location" }, or { matches = "id=([0-9]+)" }

              [[request]]
              path = "/entries/${id}"

            Ends with 0 if all tests have passed, with 1 if one has failed, and with 2 if they cannot be run.
            """,
        options: [TestOptions.filter, TestOptions.junit, TestOptions.watch, OutputOptions.color]
            + ProjectApplication.Options.all,
        arguments: [TestOptions.files],
        examples: [
            Example("hippo-dev test", "Run all tests of the project in this directory."),
            Example("hippo-dev test tests/entries.toml --filter kept", "Run some of a file."),
            Example("hippo-dev test --watch", "Run them whenever something changes."),
        ],
        action: { try TestOptions.run($0) }
    )
}

/// The options of `hippo-dev test`.
private enum TestOptions {
    static let files = Argument(
        "FILES", summary: "Files of tests. [default: tests/*.toml in the project]", arity: .repeated)
    static let filter = Option(
        name: "filter", valueName: "TEXT",
        summary: "Run only tests with this in their names, and what they need of the requests before them.")
    static let junit = Option(
        name: "junit", valueName: "FILE", summary: "Write the results as XML in JUnit's form, too.",
        kind: .file(extensions: ["xml"]))
    static let watch = Option(flag: "watch", shortName: "w", summary: "Run the tests again whenever something changes.")

    /// They cannot be run.
    private static let cannotRun = ExitCode(rawValue: 2)

    static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let path = arguments[ProjectApplication.Options.project] ?? "."
        var toldVariables: String?
        guard arguments.isSet(watch) else { return runOnce(arguments, path, watch: nil, &toldVariables) }
        let projectWatch = try ProjectWatch(path: path, patterns: [GlobPattern("tests/**/*")])
        while true {
            _ = runOnce(arguments, path, watch: projectWatch, &toldVariables)
            projectWatch.waitForChange()
            say("")
        }
    }

    /// - Parameter toldVariables: which variables come from `.env`, as it was told last.
    private static func runOnce(
        _ arguments: ParsedArguments, _ path: String, watch: ProjectWatch?, _ toldVariables: inout String?
    ) -> ExitCode {
        do {
            let files = try testFiles(arguments, path)
            let application = try ProjectApplication(arguments)
            watch?.update(settings: application.settings)
            watch?.forgetOutputs()
            if let note = application.settings.guestVariables.note, note != toldVariables {
                StandardError.write("\(note)\n")
                toldVariables = note
            }
            return try run(files, application, arguments)
        } catch {
            let text = "\(error)"
            StandardError.write("error: \(text)\n")
            watch?.update(settings: nil)
            watch?.forgetOutputs()
            return cannotRun
        }
    }

    private static func run(
        _ files: [TestFile], _ application: ProjectApplication, _ arguments: ParsedArguments
    ) throws -> ExitCode {
        let renderer = TestRenderer(usesStyles: OutputOptions.terminal(STDOUT_FILENO, arguments).usesStyles)
        // An app that cannot be loaded has failed no test.
        let first = Mutex<ProjectApplication.Instance?>(try application.instance())
        let run = TestRun(
            files, filter: arguments[filter], concurrency: Processors.count,
            makeTarget: { _ in
                let loaded = first.withLock { $0.take() }
                return AppTarget(instance: try loaded ?? application.instance())
            })
        let began = ContinuousClock.now
        let results = run.run { say(renderer.lines(of: $0).joined(separator: "\n")) }
        say(renderer.summary(of: results, took: .now - began))
        if let report = arguments[junit] {
            try FileWriter.write(Array(JUnitReport.xml(results).utf8), to: report)
        }
        if results.allSatisfy(\.tests.isEmpty) {
            throw CommandFailure("no test has '\(arguments[filter] ?? "")' in its name")
        }
        return results.contains(where: \.hasFailed) ? .failure : .success
    }

    /// The files that are named, or else those of the project.
    private static func testFiles(_ arguments: ParsedArguments, _ path: String) throws -> [TestFile] {
        var paths = arguments.values(of: files)
        if paths.isEmpty {
            let directory = testDirectory(of: path)
            paths = ((try? Directories.names(in: directory)) ?? []).filter { $0.hasSuffix(".toml") }.sorted().map {
                "\(directory)/\($0)"
            }
            guard !paths.isEmpty else {
                throw CommandFailure(
                    "there is no test: write one into \(directory)/NAME.toml ('hippo-dev test --help' shows how)")
            }
        }
        return try paths.map { path in
            let bytes = try FileReader.bytes(of: path, limit: longestFile)
            do throws(TOMLError) { return try TestFile(parsing: bytes, path: path) } catch {
                throw CommandFailure(
                    "\(path):\(error.position.line):\(error.position.column): \(error.message)\n\(error.excerpt)")
            }
        }
    }

    /// The directory `tests` of a project, as people would write it.
    private static func testDirectory(of path: String) -> String {
        let directory = FileStatus(path: path)?.isDirectory == true ? path : FilePath.parent(path)
        return directory == "." || directory.isEmpty ? "tests" : "\(directory)/tests"
    }

    private static let longestFile = 16 << 20
}

/// Writes a line at once: what waits in a buffer is of no use to who follows it through a pipe.
private func say(_ line: String) {
    try? StandardOutput.write("\(line)\n")
}

/// A project's app as tests see it.
private struct AppTarget: TestTarget {
    let instance: ProjectApplication.Instance
    /// Bytes of a body that is compared.
    private static let longestBody = 64 << 20

    func response(to request: TestRequest) throws -> TestResponse {
        do {
            let response = try instance.send(
                request.method, request.path, headers: request.headers, body: request.body)
            return TestResponse(
                status: response.status.code, headers: response.headers.map { ($0.name, $0.value) },
                body: try response.readAll(limit: Self.longestBody))
        } catch let error as ClientError {
            throw NoResponse(error)
        }
    }

    /// Why there is no whole response, without the address of a server that there is not.
    private struct NoResponse: Error, CustomStringConvertible {
        let description: String

        init(_ error: ClientError) {
            description =
                switch error.reason {
                case .disconnected: "the app broke off before the end of its response"
                default: String("\(error)".dropFirst("\(error.url): ".count))
                }
        }
    }
}
