package import Hippofacts

/// What `hippo-dev.toml` says of a project's bundle, for whoever expands the project without serving it.
package struct BundleSettings: Sendable {
    /// What is said of handlers.
    package let handlers: HandlerSettings
    /// Patterns of files that are left out.
    package let excludedFiles: [GlobPattern]
    /// The names of the variables that modules get in a sandbox, and nowhere else.
    package let variables: [String]
    /// What makes the modules.
    package let buildCommand: String?

    init(_ settings: SandboxSettings) {
        handlers = HandlerSettings(
            file: SettingsFile.name, handlers: settings.handlers, allowedHosts: settings.allowedOutbound)
        excludedFiles = settings.excludedFiles
        variables = settings.variableSources.compactMap { if case .variable(let one) = $0 { one.name } else { nil } }
        buildCommand = settings.buildCommand
    }

    /// Reads the file of the project at a path.
    ///
    /// - Throws: `Failure` for a file that is wrong, `HippofactsError` where there is no project.
    package init(ofProjectAt path: String) throws {
        self.init(try SettingsFile.read(inProject: Project(at: path).directory))
    }

    /// Lets an expansion follow the settings.
    ///
    /// - Parameter isBuilt: Whether the build command, if there is one, was run before.
    package func apply(to options: inout ExpansionOptions, isBuilt: Bool = false) {
        options.build = build(isRun: isBuilt)
        options.handlers = handlers
        options.excludedFiles = excludedFiles
    }

    /// What makes the modules, and whether it was run before.
    package func build(isRun: Bool) -> ModuleBuild {
        guard let buildCommand else { return .absent }
        return isRun ? .hasRun(command: buildCommand) : .notRun(command: buildCommand)
    }
}
