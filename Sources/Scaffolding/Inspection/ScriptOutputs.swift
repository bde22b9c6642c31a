import JSON

/// The modules that a script of package.json makes: what its commands name, and, for `asc`, what `asconfig.json` says.
///
/// See https://www.assemblyscript.org/compiler.html
struct ScriptOutputs {
    /// Paths relative to the project.
    private(set) var modules: [String] = []
    /// Whether they are what `asc` writes where nothing says otherwise.
    private(set) var isAssumed = false

    /// - Parameter read: the text of a file of the project; `nil` if there is none.
    init(_ commands: [[String]], isAssemblyScript: Bool, read: (String) -> String?) {
        var debug: [String] = []
        for command in commands {
            let isCompiler = command.contains { $0 == "asc" || $0.hasSuffix("/asc") }
            var found = Self.named(in: command, isCompiler: isCompiler)
            let target = Self.option(["--target"], in: command) ?? "release"
            if found.isEmpty, isCompiler {
                let file = Self.option(["--config"], in: command) ?? "asconfig.json"
                found = Self.configured(target, read(file))
            }
            for path in found.compactMap(Self.relative) {
                if isCompiler && target == "debug" {
                    debug.append(path)
                } else if !modules.contains(path) {
                    modules.append(path)
                }
            }
        }
        // A module for debugging is the same handler once more, unless there is no other.
        if modules.isEmpty { modules = debug }
        if modules.isEmpty && isAssemblyScript {
            modules = ["build/release.wasm"]
            isAssumed = true
        }
    }

    private static let outputOptions = ["--outFile", "-o", "--binaryFile", "-b"]

    private static func named(in command: [String], isCompiler: Bool) -> [String] {
        if isCompiler { return option(outputOptions, in: command).map { [$0] } ?? [] }
        return command.compactMap { word in
            let value =
                word.hasPrefix("-") ? word.split(separator: "=", maxSplits: 1).last.map(String.init) ?? word : word
            return value.hasSuffix(".wasm") ? value : nil
        }
    }

    /// The value of an option, as `--name value` or `--name=value`.
    private static func option(_ names: [String], in command: [String]) -> String? {
        for (index, word) in command.enumerated() {
            for name in names {
                if word == name, index + 1 < command.count { return command[index + 1] }
                if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
            }
        }
        return nil
    }

    /// What `asconfig.json` says of a target: an option of the target is stronger than one for all of them.
    private static func configured(_ target: String, _ text: String?) -> [String] {
        guard let object = text.flatMap({ try? JSONValue(parsing: Array($0.utf8)) })?.object else { return [] }
        for options in [object["targets"]?.object?[target]?.object, object["options"]?.object] {
            for key in ["outFile", "binaryFile"] {
                if let path = options?[key]?.string, path.hasSuffix(".wasm") { return [path] }
            }
        }
        return []
    }

    /// A path relative to the project; `nil` for others, and for those that the shell completes.
    private static func relative(_ path: String) -> String? {
        guard !path.hasPrefix("/"), !path.contains(where: { "$*`".contains($0) }) else { return nil }
        return path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    }
}
