import Foundation
import Testing

/// A generated GitHub workflow, run here step by step as a runner does it: each `run` by `bash -e`, in the project, with
/// its own variables, and what steps add to the path.
///
/// It reads the generated form only, not YAML at large.
struct Workflow {
    struct Step {
        let name: String
        var script: [String] = []
        var environment: [(name: String, value: String)] = []
        /// As GitHub's expressions have it.
        var condition: String?
    }

    let steps: [Step]

    init(_ text: String) throws {
        var steps: [Step] = []
        var isScript = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            let content = line.drop { $0 == " " }
            let indentation = line.count - content.count
            if indentation == 6, content.hasPrefix("- name: ") {
                steps.append(Step(name: String(content.dropFirst("- name: ".count))))
                isScript = false
            } else if steps.isEmpty || content.isEmpty {
                continue
            } else if indentation == 6, content.hasPrefix("- uses: ") {
                steps.append(Step(name: String(content.dropFirst(2))))
                isScript = false
            } else if indentation == 8, content.hasPrefix("if: ") {
                steps[steps.count - 1].condition = String(content.dropFirst("if: ".count))
            } else if indentation == 8, content == "env:" {
                isScript = false
            } else if content == "run: |" {
                isScript = true
            } else if indentation == 8, content.hasPrefix("run: ") {
                let command = content.dropFirst("run: ".count)
                steps[steps.count - 1].script = [command.trimmingCharacters(in: ["'"])]
                isScript = false
            } else if isScript, indentation >= 10 {
                steps[steps.count - 1].script.append(String(line.dropFirst(10)))
            } else if indentation == 10, let colon = content.firstIndex(of: ":") {
                let value = content[content.index(after: colon)...].drop { $0 == " " }
                steps[steps.count - 1].environment.append((String(content[..<colon]), String(value)))
            }
        }
        self.steps = steps
    }

    struct Outcome {
        /// The step that failed, if one did.
        let failedStep: String?
        let output: String
        /// Those that were run.
        var steps: [String] = []
    }

    /// - Parameters:
    ///   - values: What the repository's settings hold, such as `vars.BINDLE_URL`.
    func run(in project: String, tag: String?, values: [String: String], temporary: String) throws -> Outcome {
        let pathFile = temporary + "/path"
        try "".write(toFile: pathFile, atomically: false, encoding: .utf8)
        var output = ""
        var done: [String] = []
        // Steps that use an action have no script: what they would do is not done.
        for step in steps where !step.script.isEmpty && Self.holds(step.condition, tag, values, in: project) {
            done.append(step.name)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = [
                "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.script.joined(separator: "\n"),
            ]
            process.currentDirectoryURL = URL(fileURLWithPath: project)
            let added = try String(contentsOfFile: pathFile, encoding: .utf8).split(separator: "\n").reversed()
            var environment = [
                "PATH": (added + ["/usr/local/bin:/usr/bin:/bin"]).joined(separator: ":"), "HOME": temporary,
                "GITHUB_REF_NAME": tag ?? "main", "GITHUB_PATH": pathFile, "RUNNER_TEMP": temporary,
            ]
            for (name, value) in step.environment {
                var text = value
                for (key, replacement) in values {
                    text = text.replacingOccurrences(of: "${{ \(key) }}", with: replacement)
                }
                // What the repository does not hold is empty.
                environment[name] = text.hasPrefix("${{") ? "" : text
            }
            process.environment = environment
            let pipe = Pipe()
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            output += String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                return Outcome(failedStep: step.name, output: output, steps: done)
            }
        }
        return Outcome(failedStep: nil, output: output, steps: done)
    }

    /// Whether a step is done: of GitHub's expressions, those that the workflow has.
    private static func holds(
        _ condition: String?, _ tag: String?, _ values: [String: String], in project: String
    ) -> Bool {
        (condition ?? "").components(separatedBy: " && ").allSatisfy { part in
            switch part {
            case "": true
            case "vars.HIPPO_DEV_URL != ''": values["vars.HIPPO_DEV_URL"] != nil
            case "vars.HIPPO_DEV_URL == ''": values["vars.HIPPO_DEV_URL"] == nil
            case "hashFiles('tests/*.toml') != ''": FileManager.default.fileExists(atPath: project + "/tests")
            case "startsWith(github.ref, 'refs/tags/v')": tag?.hasPrefix("v") ?? false
            default: false
            }
        }
    }
}
