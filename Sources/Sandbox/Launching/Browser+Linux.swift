import Platform

/// Opens pages in the user's browser.
enum Browser {
    /// Opens a URL: by the programs that `$BROWSER` names, else by the desktop's own opener. No shell is involved.
    ///
    /// - Parameter onFailure: Called when the program has ended with an error, as the desktop's does without a display.
    /// - Returns: false if there is no program that could.
    static func open(
        _ url: String,
        environment: [String: String] = Dictionary(uniqueKeysWithValues: ChildEnvironment.current()),
        onFailure: @escaping @Sendable () -> Void = {}
    ) -> Bool {
        for words in candidates(environment) {
            guard let executable = resolve(words[0], environment) else { continue }
            var arguments = words.dropFirst().map { $0.replacing("%s", with: url) }
            if !words.contains(where: { $0.contains("%s") }) { arguments.append(url) }
            let null = Platform.open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            guard
                let child = try? ChildProcess.spawn(
                    executable: executable, name: words[0], arguments: Array(arguments),
                    environment: environment.map { ($0.key, $0.value) },
                    descriptors: [(null, 0), (null, 1), (null, 2)])
            else { continue }
            SystemThread.detach { if child.waitForExit() != .exited(code: 0) { onFailure() } }
            return true
        }
        return false
    }

    /// The commands to try, in words. `$BROWSER` holds commands that `:` separates, in which `%s` stands for the URL.
    private static func candidates(_ environment: [String: String]) -> [[String]] {
        let named = (environment["BROWSER"] ?? "").split(separator: ":").map {
            $0.split(separator: " ").map(String.init)
        }
        return named.filter { !$0.isEmpty } + [["xdg-open"], ["open"], ["wslview"], ["sensible-browser"]]
    }

    private static func resolve(_ program: String, _ environment: [String: String]) -> String? {
        ExecutablePath.find(program, in: environment["PATH"])
    }
}
