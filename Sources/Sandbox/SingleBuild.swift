package import Hippofacts

/// A project that is built and put together once, for commands that do without a sandbox.
package struct SingleBuild: Sendable {
    /// What the command line and `hippo-dev.toml` say together.
    package let settings: SandboxSettings
    package let expansion: Expansion
    /// The project's directory, absolute.
    package let directory: String

    /// Builds a project, as `hippo-dev up` would, and expands it.
    ///
    /// - Parameters:
    ///   - path: HIPPOFACTS, its directory, or a single module.
    ///   - commandLine: what the command line says; `hippo-dev.toml` completes it.
    ///   - builds: false to take the project as it is.
    ///   - options: where external bindles are found.
    ///   - onLine: told of each line that the build command writes.
    /// - Throws: `Failure`, with its place.
    package init(
        path: String, commandLine: SandboxSettings, builds: Bool, options: ExpansionOptions,
        onLine: @escaping @Sendable (String) -> Void
    ) throws {
        let project = try Project(at: path)
        directory = project.directory
        var completed = try project.settings(completing: commandLine)
        try completed.readVariables(of: project)
        settings = completed
        if builds, let command = settings.buildCommand {
            try ProjectBuild.run(command, project, passing: settings.passedVariables, onLine)
        }
        var options = options
        BundleSettings(settings).apply(to: &options, isBuilt: builds)
        var cache = DigestCache()
        expansion = try project.facts().expanded(options, cache: &cache)
    }
}
