import CommandLineInterface
import Hippofacts
import Platform
import Sandbox

/// Whether a project is built before its bundle is made, and how.
enum BuildOptions {
    static let command = Option(
        name: "build", valueName: "COMMAND", summary: "Builds the modules; run by the shell in the project's directory."
    )
    static let noBuild = Option(flag: "no-build", summary: "Take the modules as they are: run no build command.")

    static let all = [command, noBuild]

    /// The command that the command line gives.
    static func command(_ arguments: ParsedArguments) throws -> String? {
        try arguments.value(of: command, expecting: "a command") { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }

    /// Whether the project is built.
    static func builds(_ arguments: ParsedArguments) -> Bool { !arguments.isSet(noBuild) }

    /// Builds the project at a path, unless the command line says not to. What the build command writes goes to standard
    /// error.
    ///
    /// - Parameter isQuiet: Whether only a failure is told, with the last lines of the output.
    static func build(projectAt path: String, _ arguments: ParsedArguments, isQuiet: Bool = false) throws {
        let command = try command(arguments)
        guard builds(arguments) else { return }
        try ProjectBuild.run(projectAt: path, command: command) { line in
            if !isQuiet { StandardError.write("\(line)\n") }
        }
    }

    /// What the command line and the settings of the project say of the build, for what is said of a module that is missing.
    static func moduleBuild(_ settings: BundleSettings, _ arguments: ParsedArguments) throws -> ModuleBuild {
        guard let command = try command(arguments) ?? settings.buildCommand else { return .absent }
        return builds(arguments) ? .hasRun(command: command) : .notRun(command: command)
    }
}
