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
        guard let error = firstError,
            FileStatus(path: error.file.hasPrefix("/") ? error.file : "\(project.directory)/\(error.file)") != nil
        else {
            // Without a place, the headline is what the build itself gives as its reason.
            let reason = ErrorLine.last(of: lastLines).map { "\($0)\n" } ?? ""
            return Failure(stage: .build, message: reason + message)
        }
        return Failure(
            stage: .build, message: "\(error.message)\n\(message)", file: project.relative(error.file),
            line: error.line, column: error.column)
    }
}
