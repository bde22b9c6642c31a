import Platform
import SandboxProtocol

/// How the build command is run.
extension SandboxLoop {
    func startBuild() {
        needsBuild = false
        reportChanges()
        build?.process.cancel()
        build = nil
        surroundings.freshness.board.build = .idle
        guard let command = settings.buildCommand else { return }
        needsExpansion = true
        cycle.timings = []
        buildCount += 1
        diagnostics = DiagnosticScanner()
        let number = buildCount
        let mailbox = surroundings.mailbox
        do {
            let process = try BuildProcess(
                command: command, directory: surroundings.project.directory,
                environment: ProcessEnvironment.all.map { ($0.key, $0.value) },
                runner: .thisProgram(arguments: ["build-runner", "--"]),
                terminal: surroundings.hasColours ? TerminalSize(of: STDOUT_FILENO) : nil,
                onLine: { mailbox.post(.buildLine($0)) },
                onEnd: { mailbox.post(.buildEnded(number: number, $0)) })
            build = (process, number)
            surroundings.freshness.board.build = settings.waitsForBuild ?? false ? .awaited : .running
            supervisor.updateStatus { $0.isBuilding = true }
        } catch {
            needsExpansion = false
            fail(Failure(stage: .build, message: "The build command could not be started: \(error)"))
        }
    }

    func finishBuild(_ outcome: BuildProcess.Outcome) {
        // What the build wrote last is still on its way; it is part of this cycle, not the beginning of another one.
        watcher?.synchronize()
        for message in surroundings.mailbox.takeAll() {
            handle(message)
        }
        let products = ledger.noteEnd()
        if !products.isEmpty {
            let names = products.joined(separator: ", ")
            emit(
                .log(
                    .sandbox,
                    text: "The build command itself writes \(names): changes of it during a build do not restart it any more."))
            needsBuild = true
        }
        guard !needsBuild else { return }
        cycle.timings.append(StageTiming(stage: "build", milliseconds: outcome.milliseconds))
        guard outcome.isSuccess else {
            needsExpansion = false
            let command = settings.buildCommand ?? ""
            let lines = outcome.lastLines.isEmpty ? "" : "\n" + outcome.lastLines.joined(separator: "\n")
            fail(buildFailure("The build command '\(command)' ended with \(outcome.exit).\(lines)"))
            return
        }
    }

    /// The failure of a build: at the place of the first error that a compiler reported, if that is a file's.
    func buildFailure(_ message: String) -> Failure {
        let directory = surroundings.project.directory
        guard let error = diagnostics.firstError,
            FileStatus(path: error.file.hasPrefix("/") ? error.file : "\(directory)/\(error.file)") != nil
        else { return Failure(stage: .build, message: message) }
        return Failure(
            stage: .build, message: "\(error.message)\n\(message)", file: surroundings.project.relative(error.file),
            line: error.line, column: error.column)
    }
}
