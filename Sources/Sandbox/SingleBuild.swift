package import Hippofacts
import Dispatch
import Platform
import Synchronization

/// A project that is built and put together once, for commands that do without a sandbox.
package struct SingleBuild: Sendable {
    /// What the command line and `hippo-dev.toml` say together.
    package let settings: SandboxSettings
    package let expansion: Expansion
    /// The project's directory, absolute.
    package let directory: String

    /// Builds a project, as `hippo-dev up` would, and expands it.
    ///
    /// - Parameters:
    ///   - path: HIPPOFACTS, its directory, or a single module.
    ///   - commandLine: what the command line says; `hippo-dev.toml` completes it.
    ///   - builds: false to take the project as it is.
    ///   - options: where external bindles are found.
    ///   - onLine: told of each line that the build command writes.
    /// - Throws: `Failure`, with its place.
    package init(
        path: String, commandLine: SandboxSettings, builds: Bool, options: ExpansionOptions,
        onLine: @escaping @Sendable (String) -> Void
    ) throws {
        let project = try Project(at: path)
        directory = project.directory
        var completed = try project.settings(completing: commandLine)
        try completed.readVariables(of: project)
        settings = completed
        if builds, let command = settings.buildCommand {
            try Self.build(command, project, passing: settings.passedVariables, onLine)
        }
        var options = options
        BundleSettings(settings).apply(to: &options)
        var cache = DigestCache()
        expansion = try project.facts().expanded(options, cache: &cache)
    }

    private static func build(
        _ command: String, _ project: Project, passing names: Set<String>,
        _ onLine: @escaping @Sendable (String) -> Void
    ) throws {
        let isOver = DispatchSemaphore(value: 0)
        let outcome = Mutex<BuildProcess.Outcome?>(nil)
        // Whatever it has started ends with it, and with this process.
        let process = try BuildProcess(
            command: command, directory: project.directory, environment: ChildEnvironment.current(passing: names),
            runner: .thisProgram(arguments: ["build-runner", "--"]), onLine: onLine,
            onEnd: { ended in
                outcome.withLock { $0 = ended }
                isOver.signal()
            })
        isOver.wait()
        withExtendedLifetime(process) {}
        if let failure = outcome.withLock({ $0?.failure(of: command, in: project) }) { throw failure }
    }
}

extension BuildProcess.Outcome {
    /// Why it failed, at the place of the first error that a compiler reported, if that is a file's; `nil` if it did not.
    func failure(of command: String, in project: Project) -> Failure? {
        guard !isSuccess else { return nil }
        let lines = lastLines.isEmpty ? "" : "\n" + lastLines.joined(separator: "\n")
        let message = "The build command '\(command)' ended with \(exit).\(lines)"
        guard let error = firstError, let file = Self.file(error.file, in: project) else {
            // Without a place, the headline is what the build itself gives as its reason.
            return Failure(stage: .build, message: (reason.map { "\($0)\n" } ?? "") + message)
        }
        return Failure(
            stage: .build, message: "\(error.message)\n\(message)", file: project.relative(file),
            line: error.line, column: error.column)
    }

    /// The file that a compiler means, if it is there.
    private static func file(_ name: String, in project: Project) -> String? {
        func isThere(_ name: String) -> Bool {
            FileStatus(path: name.hasPrefix("/") ? name : "\(project.directory)/\(name)") != nil
        }
        if isThere(name) { return name }
        // componentize-py runs the program where the directories of Python's path are `/0`, `/1` and so on. The first one is
        // the working directory, unless its -p says otherwise.
        guard let inner = name.wholeMatch(of: #/\/\d+\/(.+)/#)?.output.1, isThere(String(inner)) else { return nil }
        return String(inner)
    }
}
