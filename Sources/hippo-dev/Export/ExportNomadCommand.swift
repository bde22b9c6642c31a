import Bindle
import CommandLineInterface
import Content
import Export
import HTTP
import Platform
import Sandbox

extension Command {
    /// `hippo-dev export nomad`: an app as a job of a cluster.
    static let exportNomad = Command(
        name: "nomad",
        summary: "Write a job for Nomad, or submit it and follow it until it runs.",
        discussion: """
            The job fetches the artifacts that 'hippo-dev up' serves at its control address (or those below \
            --artifact-url), with their checksums, and serves the app with 'hippo-dev wagi'. New instances are tried \
            beside the old ones first; if they are not healthy, Nomad goes back by itself. Health is an answer at --check: \
            name a path that a module answers, since /healthz says nothing of modules.

            Variables of --var are in the job for all to see. Those of --secret, and all variables of a channel, are \
            read from Nomad's variable nomad/jobs/ID, which 'nomad var put' writes: no value is in the job.

            --submit plans the job at NOMAD_ADDR, shows what would change, asks, registers, and follows the deployment. \
            NOMAD_TOKEN, NOMAD_NAMESPACE, NOMAD_REGION and NOMAD_CACERT are taken, too. It ends with 0 when the app runs, \
            3 when instances failed, 4 when nothing has a place for them, 5 when another registration was faster, 6 \
            without permission, 7 when the time is over, and 1 for what else goes wrong.
            """,
        options: ExportOptions.all + NomadOptions.all,
        examples: [
            Example("hippo-dev export nomad --check /api/status -o app.nomad.hcl", "Write the job of what serves."),
            Example(
                "hippo-dev export nomad --of release:app/1.2.0 --artifact-url http://10.0.0.5:8080/artifacts --submit",
                "Have Nomad fetch a release from this machine by an address that it can reach."),
        ],
        action: { arguments in
            let client = try NomadClient(environment: ProcessEnvironment.all)
            let job = try NomadOptions(arguments).job(for: client)
            guard arguments.isSet(NomadOptions.submit) else {
                let isJSON = arguments[NomadOptions.format] == "json"
                try ServiceOptions.write(isJSON ? job.json.serialized + "\n" : job.hcl, arguments)
                return .success
            }
            let limit = try arguments.value(
                of: NomadOptions.limit, expecting: "a duration like 5m", Duration.init(parsing:))
            return try NomadDialogue(job, client, isAgreed: arguments.isSet(NomadOptions.yes)).run(
                limit: limit ?? .seconds(300))
        })
}

/// The options of `hippo-dev export nomad`.
private struct NomadOptions {
    static let format = Option(
        name: "format", valueName: "FORMAT", summary: "hcl for 'nomad job run', json for Nomad's API.",
        defaultValue: "hcl",
        kind: .choice(["hcl", "json"]))
    static let channel = Option(
        name: "channel", valueName: "APP/NAME",
        summary: "Take the release that a channel serves, with the names of its variables. [of the store]")
    static let id = Option(
        name: "id", valueName: "ID", summary: "The job's ID. [default: the app's name, and the channel's]")
    static let artifactURL = Option(
        name: "artifact-url", valueName: "BASE",
        summary: "Where Nomad's clients find the artifacts. [default: the control address of hippo-dev up]")
    static let program = Option(
        name: "program", valueName: "PROGRAM",
        summary: "hippo-dev is fetched with the app; wagi has to be on the clients, and serves no files.",
        defaultValue: "hippo-dev", kind: .choice(["hippo-dev", "wagi"]))
    static let driver = Option(
        name: "driver", valueName: "DRIVER", summary: "What starts it on a client.", defaultValue: "raw_exec",
        kind: .choice(["raw_exec", "exec", "docker"]))
    static let image = Option(
        name: "image", valueName: "IMAGE", summary: "With --driver docker: an image that has the program's libraries.")
    static let check = Option(
        name: "check", valueName: "PATH",
        summary:
            "The path of the health check, answered with a status below 400. [default: the path of the first route]")
    static let count = Option(name: "count", valueName: "N", summary: "How many instances run.", defaultValue: "1")
    static let canaries = Option(
        name: "canary", valueName: "N", summary: "How many new instances are tried before old ones go; 0 for none.",
        defaultValue: "1")
    static let cpu = Option(
        name: "cpu", valueName: "MHZ", summary: "The processor time of an instance.", defaultValue: "200")
    static let memory = Option(
        name: "memory", valueName: "MIB", summary: "The memory of an instance.", defaultValue: "128")
    static let datacenter = Option(
        name: "datacenter", valueName: "NAME", summary: "Where it may run. [default: anywhere]", isRepeatable: true)
    static let variable = Option(
        name: "var", valueName: "NAME=VALUE", summary: "A variable for modules that everybody may see.",
        isRepeatable: true)
    static let secret = Option(
        name: "secret", valueName: "NAME", summary: "A variable for modules whose value Nomad keeps.",
        isRepeatable: true)
    static let submit = Option(flag: "submit", summary: "Have Nomad run it, at NOMAD_ADDR.")
    static let yes = Option(flag: "yes", shortName: "y", summary: "With --submit: do not ask.")
    static let limit = Option(
        name: "limit", valueName: "DURATION", summary: "With --submit: how long to follow it.", defaultValue: "5m")

