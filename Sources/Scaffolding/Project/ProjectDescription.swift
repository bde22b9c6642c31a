/// What a project is made of, as far as the files that describe it say: HIPPOFACTS, the settings, and what tools read.
package struct ProjectDescription: Hashable, Sendable {
    /// A module that answers requests.
    package struct Handler: Hashable, Sendable {
        /// The module's path in the project.
        package let module: String
        package let route: String
        /// Patterns for the files that belong to it.
        package let files: [String]
        /// Whether nothing in the project says that the build writes the module there.
        package let isGuess: Bool

        package init(module: String, route: String, files: [String] = [], isGuess: Bool = false) {
            self.module = module
            self.route = route
            self.files = files
            self.isGuess = isGuess
        }
    }

    /// How the modules are built.
    package struct Build: Hashable, Sendable {
        /// As the shell takes it.
        package let command: String
        /// Patterns for what it reads; none for all of the project but what looks like a product.
        package let watch: [String]

        package init(command: String, watch: [String]) {
            self.command = command
            self.watch = watch
        }
    }

    package var name: ProjectName
    package var version = "0.1.0"
    package var summary: String?
    package var authors: [String] = []
    package var handlers: [Handler]
    package var build: Build?
    package var toolchain: Toolchain
    /// Lines for `.gitignore`, beside those for the sandbox's own files.
    package var ignored: [String]

    package init(
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
    package var hippofacts: ScaffoldFile {
        var text = "[bindle]\nname = \(toml(name.text))\nversion = \(toml(version))\n"
        if let summary { text += "description = \(toml(summary))\n" }
        if !authors.isEmpty { text += "authors = \(toml(authors))\n" }
        for handler in handlers {
            text += "\n[[handler]]\n"
            if handler.isGuess { text += "# A guess: nothing in the project says where the build writes the module.\n" }
            text += "name = \(toml(handler.module))\nroute = \(toml(handler.route))\n"
            if !handler.files.isEmpty { text += "files = \(toml(handler.files))\n" }
        }
        return ScaffoldFile("HIPPOFACTS", text)
    }

    /// `hippo-dev.toml`; `nil` if there is nothing to build.
    package var settings: ScaffoldFile? {
        guard let build else { return nil }
        let watch = build.watch.isEmpty ? "" : "watch = \(toml(build.watch))\n"
        return ScaffoldFile("hippo-dev.toml", "[build]\ncommand = \(toml(build.command))\n\(watch)")
    }

    /// `.gitignore`.
    package var gitignore: ScaffoldFile {
        ScaffoldFile(".gitignore", ([".hippo/"] + ignored).map { $0 + "\n" }.joined(), joining: .lines)
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
