import JSON

/// The files that VS Code reads, and those that let editors complete the keys of HIPPOFACTS and hippo-dev.toml.
extension ProjectDescription {
    /// All of them.
    package var editorFiles: [ScaffoldFile] {
        [editorTasks, editorExtensions, editorSettings, tomlSettings] + Schema.allCases.map(\.editorFile)
    }

    /// `.vscode/tasks.json`: a background task for `hippo-dev up`, with the expressions that find its failures, and
    /// tasks that build, check, test and publish.
    package var editorTasks: ScaffoldFile {
        var tasks: [JSONValue] = [upTask]
        var check = task("hippo-dev check", ["check"])
        if let command = build?.command {
            tasks.append(
                .object([
                    "label": "build", "type": "shell", "command": .string(command), "group": Self.defaultBuild,
                    "problemMatcher": .array(compilerMatchers),
                ]))
        } else {
            check["group"] = Self.defaultBuild
        }
        tasks.append(.object(check))
        tasks.append(testTask)
        var publish = task("publish", ["push", "-v", "production"])
        publish["detail"] = "Pushes the version in HIPPOFACTS to the Bindle server that BINDLE_URL names."
        tasks.append(.object(publish))
        return ScaffoldFile(".vscode/tasks.json", json: ["version": "2.0.0", "tasks": .array(tasks)])
    }

    /// `.vscode/extensions.json`.
    package var editorExtensions: ScaffoldFile {
        let extensions = ["tamasfe.even-better-toml"] + toolchain.editorExtensions
        return ScaffoldFile(
            ".vscode/extensions.json", json: ["recommendations": .array(extensions.map { .string($0) })])
    }

    /// `.vscode/settings.json`: HIPPOFACTS is TOML, whatever its name.
    package var editorSettings: ScaffoldFile {
        ScaffoldFile(
            ".vscode/settings.json",
            json: ["files.associations": .object(["HIPPOFACTS": "toml", "Hippofacts": "toml", "hippofacts": "toml"])])
    }

    /// `.taplo.toml`, which the extension for TOML reads, in VS Code and elsewhere: which schema is for which file. Its
    /// setting in VS Code takes paths that hold on one machine only.
    package var tomlSettings: ScaffoldFile {
        let rules = Schema.allCases.map { schema in
            "[[rule]]\ninclude = \(toml(schema.files))\nschema = { path = \(toml(schema.path)) }\n"
        }
        return ScaffoldFile(
            ".taplo.toml",
            "# Editors complete and check the keys of these files by schemas: 'hippo-dev schema' prints them.\n"
                + rules.joined(separator: "\n"), joining: .block(unless: Schema.hippofacts.path))
    }

    // MARK: Tasks

    private static let defaultBuild: JSONValue = .object(["kind": "build", "isDefault": .boolean(true)])

    private var upTask: JSONValue {
        var task = task("hippo-dev up", ["up"])
        task["detail"] = "Serves the project, and keeps it up to date."
        task["isBackground"] = .boolean(true)
        task["presentation"] = .object(["panel": "dedicated", "reveal": "always"])
        task["runOptions"] = .object(["instanceLimit": .integer(1)])
        task["problemMatcher"] = .array(matchers)
        return .object(task)
    }

    private var testTask: JSONValue {
        var task = task("hippo-dev test", ["test"])
        task["detail"] = "Sends the requests of tests/ to the app, and compares the responses."
        task["group"] = .object(["kind": "test", "isDefault": .boolean(true)])
        let failure = Self.matcher(
            .object([
                "regexp": .string(ProblemMatcher.test), "message": .integer(1), "file": .integer(2),
                "line": .integer(3),
            ]))
        task["problemMatcher"] = .array([failure, task["problemMatcher"]].compactMap { $0 })
        return .object(task)
    }

    private func task(_ label: String, _ arguments: [String]) -> JSONObject {
        [
            "label": .string(label), "type": "process", "command": "hippo-dev",
            "args": .array(arguments.map { .string($0) }),
            "problemMatcher": Self.matcher(
                .object([
                    "regexp": .string(ProblemMatcher.command), "severity": .integer(1), "file": .integer(2),
                    "line": .integer(3), "column": .integer(4), "message": .integer(5),
                ])),
        ]
    }

    /// What finds errors in what the build command writes when it runs by itself: VS Code's own where it has one.
    private var compilerMatchers: [JSONValue] {
        switch toolchain {
        case .c, .swift, .zig: ["$gcc"]
        case .rust: ["$rustc"]
        case .go: ["$go"]
        case .assemblyScript:
            ProblemMatcher.assemblyScript(prefix: "").map { Self.matcher(Self.pattern($0)) }
        case .none: []
        case .other: ["$gcc", "$tsc"]
        }
    }

    /// What finds failures in what `up` writes.
    private var matchers: [JSONValue] {
        var patterns: [JSONValue] = [
            .object([
                "regexp": .string(ProblemMatcher.place), "file": .integer(1), "line": .integer(2),
                "column": .integer(3), "severity": .integer(4), "message": .integer(5),
            ]),
            .object([
                "regexp": .string(ProblemMatcher.file), "kind": "file", "file": .integer(1), "message": .integer(2),
            ]),
        ]
        if toolchain == .rust || toolchain == .other {
            patterns.append(
                .array([
                    .object([
                        "regexp": .string(ProblemMatcher.rust[0]), "severity": .integer(1), "code": .integer(2),
                        "message": .integer(3),
                    ]),
                    .object([
                        "regexp": .string(ProblemMatcher.rust[1]), "file": .integer(1), "line": .integer(2),
                        "column": .integer(3),
                    ]),
                ]))
        }
        if toolchain == .assemblyScript || toolchain == .other {
            patterns += ProblemMatcher.assemblyScript(prefix: ProblemMatcher.buildPrefix).map(Self.pattern)
        }
        return patterns.map { pattern in
            guard case .object(var matcher) = Self.matcher(pattern) else { return pattern }
            matcher["source"] = "hippo-dev"
            matcher["background"] = .object([
                "activeOnStart": .boolean(true), "beginsPattern": .string(ProblemMatcher.begin),
                "endsPattern": .string(ProblemMatcher.end),
            ])
            return .object(matcher)
        }
    }

    private static func matcher(_ pattern: JSONValue) -> JSONValue {
        .object([
            "owner": "hippo-dev", "fileLocation": ["autoDetect", "${workspaceFolder}"], "pattern": pattern,
        ])
    }

    /// The lines of AssemblyScript's compiler: severity, code and message; some of the source; the place.
    private static func pattern(_ lines: [String]) -> JSONValue {
        .array(
            lines.enumerated().map { index, line in
                var pattern: JSONObject = ["regexp": .string(line)]
                if index == 0 {
                    pattern["severity"] = .integer(1)
                    pattern["code"] = .integer(2)
                    pattern["message"] = .integer(3)
                } else if index == lines.count - 1 {
                    pattern["file"] = .integer(1)
                    pattern["line"] = .integer(2)
                    pattern["column"] = .integer(3)
                }
                return .object(pattern)
            })
    }
}
