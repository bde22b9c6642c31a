import CommandLineInterface
import Foundation
import HTTP

/// How long it takes from a save until the app answers with what was saved, and from the start to the first answer.
enum SaveBenchmark {
    private static let files = Option(
        name: "files", valueName: "N",
        summary: "How many asset files the project has; several give several tables. [default: 10]",
        isRepeatable: true)
    private static let size = Option(
        name: "size", valueName: "BYTES", summary: "How large each asset is, at least 64.", defaultValue: "100")
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How many saves of each kind, and how many starts.", defaultValue: "30"
    )
    private static let starts = Option(
        name: "starts", valueName: "N", summary: "How many first starts, and how many second ones.", defaultValue: "3")
    private static let pause = Option(
        name: "pause", valueName: "MS", summary: "How long after a save the next one comes.", defaultValue: "200")
    static let program = Option(
        name: "program", valueName: "FILE", summary: "The hippo-dev to measure, instead of the one beside this.")

    static let command = Command(
        name: "save",
        summary: "Time from save to served, and from start to first answer; memory and disk.",
        discussion: """
            Makes a project of a handler in WAT and asset files, and runs `hippo-dev up` on it. A first start finds no \
            .hippo, and the files in the page cache; a second one finds what the first has left. Both are timed from the \
            launch to the first 200. A save is timed from the return of the write to the end of the first response with \
            the new content, which is asked for at once and, while the old one comes, again. Of each kind all figures are \
            shown in their order, since a median hides what happens now and then. The memory is that of all processes \
            (PSS) two seconds after the last save.
            """,
        options: [files, size, repetitions, starts, pause, program],
        action: run
    )

    static func number(_ option: Option, _ text: String?, atLeast least: Int = 1) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= least else {
            throw UsageError("--\(option.name) wants a whole number, at least \(least)")
        }
        return number
    }

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let counts = try arguments.values(of: files).compactMap { try number(files, $0) }
        let size = try number(size, arguments[size], atLeast: 64) ?? 100
        let plan = Plan(
            program: arguments[program] ?? Programs.besideThisProgram("hippo-dev"),
            repetitions: try number(repetitions, arguments[repetitions]) ?? 30,
            starts: try number(starts, arguments[starts]) ?? 3,
            pause: .milliseconds(try number(pause, arguments[pause], atLeast: 0) ?? 200))
        for count in counts.isEmpty ? [10] : counts { try plan.measure(fileCount: count, fileSize: size) }
        return .success
    }

    /// What is measured of one project.
    private struct Plan {
        let program: String
        let repetitions: Int
        let starts: Int
        let pause: Duration

        func measure(fileCount: Int, fileSize: Int) throws {
            let project = try GeneratedProject(fileCount: fileCount, byteCount: fileCount * fileSize)
            defer { project.remove() }
            print("\n\(fileCount) files of \(fileSize) bytes, milliseconds")
            try measureStarts(project)
            let sandbox = try RunningSandbox(hippoDev: program, project: project.directory, path: "hello")
            defer { sandbox.stop() }
            try measureSaves(project, sandbox)
            usleep(2_000_000)
            let memory = Double(ProcessTree.proportionalMemory(of: sandbox.identifier)) / 1e6
            print(String(format: "memory of all processes (PSS): %.1f MB", memory))
        }

        private func measureStarts(_ project: GeneratedProject) throws {
            var (first, second): ([Double], [Double]) = ([], [])
            let store = project.directory.appendingPathComponent(".hippo")
            for _ in 0..<starts {
                try? FileManager.default.removeItem(at: store)
                first.append(try start(project))
                if first.count == 1 {
                    let (onDisk, length) = DirectorySize.measure(store)
                    print(
                        String(
                            format: ".hippo after a first start: %.2f MB, %.2f MB on the disk", length / 1e6,
                            onDisk / 1e6))
                }
                second.append(try start(project))
            }
            show("first start", first)
            show("second start", second)
        }

        private func start(_ project: GeneratedProject) throws -> Double {
            let sandbox = try RunningSandbox(hippoDev: program, project: project.directory, path: "hello")
            defer { sandbox.stop() }
            return sandbox.millisecondsToFirstAnswer
        }

        private func measureSaves(_ project: GeneratedProject, _ sandbox: RunningSandbox) throws {
            for keepsAlive in [true, false] {
                var configuration = ClientConfiguration()
                if !keepsAlive { configuration.maximumIdlePerHost = 0 }
                let client = Client(configuration: configuration)
                let connection = keepsAlive ? "kept-alive" : "new connection"
                var (assets, handlers): ([Double], [Double]) = ([], [])
                for number in 0..<repetitions {
                    let text = "saved \(number) \(UUID().uuidString)"
                    assets.append(
                        try time(sandbox, client, ["files/0.txt": text]) { try project.saveAsset(text) })
                    let greeting = "saved \(keepsAlive ? "a" : "b")\(number)"
                    handlers.append(
                        try time(sandbox, client, ["hello": greeting + "\n"]) {
                            try project.saveHandler(greeting: greeting)
                        })
                }
                show("save of a file, \(connection)", assets)
                show("save of the handler, \(connection)", handlers)
            }
            let client = Client()
            var (new, renamed, removed): ([Double], [Double], [Double]) = ([], [], [])
            for number in 0..<repetitions {
                let text = "new \(number) \(UUID().uuidString)"
                let (name, other) = ("new-\(number).txt", "renamed-\(number).txt")
                new.append(
                    try time(sandbox, client, ["files/\(name)": text]) { try project.saveAsset(text, named: name) })
                renamed.append(
                    try time(sandbox, client, ["files/\(other)": text, "files/\(name)": nil]) {
                        try project.renameAsset(name, to: other)
                    })
                removed.append(
                    try time(sandbox, client, ["files/\(other)": nil]) { try project.removeAsset(other) })
            }
            show("new file", new)
            show("renamed file", renamed)
            show("removed file", removed)
        }

        private func show(_ what: String, _ samples: [Double]) {
            let name = what.padding(toLength: 36, withPad: " ", startingAt: 0)
            print(name + String(format: "median %.1f, most %.1f", samples.median, samples.max() ?? 0))
            let texts = samples.map { String(format: "%.1f", $0) }
            for start in stride(from: 0, to: texts.count, by: 15) {
                print("    " + texts[start..<min(start + 15, texts.count)].joined(separator: " "))
            }
            fflush(nil)
        }

        /// Milliseconds from the save until each path answers as is expected of it (`nil`: with 404).
        private func time(
            _ sandbox: RunningSandbox, _ client: Client, _ expected: [String: String?], saving: () throws -> Void
        ) throws -> Double {
            // What the save before set off is over by then.
            usleep(UInt32(pause / .microseconds(1)))
            try saving()
            let saved = ContinuousClock.now
            for (path, text) in expected {
                let bytes = text.map { Array($0.utf8) }
                while try sandbox.bodyIfFound(path, client) != bytes {
                    guard ContinuousClock.now - saved < .seconds(60) else {
                        throw RunningSandbox.Failure(
                            description: "\(path) was saved, and is not served as it was after a minute")
                    }
                }
            }
            return (ContinuousClock.now - saved) / .milliseconds(1)
        }
    }
}
