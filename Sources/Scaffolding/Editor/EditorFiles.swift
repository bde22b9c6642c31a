import JSON

/// The files that VS Code reads.
extension ProjectDescription {
    /// `.vscode/tasks.json`: a background task for `hippo-dev up`, with the expressions that find its failures, and
    /// tasks that build, check and publish.
    package var editorTasks: ScaffoldFile {
        let check = """
            {
                  "label": "hippo-dev check",
                  "type": "process",
                  "command": "hippo-dev",
                  "args": ["check"],
            """
        var tasks: [String] = []
        if let command = build?.command {
            tasks.append(
                """
                {
                      "label": "build",
                      "type": "shell",
                      "command": \(json(command)),
                      "group": { "kind": "build", "isDefault": true },
                      "problemMatcher": [\(compilerMatchers.map(json).joined(separator: ", "))]
                    }
                """)
            tasks.append(check + "\n      \"problemMatcher\": \(commandMatcher)\n    }")
        } else {
            tasks.append(
                check + "\n      \"group\": { \"kind\": \"build\", \"isDefault\": true },"
                    + "\n      \"problemMatcher\": \(commandMatcher)\n    }")
        }
        return ScaffoldFile(
            ".vscode/tasks.json",
            """
            {
              "version": "2.0.0",
              "tasks": [
                {
                  "label": "hippo-dev up",
                  "detail": "Serves the project, and keeps it up to date.",
                  "type": "process",
                  "command": "hippo-dev",
                  "args": ["up"],
                  "isBackground": true,
                  "presentation": { "panel": "dedicated", "reveal": "always" },
                  "runOptions": { "instanceLimit": 1 },
                  "problemMatcher": [
                    \(matchers.joined(separator: ",\n        "))
                  ]
                },
                \(tasks.joined(separator: ",\n    ")),
                {
                  "label": "publish",
                  "detail": "Pushes the version in HIPPOFACTS to the Bindle server that BINDLE_URL names.",
                  "type": "process",
                  "command": "hippo-dev",
                  "args": ["push", "-v", "production"],
                  "problemMatcher": \(commandMatcher)
                }
              ]
            }

            """)
    }

    /// `.vscode/extensions.json`.
    package var editorExtensions: ScaffoldFile {
        let extensions = ["tamasfe.even-better-toml"] + toolchain.editorExtensions
        return ScaffoldFile(
            ".vscode/extensions.json",
            "{\n  \"recommendations\": [\(extensions.map(json).joined(separator: ", "))]\n}\n")
    }

    /// The matchers of VS Code's own for what the build command writes when it runs by itself.
    private var compilerMatchers: [String] {
        switch toolchain {
        case .c, .swift, .zig: ["$gcc"]
        case .rust: ["$rustc"]
        case .go: ["$go"]
        case .assemblyScript: ["$tsc"]
        case .none: []
        case .other: ["$gcc", "$tsc"]
        }
    }

    private var matchers: [String] {
        var matchers = [
            matcher(
                """
                {
                            "regexp": \(json(ProblemMatcher.place)),
                            "file": 1, "line": 2, "column": 3, "severity": 4, "message": 5
                          }
                """),
            matcher(
                """
                {
                            "regexp": \(json(ProblemMatcher.file)),
                            "kind": "file", "file": 1, "message": 2
                          }
                """),
        ]
        if toolchain == .rust || toolchain == .other {
            matchers.append(
                matcher(
                    """
                    [
                                {
                                  "regexp": \(json(ProblemMatcher.rust[0])),
                                  "severity": 1, "code": 2, "message": 3
                                },
                                {
                                  "regexp": \(json(ProblemMatcher.rust[1])),
                                  "file": 1, "line": 2, "column": 3
                                }
                              ]
                    """))
        }
        return matchers
    }

    private func matcher(_ pattern: String) -> String {
        """
        {
                  "owner": "hippo-dev",
                  "source": "hippo-dev",
                  "fileLocation": ["autoDetect", "${workspaceFolder}"],
                  "pattern": \(pattern),
                  "background": {
                    "activeOnStart": true,
                    "beginsPattern": \(json(ProblemMatcher.begin)),
                    "endsPattern": \(json(ProblemMatcher.end))
                  }
                }
        """
    }

    private var commandMatcher: String {
        """
        {
                "owner": "hippo-dev",
                "fileLocation": ["autoDetect", "${workspaceFolder}"],
                "pattern": {
                  "regexp": \(json(ProblemMatcher.command)),
                  "severity": 1, "file": 2, "line": 3, "column": 4, "message": 5
                }
              }
        """
    }
}

/// Text as a string of JSON.
private func json(_ text: String) -> String {
    JSONValue.string(text).serialized
}
