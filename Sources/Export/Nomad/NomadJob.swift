package import Bindle
package import JSON

/// A job of Nomad that serves an app from its artifacts. See <doc:Nomad>.
package struct NomadJob: Sendable {
    /// What starts the task.
    package enum Driver: Hashable, Sendable {
        /// As a process with the rights of Nomad's client.
        case rawExec
        /// As a process in a chroot.
        case exec
        /// In a container of this image.
        case docker(image: String)

        fileprivate var name: String {
            switch self {
            case .rawExec: "raw_exec"
            case .exec: "exec"
            case .docker: "docker"
            }
        }
    }

    /// Which program runs the modules.
    package enum Program: Hashable, Sendable {
        /// `hippo-dev wagi`, fetched like the app.
        case hippoDev(Archive)
        /// `wagi`, which the client has to have.
        case wagi
    }

    /// What a client fetches and unpacks.
    package struct Archive: Hashable, Sendable {
        package let url: String
        /// `sha256:HEX`.
        package let checksum: String

        package init(url: String, checksum: String) {
            (self.url, self.checksum) = (url, checksum)
        }
    }

    package let id: String
    package let app: BindleID
    package var program: Program
    package var driver: Driver
    /// Those of the app, for one directory.
    package var archives: [Archive]
    /// The path of the health check: one that a module answers with a status below 400.
    package var check: String
    /// How many instances run.
    package var count = 1
    /// How many new instances have to be healthy before old ones go; 0 replaces them one by one.
    package var canaries = 1
    /// MHz.
    package var cpu = 200
    /// MiB.
    package var memory = 128
    /// Where it may run; empty for anywhere.
    package var datacenters: [String] = []
    /// What modules have in their environment, and everybody may see.
    package var variables: [(name: String, value: String)] = []
    /// The names of variables whose values are in Nomad's variable `nomad/jobs/ID`.
    package var secrets: [String] = []

    /// - Throws: for names and values that a file of variables cannot have, and for secrets whose names Nomad does not take.
    package init(
        id: String, app: BindleID, program: Program, driver: Driver, archives: [Archive], check: String,
        variables: [(name: String, value: String)] = [], secrets: [String] = []
    ) throws(ExportError) {
        for (name, value) in variables {
            guard !name.isEmpty, !name.contains("="), !(name + value).utf8.contains(where: { $0 == 0 || $0 == 0x0A })
            else {
                throw ExportError(
                    "the variable '\(name)' cannot be in a file of variables: it has a line break, or no name")
            }
        }
        for name in secrets {
            let isName = name.utf8.allSatisfy {
                $0 == 0x5F || $0 < 0x80 && Character(UnicodeScalar($0)).isLetterOrDigit
            }
            guard isName, let first = name.first, !first.isNumber else {
                throw ExportError("'\(name)' is no name for a secret: those are letters, digits and '_'")
            }
        }
        guard check.hasPrefix("/") else {
            throw ExportError("the path of the check, '\(check)', does not begin with '/'")
        }
        (self.id, self.app, self.program, self.driver) = (id, app, program, driver)
        (self.archives, self.check, self.variables, self.secrets) = (archives, check, variables, secrets)
    }

    /// The variable of Nomad that has the secrets.
    package var secretPath: String { "nomad/jobs/\(id)" }

    /// What Nomad calls the service.
    package var serviceName: String { ServiceName(id).description }

    static let group = "web"
    static let task = "wagi"

    /// The port within a container.
    private static let containerPort = 3000

    // MARK: Writing

    /// The job as a file for `nomad job run`.
    package var hcl: String {
        let note =
            secrets.isEmpty ? [] : ["# nomad var put \(secretPath) " + secrets.map { "\($0)=…" }.joined(separator: " ")]
        let head = ["# \(app), written by 'hippo-dev export nomad'."] + note
        return (head + [""] + block.lines()).joined(separator: "\n") + "\n"
    }

    /// The job as Nomad's API takes it: an object with the member `Job`.
    package var json: JSONObject { ["Job": .object(object)] }

    /// The job itself, as an object.
    var object: JSONObject {
        var object = block.json
        object["Name"] = .string(id)
        return object
    }

    private var block: NomadBlock {
        var job = NomadBlock("job", label: ("ID", id), member: "Job")
        job.attributes = [("type", "Type", .text("service"))]
        if !datacenters.isEmpty {
            job.attributes.append(("datacenters", "Datacenters", .list(datacenters.map { .text($0) })))
        }
        job.blocks = [
            NomadBlock(
                "constraint", member: "Constraints", .list,
                attributes: [
                    ("attribute", "LTarget", .runtime("${attr.kernel.name}")), ("operator", "Operand", .text("=")),
                    ("value", "RTarget", .text("linux")),
                ]),
            groupBlock,
        ]
        return job
    }

    private var groupBlock: NomadBlock {
        let isContainer = if case .docker = driver { true } else { false }
        let port = NomadBlock(
            "port", label: ("Label", "http"), member: "DynamicPorts", .list,
            attributes: isContainer ? [("to", "To", .integer(Self.containerPort))] : [])
        return NomadBlock(
            "group", label: ("Name", Self.group), member: "TaskGroups", .list,
            attributes: [("count", "Count", .integer(count))],
            blocks: [
                NomadBlock("network", member: "Networks", .list, blocks: [port]), updateBlock,
                NomadBlock(
                    "restart", member: "RestartPolicy",
                    attributes: [
                        ("attempts", "Attempts", .integer(2)), ("interval", "Interval", .seconds(60)),
                        ("delay", "Delay", .seconds(5)), ("mode", "Mode", .text("fail")),
                    ]),
                // Without this, an instance that fails is placed anew for ever, and the deployment fails late.
                NomadBlock(
                    "reschedule", member: "ReschedulePolicy",
                    attributes: [("attempts", "Attempts", .integer(0)), ("unlimited", "Unlimited", .boolean(false))]),
                taskBlock,
            ])
    }

    private var updateBlock: NomadBlock {
        var update = NomadBlock("update", member: "Update")
        update.attributes = [("max_parallel", "MaxParallel", .integer(1))]
        // Nomad refuses to promote by itself where there is nothing to promote.
        if canaries > 0 {
            update.attributes += [
                ("canary", "Canary", .integer(canaries)), ("auto_promote", "AutoPromote", .boolean(true)),
            ]
        }
        update.attributes += [
            ("auto_revert", "AutoRevert", .boolean(true)), ("min_healthy_time", "MinHealthyTime", .seconds(5)),
            ("healthy_deadline", "HealthyDeadline", .seconds(60)),
            ("progress_deadline", "ProgressDeadline", .seconds(180)),
        ]
        return update
    }

    private var taskBlock: NomadBlock {
        var blocks: [NomadBlock] = []
        if case .hippoDev(let archive) = program { blocks.append(Self.artifact(archive, to: "local/bin")) }
        blocks += archives.map { Self.artifact($0, to: "local/app") }
        if let data = templateData {
            blocks.append(
                NomadBlock(
                    "template", member: "Templates", .list,
                    attributes: [
                        ("destination", "DestPath", .text("secrets/modules.env")),
                        ("data", "EmbeddedTmpl", .text(data)),
                        ("perms", "Perms", .text("0600")), ("change_mode", "ChangeMode", .text("restart")),
                    ]))
        }
        blocks += [
            NomadBlock("config", member: "Config", attributes: configuration), serviceBlock,
            NomadBlock(
                "resources", member: "Resources",
                attributes: [("cpu", "CPU", .integer(cpu)), ("memory", "MemoryMB", .integer(memory))]),
            NomadBlock(
                "logs", member: "LogConfig",
                attributes: [("max_files", "MaxFiles", .integer(3)), ("max_file_size", "MaxFileSizeMB", .integer(10))]),
        ]
        return NomadBlock(
            "task", label: ("Name", Self.task), member: "Tasks", .list,
            attributes: [
                ("driver", "Driver", .text(driver.name)),
                // A client allows 30 seconds, unless it is told otherwise.
                ("kill_timeout", "KillTimeout", .seconds(30)), ("shutdown_delay", "ShutdownDelay", .seconds(3)),
                // The agent's own one reaches the task, and need not exist there.
                ("env", "Env", .map([("TMPDIR", .runtime("${NOMAD_ALLOC_DIR}/tmp"))])),
            ], blocks: blocks)
    }

    private static func artifact(_ archive: Archive, to directory: String) -> NomadBlock {
        NomadBlock(
            "artifact", member: "Artifacts", .list,
            attributes: [
                ("source", "GetterSource", .text(archive.url)), ("destination", "RelativeDest", .text(directory)),
            ],
            blocks: [
                NomadBlock(
                    "options", member: "GetterOptions", attributes: [("checksum", "checksum", .text(archive.checksum))])
            ])
    }

    private var configuration: [(word: String, member: String, value: NomadBlock.Value)] {
        let isContainer = if case .docker = driver { true } else { false }
        var arguments: [NomadBlock.Value] = if case .hippoDev = program { [.text("wagi")] } else { [] }
        arguments += [
            .text("-c"), .text(ModulesDocument.name), .text("--listen"),
            isContainer ? .text("0.0.0.0:\(Self.containerPort)") : .runtime("${NOMAD_ADDR_http}"),
            .text("--log-dir"), .runtime("${NOMAD_ALLOC_DIR}/data/modules"),
        ]
        if templateData != nil { arguments += [.text("--env-file"), .runtime("${NOMAD_SECRETS_DIR}/modules.env")] }
        let command =
            switch (program, isContainer) {
            case (.hippoDev, false): "local/bin/hippo-dev"
            case (.hippoDev, true): "/local/bin/hippo-dev"
            case (.wagi, _): "wagi"
            }
        var attributes: [(word: String, member: String, value: NomadBlock.Value)] = []
        if case .docker(let image) = driver {
            attributes = [("image", "image", .text(image)), ("ports", "ports", .list([.text("http")]))]
        }
        return attributes + [
            ("command", "command", .text(command)),
            // Paths in modules.toml count from the working directory.
            ("work_dir", "work_dir", .runtime("${NOMAD_TASK_DIR}/app")), ("args", "args", .list(arguments)),
        ]
    }

    /// In the task: a service of the group would be listed before its artifacts are there.
    private var serviceBlock: NomadBlock {
        NomadBlock(
            "service", member: "Services", .list,
            attributes: [
                ("name", "Name", .text(serviceName)), ("port", "PortLabel", .text("http")),
                ("provider", "Provider", .text("nomad")), ("tags", "Tags", .list([.text("live")])),
                ("canary_tags", "CanaryTags", .list([.text("canary")])),
            ],
            blocks: [
                NomadBlock(
                    "check", member: "Checks", .list,
                    attributes: [
                        ("name", "Name", .text("answers")), ("type", "Type", .text("http")),
                        ("path", "Path", .text(check)),
                        ("interval", "Interval", .seconds(5)), ("timeout", "Timeout", .seconds(2)),
                    ])
            ])
    }

    /// The file of variables as a template; `nil` if there are none.
    private var templateData: String? {
        guard !variables.isEmpty || !secrets.isEmpty else { return nil }
        // Within a template, only the delimiter has to be written as one.
        var lines = variables.map { name, value in
            "\(name)=\(value)".split(separator: "{{", omittingEmptySubsequences: false).joined(separator: "{{\"{{\"}}")
        }
        if !secrets.isEmpty {
            lines.append(
                "{{ with nomadVar \"\(secretPath)\" }}" + secrets.map { "\($0)={{ .\($0) }}" }.joined(separator: "\n"))
            lines.append("{{ end }}")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Character {
    fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
