import Platform

/// The variables that guests find in their environment, read from all their sources.
package struct GuestVariables: Hashable, Sendable {
    /// For all guests: each name once, with the value of the strongest source that has it.
    package var ofAll: [SandboxSettings.Variable] = []
    /// What `.env` gives besides these to the project's own guests. Those of external bindles do not get it.
    package var ofProject: [SandboxSettings.Variable] = []

    init() {}

    /// - Parameters:
    ///   - sources: with the names in any order, the weaker before the stronger.
    ///   - dotenv: weaker than all of them.
    init(_ sources: [SandboxSettings.Variable], dotenv: [SandboxSettings.Variable]) {
        ofAll = Self.last(of: sources)
        let names = Set(ofAll.map(\.name))
        ofProject = Self.last(of: dotenv.filter { !names.contains($0.name) })
    }

    /// What people are told once, as they may not know of it: which variables come from `.env`. `nil` if none does.
    package var note: String? {
        guard !ofProject.isEmpty else { return nil }
        return "Handlers get \(ofProject.map(\.name).joined(separator: ", ")) from .env."
    }

    /// The last variable of each name, in the order in which these stand.
    private static func last(of variables: [SandboxSettings.Variable]) -> [SandboxSettings.Variable] {
        var places: [String: Int] = [:]
        for (index, variable) in variables.enumerated() { places[variable.name] = index }
        return variables.indices.filter { places[variables[$0].name] == $0 }.map { variables[$0] }
    }
}

extension SandboxSettings {
    /// Reads the variables of all sources.
    ///
    /// - Throws: for a file that is not there, or that has something else than variables.
    mutating func readVariables(of project: Project) throws(Failure) {
        var variables: [Variable] = []
        for source in variableSources {
            switch source {
            case .variable(let variable): variables.append(variable)
            case .file(let path): variables += try Variable.read(file: path, shownPath: project.relative(path))
            }
        }
        // A directory of pages has no handler that could get it.
        let isGiven = givesDotenv ?? true && !project.isSite
        let dotenv = isGiven ? try Dotenv.read(inProject: project.directory) : []
        guestVariables = GuestVariables(variables, dotenv: dotenv)
    }
}

extension SandboxSettings.Variable {
    /// Bytes of the longest file that is read.
    private static let longestFile = 16 << 20

    /// Reads a file of `NAME=VALUE` lines.
    ///
    /// What it says is in no message, and its lines have no place: pages show the source around a place.
    ///
    /// - Parameter shownPath: what people call it.
    static func read(file path: String, shownPath: String) throws(Failure) -> [Self] {
        let text: String
        do { text = try FileReader.text(of: path, limit: longestFile) } catch {
            throw Failure(
                stage: .assemble, message: "The file of variables cannot be read: \(error.reason).", file: shownPath)
        }
        do { return try EnvironmentVariables.parse(file: text).map { Self(name: $0.name, value: $0.value) } } catch {
            let place = error.lineNumber.map { "Line \($0)" } ?? "It"
            throw Failure(
                stage: .assemble, message: "\(place) is not a variable: write NAME=VALUE, on one line.",
                file: shownPath)
        }
    }

    /// Reads `NAME=VALUE`; quotes around the value are dropped. `nil` if there is no name or no `=`.
    package init?(parsing text: String) {
        guard let (name, value) = try? EnvironmentVariables.parse(text) else { return nil }
        self.init(name: name, value: value)
    }
}
