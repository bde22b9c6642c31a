import Bindle
import Content
import Hippofacts
import HTTP
import Platform

/// Looks for what keeps a project from being served, or from being kept up to date: its files, ports, watches, file
/// systems, its store, and what is older than it should be.
package struct ProjectDiagnosis: Sendable {
    private let project: Project
    private let settings: SandboxSettings
    private let settingsProblem: Failure?
    private let facts: Result<Hippofacts, HippofactsError>
    private let running: [RunningSandbox]

    /// What is built, as hippo-dev.toml says.
    package var buildCommand: String? { settings.buildCommand }
    /// The directory of the project.
    package var directory: String { project.directory }

    /// - Parameter path: The project, as for `hippo-dev up`.
    /// - Throws: When there is none.
    package init(path: String) throws {
        project = try Project(at: path)
        do throws(Failure) {
            settings = try SettingsFile.read(inProject: project.directory)
            settingsProblem = nil
        } catch {
            settings = SandboxSettings()
            settingsProblem = error
        }
        let project = project
        facts = Result { () throws(HippofactsError) in try project.facts() }
        running = (try? RunningSandbox.all(project: path, store: nil)) ?? []
    }

    /// Everything that was looked at, in the order of the subjects.
    ///
    /// - Parameter misnamed: Modules as HIPPOFACTS names them that are known not to be what the build makes.
    package func findings(notBuilt misnamed: [String] = []) -> [Finding] {
        files + modules(except: misnamed) + [sandbox].compactMap { $0 } + ports
            + [watches, fileSystem, store, space].compactMap { $0 }
    }

    // MARK: Files

    private var files: [Finding] {
        var findings: [Finding] = []
        switch facts {
        case .success(let facts): findings.append(.fine("HIPPOFACTS", "\(facts.name) \(facts.version)"))
        case .failure(let error):
            findings.append(.problem("HIPPOFACTS", "\(error)", remedy: "mend the line; 'hippo-dev check' says more"))
        }
        if let problem = settingsProblem {
            findings.append(
                .problem("hippo-dev.toml", "\(problem)", remedy: "mend the line; 'hippo-dev up --help' lists the keys"))
        } else if let command = settings.buildCommand {
            findings.append(.fine("hippo-dev.toml", "the build command is '\(command)'"))
        }
        return findings
    }

    /// Modules that are missing, or older than what they are made of.
    private func modules(except misnamed: [String]) -> [Finding] {
        guard case .success(let facts) = facts else { return [] }
        let mismatches = ModuleMismatch.all(facts, in: project.directory, buildStart: nil)
        var findings = mismatches.map { mismatch in
            Finding.problem(
                "module", "HIPPOFACTS names \(mismatch.named), which is not there, and there is \(mismatch.made)",
                remedy: "'hippo-dev init --fix', or change the line")
        }
        let newest = newestInput(facts)
        for module in facts.dependencies.modulePaths
        where !mismatches.contains(where: { $0.named == module }) {
            let status = FileStatus(path: "\(project.directory)/\(module)")
            if let status {
                let time = status.identity.modificationTime
                if module.hasSuffix(".wasm"), running.isEmpty, let newest, newest.time > time {
                    findings.append(
                        .advice(
                            "module", "\(module) is older than \(newest.path)",
                            remedy: "'hippo-dev up' builds it; '\(settings.buildCommand ?? "")' does, too"))
                } else {
                    findings.append(.fine("module", "\(module), \(status.size) bytes"))
                }
            } else if settings.buildCommand == nil {
                findings.append(
                    .problem(
                        "module", "\(module) is not there, and nothing builds it",
                        remedy: "put a [build] command into hippo-dev.toml; 'hippo-dev init' does"))
            } else if !misnamed.contains(module) {
                findings.append(.fine("module", "\(module) is not there yet: 'hippo-dev up' builds it"))
            }
        }
        return findings
    }

    /// What the build command reads and was changed last.
    private func newestInput(_ facts: Hippofacts) -> (path: String, time: Int64)? {
        guard settings.buildCommand != nil else { return nil }
        let scope = project.scope(of: facts, settings: settings)
        return BuildInputFiles(directory: project.directory).lookups.names(scope).keys.compactMap { path in
            FileStatus(path: "\(project.directory)/\(path)").map { (path.string, $0.identity.modificationTime) }
        }.max { $0.1 < $1.1 }
    }

    // MARK: Surroundings

    /// The sandbox that runs here, and whether its program has been replaced since.
    private var sandbox: Finding? {
        guard let one = running.first else { return nil }
        let program = linkTarget("/proc/\(one.process)/exe") ?? ""
        guard program.hasSuffix(" (deleted)") else {
            return .fine("sandbox", "runs as process \(one.process), and serves at \(one.app)")
        }
        return .advice(
            "sandbox", "process \(one.process) runs a hippo-dev that has been replaced since",
            remedy: "stop it, and start it again")
    }

    private var ports: [Finding] {
        var app = settings.listen ?? SandboxSettings.defaultListen
        if case .number(let port)? = settings.port { app = app.withPort(port) }
        let bindle = settings.bindleListen ?? SandboxSettings.defaultBindleListen
        // A sandbox that runs has its ports, and free ones are chosen where that is asked for.
        if !running.isEmpty || settings.port == .automatic { return [] }
        return [port(app, "the app"), port(bindle, "the bindles")].compactMap { $0 }
    }

    /// Whether an address is free; `nil` if any port will do.
    private func port(_ address: SocketAddress, _ use: String) -> Finding? {
        guard address.port != 0 else { return nil }
        do {
            _ = try ListeningSocket(binding: address)
            return .fine("port", "\(address) is free, for \(use)")
        } catch .addressInUse {
            let process = PortHolder.find(address.port)
            let holder = process.map { " by \($0)" } ?? ""
            if process?.isHippoDev == true {
                // Two projects have the same ports unless somebody says otherwise.
                return .advice(
                    "port", "\(address), which is for \(use), is in use\(holder), another sandbox",
                    remedy: "start this one with 'hippo-dev up --port auto', or stop the other one first")
            }
            return .problem(
                "port", "\(address), which is for \(use), is in use\(holder)",
                remedy: "stop what listens there, or start with 'hippo-dev up --port auto'")
        } catch {
            return .problem("port", "\(error)", remedy: "name another address in hippo-dev.toml")
        }
    }

    /// Whether the kernel has a watch for each directory.
    private var watches: Finding? {
        func limit(_ name: String) -> Int? {
            guard let text = try? FileReader.text(of: "/proc/sys/fs/inotify/\(name)", limit: 64) else { return nil }
            return Int(text.prefix { $0.isNumber })
        }
        guard let allowed = limit("max_user_watches") else { return nil }
        let count = directoryCount
        let text = "\(count) directories here; the system allows a user \(allowed) watches"
        guard count > allowed / 2 else { return .fine("watches", text) }
        return .advice(
            "watches", text,
            remedy: "allow more ('sudo sysctl fs.inotify.max_user_watches=\(max(524_288, allowed * 4))'), or let "
                + "hippo-dev look now and then ('hippo-dev up --poll')")
    }

    /// How many directories of the project may have to be watched, counted up to a million.
    private var directoryCount: Int {
        var count = 0
        var directories = [project.directory]
        while let directory = directories.popLast(), count < 1_000_000 {
            count += 1
            for entry in DirectoryEntry.entries(ofDirectory: directory) ?? []
            where entry.type == Int(DT_DIR) && ![".git", ".hippo", "node_modules"].contains(entry.name) {
                directories.append("\(directory)/\(entry.name)")
            }
        }
        return count
    }

    private var fileSystem: Finding? {
        switch FileSystem(ofItemAt: project.directory) {
        case .local: return .fine("file system", "changes of files are told by the system")
        case .remote(let name):
            return .advice(
                "file system", "the project is on \(name), where changes may come from elsewhere, untold",
                remedy: "look for them now and then: 'hippo-dev up --poll', or poll = \"1s\" under [up]")
        }
    }

    // MARK: Store

    private var store: Finding? {
        guard let path = Storage.file(settings.storage, projectDirectory: project.directory) else {
            return .fine("store", "nothing is kept")
        }
        guard FileStatus(path: path) != nil else { return .fine("store", "there is none yet") }
        guard !SandboxLock.isHeld(store: path) else { return .fine("store", "in use by the sandbox that runs") }
        do {
            let store = try BindleStore(path: path)
            try store.checkTables()
            let damaged = try store.damagedParcels()
            guard damaged.isEmpty else {
                return .problem(
                    "store", "\(damaged.count) parcels of \(path) cannot be read",
                    remedy: "'hippo-dev up' takes them from the project again; 'hippo-dev bindle check' names them")
            }
            let usage = try store.usage()
            return .fine(
                "store", "sound: \(usage.revisions) revisions, \(usage.parcels) parcels, \(usage.fileBytes) bytes")
        } catch {
            return .problem("store", "\(error)", remedy: "set it aside with 'hippo-dev bindle reset'")
        }
    }

    /// Less is soon used up, in bytes.
    private static let littleSpace: UInt64 = 100 << 20

    private var space: Finding? {
        var status = statvfs()
        guard statvfs(project.directory, &status) == 0 else { return nil }
        let (bytes, isVast) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        guard !isVast, bytes < Self.littleSpace else { return .fine("disk", "there is room") }
        return .problem(
            "disk", "\(bytes >> 20) MiB are free", remedy: "make room, or keep less: max-history = \"10MiB\" under [up]"
        )
    }
}
