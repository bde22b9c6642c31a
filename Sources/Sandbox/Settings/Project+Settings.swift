import Platform

extension Project {
    /// What the command line and `hippo-dev.toml` say together, for what runs the project. The variables of files are not
    /// read yet: `readVariables(of:)` does that.
    ///
    /// `${NAME}` in `[env]` is taken from this process's own environment, then from `.env`.
    ///
    /// - Throws: for a `hippo-dev.toml` that is wrong, with the place.
    func settings(completing commandLine: SandboxSettings) throws(Failure) -> SandboxSettings {
        let file = try SettingsFile.read(inProject: directory) { (name) throws(Failure) in
            if let value = ProcessEnvironment.value(name) { return value }
            return try Dotenv.read(inProject: directory).last { $0.name == name }?.value
        }
        var settings = commandLine.completed(by: file)
        settings.excludeData(inProject: directory)
        return settings
    }
}
