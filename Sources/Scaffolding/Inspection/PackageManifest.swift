import JSON

/// What a package.json says of how WebAssembly is built.
struct PackageManifest {
    let name: String?
    /// The script that builds.
    let buildScript: String?
    let isAssemblyScript: Bool
    /// Modules that the scripts name.
    let outputs: [String]

    init(_ text: String) {
        let object = (try? JSONValue(parsing: Array(text.utf8)))?.object ?? JSONObject()
        // A scope is no part of a bindle's name.
        name = object["name"]?.string?.split(separator: "/").last.map(String.init)
        let scripts = object["scripts"]?.object
        let script = ["build", "asbuild:release", "asbuild"].first { scripts?[$0]?.string != nil }
        buildScript = script
        isAssemblyScript = ["dependencies", "devDependencies"].contains {
            object[$0]?.object?["assemblyscript"] != nil
        }
        var outputs: [String] = []
        for word in script.flatMap({ scripts?[$0]?.string })?.split(separator: " ") ?? [] {
            let path = String(word.hasPrefix("./") ? word.dropFirst(2) : word)
            if path.hasSuffix(".wasm"), !path.hasPrefix("/"), !outputs.contains(path) { outputs.append(path) }
        }
        // Where AssemblyScript's own settings put it.
        if outputs.isEmpty && isAssemblyScript { outputs = ["build/release.wasm"] }
        self.outputs = outputs
    }
}