    static let all = [
        channel, id, format, ServiceOptions.output, artifactURL, program, driver, image, check, count, canaries, cpu,
        memory,
        datacenter, variable, secret, submit, yes, limit,
    ]

    private let arguments: ParsedArguments
    private let path: String
    private let store: String?
    private let running: ExportingSandbox?

    init(_ arguments: ParsedArguments) throws {
        self.arguments = arguments
        path = arguments[HistoryOptions.project] ?? "."
        store = arguments[ExportOptions.store]
        running = try ExportingSandbox(project: path, store: store)
    }

    func job(for client: NomadClient) throws -> NomadJob {
        let channel = try channel()
        let source: ExportSource
        if let release = channel?.release {
            source =
                try running.map { try .stored(.release(release), by: $0) }
                ?? .stored(.release(release), project: path, store: store)
        } else {
            source = try ExportOptions.source(arguments)
        }
        let app = try source.app()
        let base = try base(for: client)
        let id =
            arguments[Self.id]
            ?? ServiceName([app.id.name, channel?.name].compactMap(\.self).joined(separator: "-")).description
        guard !id.isEmpty,
            id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == ".") })
        else {
            throw UsageError("'\(id)' is no ID for a job here: those are letters, digits, '-', '_' and '.'")
        }
        let variables = try arguments.convertedValues(of: Self.variable, expecting: "NAME=VALUE") {
            try EnvironmentVariables.parse($0)
        }
        let secrets = arguments.values(of: Self.secret) + (channel?.variables ?? [])
        var job = try NomadJob(
            id: id, app: app.id, program: program(base), driver: driver(), archives: archives(of: app, base),
            check: check(of: app), variables: variables, secrets: secrets)
        job.count = try number(Self.count, 1...10_000)
        job.canaries = try number(Self.canaries, 0...10_000)
        job.cpu = try number(Self.cpu, 1...1_000_000)
        job.memory = try number(Self.memory, 16...10_000_000)
        job.datacenters = arguments.values(of: Self.datacenter)
        if job.secrets.isEmpty == false {
            StandardError.tell(
                "note: the values of \(job.secrets.joined(separator: ", ")) are wanted at \(job.secretPath): 'nomad var put \(job.secretPath) "
                    + job.secrets.map { "\($0)=…" }.joined(separator: " ") + "'")
        }
        if job.program == .wagi { WAGIDifferences(app, source.invoice).tell() }
        return job
    }

    private func number(_ option: Option, _ range: ClosedRange<Int>) throws -> Int {
        let number = try arguments.value(
            of: option, expecting: "a number from \(range.lowerBound) to \(range.upperBound)"
        ) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
        return number ?? range.lowerBound
    }

    /// The name of the channel that is meant, the release that it serves, and the names of its variables: of the sandbox that
    /// has the store, or of the store that none has.
    private func channel() throws -> (name: String, release: BindleID, variables: [String])? {
        guard let wanted = arguments[Self.channel] else { return nil }
        guard arguments[ExportOptions.source] == nil else {
            throw UsageError("'--channel' and '--of' exclude each other")
        }
        if running == nil {
            let file = try ProjectStore.file(ofProject: path, store: store)
            guard let file, FileStatus(path: file) != nil else {
                throw CommandFailure("this project has no store with channels")
            }
        }
        let channels = try ProjectChannels(SandboxControl(path: path, store: store)).list()
        let channel = channels.first { "\($0["app"]?.string ?? "")/\($0["name"]?.string ?? "")" == wanted }
        guard let channel else { throw CommandFailure("there is no channel '\(wanted)'") }
        guard let release = channel["release"]?.string.flatMap({ try? BindleID($0) }) else {
            throw CommandFailure("the channel '\(wanted)' has no release to serve yet")
        }
        return (channel["name"]?.string ?? "", release, channel["env"]?.object?.members.map(\.name) ?? [])
    }

    // MARK: Artifacts

    /// Where Nomad's clients find the artifacts.
    private func base(for client: NomadClient) throws -> String {
        if let given = arguments[Self.artifactURL] {
            do { _ = try HTTPURL(given) } catch { throw UsageError("invalid value for '--artifact-url': \(error)") }
            return given.hasSuffix("/") ? String(given.dropLast()) : given
        }
        guard let running else {
            throw CommandFailure(
                "no hippo-dev up runs here that would serve the artifacts: '--artifact-url' says where they are")
        }
        let own = try HTTPURL(running.sandbox.bindle)
        if ProxySettings.isLoopback(own.host), !client.isLocal {
            throw CommandFailure(
                "Nomad is at \(client.address.host), and does not reach \(own.origin): '--artifact-url' gives the address by "
                    + "which it does, and 'hippo-dev up --bindle-listen' has it listened at")
        }
        return own.origin + "/artifacts"
    }

    private func archives(of app: ExportedApp, _ base: String) throws -> [NomadJob.Archive] {
        let artifact = try Artifact(app)
        let name = PercentEncoding.encodePath("\(app.id)") + ".tar.gz"
        return try (1...artifact.partCount).map { part in
            let digest = try artifact.digest(part: part)
            if let running {
                let served = try running.artifacts.sha256(of: name, part: part)
                guard served == digest.sha256.hex else {
                    throw CommandFailure(
                        "what \(app.id) is at the control address is not what is exported: make a release of it, and take that "
                            + "with --of release:\(app.id)")
                }
            }
            let query = (part == 1 ? "" : "part=\(part)&") + "sha256=\(digest.sha256.hex)"
            return NomadJob.Archive(url: "\(base)/\(name)?\(query)", checksum: digest.checksum)
        }
    }

    private func program(_ base: String) throws -> NomadJob.Program {
        guard arguments[Self.program] != "wagi" else { return .wagi }
        let digest: String
        if let running {
            digest = try running.artifacts.sha256(of: ProgramArchive.name)
        } else {
            digest = try ProgramArchive(ProgramFiles()).sha256.hex
        }
        return .hippoDev(
            NomadJob.Archive(url: "\(base)/\(ProgramArchive.name)?sha256=\(digest)", checksum: "sha256:\(digest)"))
    }

    private func driver() throws -> NomadJob.Driver {
        let image = arguments[Self.image]
        switch arguments[Self.driver] {
        case "docker":
            guard let image else { throw UsageError("'--driver docker' needs '--image'") }
            return .docker(image: image)
        case let other:
            guard image == nil else { throw UsageError("'--image' goes with '--driver docker'") }
            return other == "exec" ? .exec : .rawExec
        }
    }

    private func check(of app: ExportedApp) -> String {
        if let path = arguments[Self.check] { return path }
        let path = app.routes.first { $0.obstacle == nil }?.scriptName ?? "/"
        StandardError.tell("note: health is an answer at \(path); '--check' names another path")
        return path
    }
}

