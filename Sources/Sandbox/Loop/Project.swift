import Content
import Hippofacts
import Platform

/// The project that a sandbox serves: a directory with HIPPOFACTS, or a lone module.
struct Project: Sendable {
    /// What was named: HIPPOFACTS, its directory, or a module. Absolute.
    let path: String
    /// The directory that all paths are relative to. Absolute, and still right when the project is away for a while.
    let directory: String
    /// Whether names in it that differ in nothing but upper and lower case are the same.
    let ignoresCase: Bool
    /// Files in it that the sandbox writes itself. Absolute.
    var ownFiles: [String] = []

    init(path: String, directory: String, ignoresCase: Bool) {
        self.path = path
        self.directory = directory
        self.ignoresCase = ignoresCase
    }

    /// Finds the project at a path, relative to the working directory.
    ///
    /// - Throws: `HippofactsError` when there is none at all. What the file in it says is not looked at.
    init(at path: String) throws(HippofactsError) {
        if Hippofacts.isSite(path) {
            directory = FilePath.absolute(path)
            self.path = directory
            ignoresCase = FileSystem.ignoresCase(inDirectory: directory)
            return
        }
        let file = try Hippofacts.find(at: path)
        let absolute = FilePath.absolute(file)
        directory = FilePath.parent(absolute)
        ignoresCase = FileSystem.ignoresCase(inDirectory: directory)
        // Named by its directory, a project may rename its HIPPOFACTS to another of the valid names.
        self.path = FileStatus(path: path)?.isDirectory == true ? directory : absolute
    }

    /// What the project consists of, as far as its HIPPOFACTS says; without one, a directory of pages is one of files.
    func facts() throws(HippofactsError) -> Hippofacts {
        Hippofacts.isSite(path) ? try Hippofacts(site: path) : try Hippofacts(at: path)
    }

    /// The file that describes the project, as people know it.
    var displayPath: String {
        (try? Hippofacts.find(at: path)) ?? path
    }

    /// A path as people know it: relative to the project if it is in it.
    func relative(_ file: String) -> String {
        file.hasPrefix(directory + "/") ? String(file.dropFirst(directory.utf8.count + 1)) : file
    }

    /// The path of a file in the project, relative to it; `nil` for others.
    func relativePath(_ file: String) -> RelativePath? {
        guard file.utf8.starts(with: (directory + "/").utf8) else { return nil }
        return RelativePath(validating: String(Substring(file.utf8.dropFirst(directory.utf8.count + 1))))
    }

    /// What of the project is watched, given what HIPPOFACTS says (`nil` as long as it could not be read).
    func scope(of facts: Hippofacts?, settings: SandboxSettings) -> WatchScope {
        var scope = WatchScope()
        scope.files = [SettingsFile.path]
        if path == directory {
            scope.files.formUnion(Hippofacts.filePaths)
        } else {
            if let path = relativePath(path) { scope.files.insert(path) }
        }
        var own = [settings.logDirectory.map { $0 + "/" }].compactMap { $0 }
        if case .file(let store) = settings.storage { own.append(store) }
        // What handlers keep is theirs, and no input of anything.
        if let data = settings.data { own.append(data.path + "/") }
        own += ownFiles
        scope.ownPrefixes = own.filter { $0.hasPrefix(directory + "/") }.map(relative)
        for file in settings.environmentFiles where file.hasPrefix(directory + "/") {
            if let path = relativePath(file) { scope.files.insert(path) }
        }
        if let facts {
            let dependencies = facts.dependencies
            scope.patterns = dependencies.patterns.sorted { $0.description < $1.description }
            for module in dependencies.modules {
                scope.files.insert(module)
                // A link to a module is as good as the module, and changes when that does.
                if let target = resolvedPath("\(directory)/\(module)").flatMap(relativePath) {
                    scope.files.insert(target)
                }
            }
        }
        if settings.buildCommand != nil { scope.buildInputs = buildInputs(of: facts, settings: settings) }
        return ignoresCase ? scope.ignoringCase() : scope
    }

    private func buildInputs(of facts: Hippofacts?, settings: SandboxSettings) -> BuildInputs {
        if let patterns = settings.watchPatterns { return .patterns(patterns) }
        var exceptions = Hippofacts.filePaths.union([SettingsFile.path])
        for module in facts?.dependencies.modules ?? [] where module.string.utf8.suffix(5).elementsEqual(".wasm".utf8) {
            exceptions.insert(module)
            // What stands beside a product is a product too, except in the project's own directory.
            if let directory = module.parent { exceptions.insert(directory) }
        }
        return .project(except: exceptions)
    }
}
