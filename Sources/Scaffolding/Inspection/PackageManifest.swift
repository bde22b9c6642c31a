import JSON

/// What a package.json says of how WebAssembly is built, and whose the package is.
struct PackageManifest {
    let name: String?
    let version: String?
    let summary: String?
    let authors: [String]
    /// The script that builds.
    let buildScript: String?
    let isAssemblyScript: Bool
    /// Whether there is anything to be installed before a build.
    let hasDependencies: Bool
    /// The commands that the script consists of, those of scripts that it runs included; each in words.
    let commands: [[String]]

    init(_ text: String) {
        let object = (try? JSONValue(parsing: Array(text.utf8)))?.object ?? JSONObject()
        // A scope is no part of a bindle's name.
        name = object["name"]?.string?.split(separator: "/").last.map(String.init)
        version = object["version"]?.string
        summary = object["description"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        authors = ([object["author"]].compactMap { $0 } + (object["contributors"]?.array ?? [])).compactMap(Self.person)
        let scripts = object["scripts"]?.object
        let script = ["build", "asbuild:release", "asbuild"].first { scripts?[$0]?.string != nil }
        buildScript = script
        let dependencies = ["dependencies", "devDependencies"].compactMap { object[$0]?.object }
        isAssemblyScript = dependencies.contains { $0["assemblyscript"] != nil }
        hasDependencies = dependencies.contains { !$0.members.isEmpty }
        commands = script.map { Self.commands(of: $0, scripts ?? JSONObject(), depth: 0) } ?? []
    }

    /// A person as npm writes one: text, or a name and an address.
    private static func person(_ value: JSONValue) -> String? {
        if let text = value.string { return text.isEmpty ? nil : text }
        guard let name = value.object?["name"]?.string else { return nil }
        return value.object?["email"]?.string.map { "\(name) <\($0)>" } ?? name
    }

    private static func commands(of script: String, _ scripts: JSONObject, depth: Int) -> [[String]] {
        guard depth < 8, let text = scripts[script]?.string else { return [] }
        return text.replacing("&&", with: ";").replacing("||", with: ";").split(separator: ";").flatMap { part in
            let words = part.split(whereSeparator: \.isWhitespace).map { String($0).trimming("\"'") }
            guard let tool = words.first, ["npm", "yarn", "pnpm"].contains(tool), words.count > 1 else {
                return [words]
            }
            let other = words[1] == "run" && words.count > 2 ? words[2] : words[1]
            return other == script ? [] : commands(of: other, scripts, depth: depth + 1)
        }
    }
}

extension String {
    fileprivate func trimming(_ characters: String) -> String {
        String(drop { characters.contains($0) }.reversed().drop { characters.contains($0) }.reversed())
    }
}