/// A submission, as somebody at a terminal goes through it.
private struct NomadDialogue {
    private let submission: NomadSubmission
    private let job: NomadJob
    private let client: NomadClient
    private let isAgreed: Bool

    init(_ job: NomadJob, _ client: NomadClient, isAgreed: Bool) {
        (self.job, self.client, self.isAgreed) = (job, client, isAgreed)
        submission = NomadSubmission(job, to: client)
    }

    func run(limit: Duration) throws -> ExitCode {
        do throws(NomadError) {
            let plan = try submission.plan()
            if plan.difference.isEmpty {
                StandardOutput.tell("Nomad has this job already: nothing would change.")
                return .success
            }
            StandardOutput.tell(plan.difference.lines.joined(separator: "\n"))
            if !plan.warnings.isEmpty { StandardError.tell("warning: \(plan.warnings)") }
            for obstacle in plan.obstacles { StandardError.tell("warning: it would wait: \(obstacle)") }
            let isGiven =
                isAgreed
                || Confirmation.isGiven(
                    "Register this at \(client.address.origin)?", otherwise: "--yes registers the job without")
            guard isGiven else { return .failure }
            let evaluation = try submission.register(plan)
            return tell(try submission.follow(evaluation: evaluation, limit: limit) { StandardOutput.tell($0) })
        } catch {
            StandardError.tell("error: \(error)")
            switch error.kind {
            case .notPermitted: return ExitCode(rawValue: 6)
            case .staleIndex: return ExitCode(rawValue: 5)
            case .unreachable, .refused, .malformed: return .failure
            }
        }
    }

    private func tell(_ outcome: NomadSubmission.Outcome) -> ExitCode {
        switch outcome {
        case .runs(let lines):
            StandardOutput.tell((["\(job.app) runs."] + lines).joined(separator: "\n"))
            return .success
        case .failed(let lines): return fail("instances of \(job.app) failed", lines, 3)
        case .unplaceable(let lines): return fail("nothing has a place for \(job.app); the job waits for one", lines, 4)
        case .replaced(let reason): return fail("another registration took its place", [reason], 5)
        case .undecided(let lines): return fail("it is not decided yet, and goes on without being followed", lines, 7)
        }
    }

    private func fail(_ message: String, _ lines: [String], _ code: Int32) -> ExitCode {
        StandardError.tell((["error: \(message)"] + lines).joined(separator: "\n"))
        return ExitCode(rawValue: code)
    }
}
