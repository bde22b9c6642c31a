import Content
import Hippofacts
import Platform

/// The project that a sandbox serves: a directory with HIPPOFACTS, or a single module.
struct Project: Sendable {
    /// What was named: HIPPOFACTS, its directory, or a module. Absolute.
    let path: String
    /// The directory that all paths are relative to. Absolute, and still right when the project is away for a while.
    let directory: String
    /// Whether names in it that differ in nothing but upper and lower case are the same.
    let ignoresCase: Bool
    /// Files in it that the sandbox writes itself. Absolute.
    var ownFiles: [String] = []
    private let described = DescribedProject()

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
        described.note(absolute)
    }

    /// What the project consists of, as far as its HIPPOFACTS says; without one, a directory of pages is one of files.
    func facts() throws(HippofactsError) -> Hippofacts {
        isSite ? try Hippofacts(site: path) : try describedFacts()
    }

    /// What the project's HIPPOFACTS, or its lone module, says.
    ///
    /// - Throws: also for a directory of pages, which has neither.
    func describedFacts() throws(HippofactsError) -> Hippofacts {
        do {
            let facts = try Hippofacts(at: path)
            described.note(facts.file)
            return facts
        } catch {
            guard let file = described.file, isDescriptionGone else { throw error }
            let pages = Hippofacts.isSite(path) ? " To serve the directory as pages, start hippo-dev again." : ""
            throw HippofactsError(file: file, message: "The file is gone: put it back.\(pages)")
        }
    }

    /// Whether it is a directory of pages. One that has had a HIPPOFACTS since this was made is none: without the file, it
    /// would be served with all its sources.
    var isSite: Bool {
        guard described.file == nil else { return false }
        if Hippofacts.isSite(path) { return true }
        if let file = try? Hippofacts.find(at: path) { described.note(file) }
        return false
    }

    /// Whether the project's directory is there, and what describes the project is not.
    private var isDescriptionGone: Bool {
        guard FileStatus(path: directory)?.isDirectory == true else { return false }
        guard path == directory else { return FileStatus(path: path) == nil }
        return Hippofacts.fileNames.allSatisfy { FileStatus(path: "\(directory)/\($0)")?.isRegular != true }
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
        scope.settingsFiles = [SettingsFile.path, Dotenv.path]
        scope.settingsFiles.formUnion(settings.environmentFiles.compactMap(relativePath))
        // A directory of pages that becomes an app gets the variables of one.
        if isSite { scope.settingsFiles.formUnion(Hippofacts.filePaths) }
        scope.files = scope.settingsFiles
        if path == directory {
            scope.files.formUnion(Hippofacts.filePaths)
        } else {
            if let path = relativePath(path) { scope.files.insert(path) }
        }
        var own = [settings.logDirectory.map { $0 + "/" }].compactMap { $0 }
        if case .file(let store) = settings.storage { own.append(store) }
        // What handlers keep is theirs, and no input of anything.
        if let data = settings.data { own += [data.path + "/", data.channelsPath + "/"] }
        own += ownFiles
        scope.ownPrefixes = own.filter { $0.hasPrefix(directory + "/") }.map(relative)
        scope.exclusions = settings.excludedFiles
        if let facts {
            let dependencies = facts.dependencies
            scope.patterns = dependencies.patterns.sorted { $0.description < $1.description }
            for module in dependencies.modules {
                scope.files.insert(module)
                // A link to a module is as good as the module, and changes when that does.
                let place = WatchScope.OutsideModule(name: module, shownPath: module.string)
                if let linked = linkedPlace(of: module), !isInProject(linked.directory) {
                    scope.watch(linked.path, below: linked.directory, for: place)
                }
                guard let target = resolvedPath("\(directory)/\(module)") else { continue }
                if let path = relativePath(target) {
                    scope.files.insert(path)
                } else {
                    scope.watch(target, for: place)
                }
            }
            for (module, ascent) in dependencies.modulesAbove {
                let name = String(repeating: "../", count: ascent) + module.string
                let place = WatchScope.OutsideModule(name: module, shownPath: name)
                let above = (0..<ascent).reduce(resolvedPath(directory) ?? directory) { path, _ in
                    FilePath.parent(path)
                }
                scope.watch(module, below: above, for: place)
                // It may be a link as well, or behind one.
                if let target = resolvedPath("\(above)/\(module)"), target != "\(above)/\(module)" {
                    scope.watch(target, for: place)
                }
            }
        }
        if settings.buildCommand != nil { scope.buildInputs = buildInputs(of: facts, settings: settings) }
        return ignoresCase ? scope.ignoringCase() : scope
    }

    private func isInProject(_ path: String) -> Bool {
        let own = resolvedPath(directory) ?? directory
        return path == own || path.utf8.starts(with: (own + "/").utf8)
    }

    /// Where a module is that lies behind a symbolic link: the directory that has what the link names, and the path from
    /// there on. It need not be there, as while a build makes the directory anew. `nil` if there is no link.
    private func linkedPlace(of module: RelativePath) -> (directory: String, path: RelativePath)? {
        var parent = resolvedPath(directory) ?? directory
        var rest = module.components[...]
        while let name = rest.popFirst() {
            guard let link = LinkTarget.read("\(parent)/\(name)") else {
                parent += "/\(name)"
                continue
            }
            let target = LinkTarget.plain(link.utf8.first == UInt8(ascii: "/") ? link : "\(parent)/\(link)")
            let path = ([FilePath.name(target)] + rest.map(String.init)).joined(separator: "/")
            return RelativePath(validating: path).map { (FilePath.parent(target), $0) }
        }
        return nil
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
