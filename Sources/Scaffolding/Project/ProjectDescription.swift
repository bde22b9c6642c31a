/// What a project is made of, as far as the files that describe it say: HIPPOFACTS, the settings, and what tools read.
public struct ProjectDescription: Hashable, Sendable {
    /// A module that answers requests.
    public struct Handler: Hashable, Sendable {
        /// The module's path in the project.
        public let module: String
        public let route: String
        /// Patterns for the files that belong to it.
        public let files: [String]

        public init(module: String, route: String, files: [String] = []) {
            self.module = module
            self.route = route
            self.files = files
        }
    }

    /// How the modules are built.
    public struct Build: Hashable, Sendable {
        /// As the shell takes it.
        public let command: String
        /// Patterns for what it reads; none for all of the project but what looks like a product.
        public let watch: [String]

        public init(command: String, watch: [String]) {
            self.command = command
            self.watch = watch
        }
    }

    public var name: ProjectName
    public var version = "0.1.0"
    public var summary: String?
    public var handlers: [Handler]
    public var build: Build?
    public var toolchain: Toolchain
    /// Lines for `.gitignore`, beside those for the sandbox's own files.
    public var ignored: [String]

    public init(
        name: ProjectName, summary: String? = nil, handlers: [Handler], build: Build? = nil, toolchain: Toolchain,
        ignored: [String] = []
    ) {
        self.name = name
        self.summary = summary
        self.handlers = handlers
        self.build = build
        self.toolchain = toolchain
        self.ignored = ignored
    }

    /// HIPPOFACTS.
    public var hippofacts: ScaffoldFile {
        var text = "[bindle]\nname = \(toml(name.text))\nversion = \(toml(version))\n"
        if let summary { text += "description = \(toml(summary))\n" }
        for handler in handlers {
            text += "\n[[handler]]\nname = \(toml(handler.module))\nroute = \(toml(handler.route))\n"
            if !handler.files.isEmpty { text += "files = \(toml(handler.files))\n" }
        }
        return ScaffoldFile("HIPPOFACTS", text)
    }

    /// `hippo-dev.toml`; `nil` if there is nothing to build.
    public var settings: ScaffoldFile? {
        guard let build else { return nil }
        let watch = build.watch.isEmpty ? "" : "watch = \(toml(build.watch))\n"
        return ScaffoldFile("hippo-dev.toml", "[build]\ncommand = \(toml(build.command))\n\(watch)")
    }

    /// `.gitignore`.
    public var gitignore: ScaffoldFile {
        ScaffoldFile(".gitignore", ([".hippo/"] + ignored).map { $0 + "\n" }.joined())
    }
}

/// Text as a basic string of TOML.
func toml(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\n": quoted += "\\n"
        case "\t": quoted += "\\t"
        case "\u{0}"..."\u{1F}", "\u{7F}":
            let digits = String(scalar.value, radix: 16)
            quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: quoted.unicodeScalars.append(scalar)
        }
    }
    return quoted + "\""
}

func toml(_ texts: [String]) -> String {
    "[" + texts.map { toml($0) }.joined(separator: ", ") + "]"
}
