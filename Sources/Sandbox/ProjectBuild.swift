import Dispatch
import Platform
import Synchronization

/// One run of a project's build command, for commands that do without a sandbox.
package enum ProjectBuild {
    /// Runs the build command of the project at a path, as `hippo-dev up` would; returns at once if there is none.
    ///
    /// - Parameters:
    ///   - path: HIPPOFACTS, its directory, or a lone module.
    ///   - command: What the command line says; that of `hippo-dev.toml` if `nil`.
    ///   - onLine: Told of each line that the build command writes.
    /// - Throws: `Failure` with its place, for a build that has failed too; `HippofactsError` where there is no project.
    package static func run(
        projectAt path: String, command: String?, onLine: @escaping @Sendable (String) -> Void
    ) throws {
        let project = try Project(at: path)
        // The variables of modules may be set only where they run.
        let settings = try SettingsFile.read(inProject: project.directory)
        guard let command = command ?? settings.buildCommand else { return }
        try run(command, project, passing: settings.passedVariables, onLine)
    }

    static func run(
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
