import Bindle
import Content
import Platform
import TOML
import WebAssemblyText

extension Hippofacts {
    /// Expands the project into an invoice and its parcels.
    ///
    /// - Parameters:
    ///   - cache: what is known from the last expansion of the same project; it is brought up to date.
    ///   - control: shows how far reading has come, and can end it.
    package func expanded(
        _ options: ExpansionOptions = ExpansionOptions(), cache: inout DigestCache, control: ExpansionControl? = nil
    ) throws(HippofactsError) -> Expansion {
        var expander = Expander(facts: self, options: options, control: control)
        return try expander.expand(&cache)
    }
}

/// Makes one expansion.
private struct Expander {
    let facts: Hippofacts
    let options: ExpansionOptions
    let control: ExpansionControl?
    private var places: ModulePlaces
    /// The project's directory without symbolic links.
    private var root: String { places.root }
    var modules: [Parcel] = []
    var groups: [Group] = []
    var externalParcels = SharedParcels()
    var externals: [Expansion.ExternalParcel] = []
    var sources: [(digest: String, source: Expansion.ParcelSource)] = []
    var warnings: [Expansion.Warning] = []
    /// Where names of external dependencies come from.
    var externalNames: [RelativePath: (id: BindleID, entry: Hippofacts.Entry)] = [:]

    init(facts: Hippofacts, options: ExpansionOptions, control: ExpansionControl?) {
        self.facts = facts
        places = ModulePlaces(facts, root: facts.directory)
        self.options = options
        self.control = control
    }

    mutating func expand(_ cache: inout DigestCache) throws(HippofactsError) -> Expansion {
        let id = try bindleID()
        guard let root = resolvedPath(facts.directory) else {
            throw HippofactsError(file: facts.directory, message: "the project's directory has vanished")
        }
        places = ModulePlaces(facts, root: root)
        try addModules(&cache)
        warnOfRoutes()
        var (files, parcels, directories) = try filesOfEntries(&cache)
        parcels.insert(contentsOf: modules + externalParcels.parcels, at: 0)
        let invoice = Invoice(
            bindle: Invoice.Description(id: id, description: facts.description, authors: facts.authors),
            annotations: facts.annotations, parcels: parcels, groups: groups)
        do {
            try invoice.validate()
        } catch {
            throw facts.error("the bindle would not be valid: \(error)", at: nil)
        }
        var sources = ParcelSources(root: root, files: cache.files)
        for (digest, source) in self.sources { sources.add(digest, source) }
        return Expansion(
            invoice: invoice, sources: sources, externalParcels: externals, warnings: files.warnings,
            directories: directories, files: files)
    }

    private func bindleID() throws(HippofactsError) -> BindleID {
        let resolved: SemanticVersion?
        do {
            resolved = try facts.version.resolved { try options.knownVersions(facts.name) }
        } catch {
            throw facts.error(
                "the versions of \(facts.name) cannot be looked up: \(error)", at: facts.positions.version)
        }
        guard let resolved else {
            throw facts.error("there is no version after the last of \(facts.version)", at: facts.positions.version)
        }
        do {
            return try BindleID(name: facts.name, version: options.versionMode.version(from: resolved))
        } catch {
            throw facts.error(error.description, at: facts.positions.name)
        }
    }

    // MARK: Modules

    private mutating func addModules(_ cache: inout DigestCache) throws(HippofactsError) {
        var identities: [ModuleFormat: [RelativePath: FileIdentity]] = [:]
        var seen = Set<RelativePath>()
        for entry in facts.entries {
            guard case .local(let path) = entry.module, path != Hippofacts.siteModule, seen.insert(path).inserted else {
                continue
            }
            let (identity, format) = try file(ofModule: path, entry)
            identities[format, default: [:]][path] = identity
        }
        let binaries = try digestsOfBinaries(identities[.binary] ?? [:], &cache)
        var assembled = try assembledModules(identities[.text] ?? [:], cache)
        if facts.entries.contains(where: { $0.module == .local(path: Hippofacts.siteModule) }) {
            assembled[Hippofacts.siteModule] = try DigestCache.AssembledModule(ofSiteIn: root)
        }
        cache.assembled = assembled
        for entry in facts.entries {
            switch entry.module {
            case .local(let path):
                if let module = assembled[path] {
                    sources.append((module.digest, .bytes(module.binary)))
                    addModule(
                        entry, path, module.digest, size: module.binary.count,
                        Hippofacts.mediaType(ofModule: path, .text))
                } else if let binary = binaries[path] {
                    let digest = binary.digest.hex
                    let file = "\(places.directory(of: path))/\(path)"
                    sources.append((digest, .file(path: file, identity: binary.identity)))
                    addModule(
                        entry, path, digest, size: Int(binary.identity.size),
                        Hippofacts.mediaType(ofModule: path, .binary))
                }
            case .external(let bindle, let handler):
                try addExternalModule(entry, bindle, handler)
            }
        }
    }

    private func digestsOfBinaries(
        _ identities: [RelativePath: FileIdentity], _ cache: inout DigestCache
    ) throws(HippofactsError) -> [RelativePath: FileDigests.Entry] {
        let requests = identities.sorted { $0.key < $1.key }.map { (path: $0.key, identity: $0.value) }
        do throws(FileChangeError) {
            let entries = try cache.binaries.digests(
                of: requests, below: root, elsewhere: places.outsideDirectories, time: cache.time, control: control)
            return Dictionary(uniqueKeysWithValues: zip(requests.map(\.path), entries))
        } catch {
            throw error.described(shown)
        }
    }

    private func assembledModules(
        _ identities: [RelativePath: FileIdentity], _ cache: DigestCache
    ) throws(HippofactsError) -> [RelativePath: DigestCache.AssembledModule] {
        var modules: [RelativePath: DigestCache.AssembledModule] = [:]
        for (path, identity) in identities.sorted(by: { $0.key < $1.key }) {
            if let known = cache.assembled[path], known.identity == identity, !known.isRacy {
                modules[path] = known
            } else {
                modules[path] = try DigestCache.AssembledModule(
                    path: path, below: places.directory(of: path), reportedAs: shown(path), time: cache.time)
            }
        }
        return modules
    }

    /// A file of the project as the user would name it.
    private func shown(_ path: RelativePath) -> String { facts.shownPath(of: path.string) }

    private func file(
        ofModule path: RelativePath, _ entry: Hippofacts.Entry
    ) throws(HippofactsError) -> (FileIdentity, ModuleFormat) {
        let name = String(repeating: "../", count: entry.ascent) + path.string
        func error(_ problem: String) -> HippofactsError {
            facts.error("the module '\(name)' \(problem)", at: entry.modulePosition)
        }
        switch places.content(of: path) {
        case .file(let identity, let format): return (identity, format)
        case .absent: throw error(options.build.problemOfAbsentModule)
        case .leavesProject(let target):
            throw error(
                "would leave the project: it is at \(target). A module may lie outside only below the Cargo workspace or "
                    + "the git work tree that the project is in: let the build command copy it into the project")
        case .isOtherFile(let target):
            throw error("is at \(target), outside of the project, and is not WebAssembly, as it has to be there")
        case .isNoFile: throw error("is not a file")
        }
    }

    private mutating func addModule(
        _ entry: Hippofacts.Entry, _ path: RelativePath, _ digest: String, size: Int, _ mediaType: String
    ) {
        var label = Label(sha256: digest, mediaType: mediaType, name: path.string, size: size)
        switch entry.role {
        case .handler(let route):
            label.wagi = options.handlers.feature(route: route, entrypoint: entry.entrypoint)
        case .export(let id):
            label.wagi = .module(route: nil, entrypoint: entry.entrypoint)
            label.exportedHandler = id
        }
        modules.append(Parcel(label: label, conditions: Conditions(requires: [addGroup(of: entry)])))
    }

    /// Warns of routes that no request can have, and of settings for handlers that there are none of.
    private mutating func warnOfRoutes() {
        var earlier: [Route] = []
        var names: [String] = []
        for entry in facts.entries {
            guard case .handler(let text) = entry.role else { continue }
            let route = Route(text)
            names.append(text)
            if let obstacle = route.obstacle {
                warn("The route '\(text)' matches no request: \(obstacle)", at: entry.routePosition)
            } else if text == Self.builtInRoute {
                warn("The route '\(text)' matches no request: the server answers it itself", at: entry.routePosition)
            } else if let other = earlier.first(where: { $0.covers(route) }) {
                let taker = other == route ? "another handler above has it" : "'\(other)' above takes all of them"
                warn("The route '\(text)' matches no request: \(taker)", at: entry.routePosition)
            }
            earlier.append(route)
        }
        for handler in options.handlers.handlers where !names.contains(handler.route) {
            let hint = Suggestion.closest(to: handler.route, among: names).map { "; did you mean '\($0)'?" } ?? ""
            warnings.append(
                Expansion.Warning(
                    file: facts.shownPath(of: options.handlers.file), position: handler.position,
                    message: "No handler in HIPPOFACTS has the route '\(handler.route)'\(hint)"))
        }
    }

    /// What WAGI hosts answer without a module.
    private static let builtInRoute = "/healthz"

    private mutating func warn(_ message: String, at position: SourcePosition?) {
        warnings.append(Expansion.Warning(file: facts.file, position: position, message: message))
    }

    /// The group of an entry. Entries with the same module and no ID have one group, since names of groups are unique.
    private mutating func addGroup(of entry: Hippofacts.Entry) -> String {
        let name = entry.groupName
        if !groups.contains(where: { NameBytes.areEqual($0.name, name) }) { groups.append(Group(name: name)) }
        return name
    }

    // MARK: External modules

    private mutating func addExternalModule(
        _ entry: Hippofacts.Entry, _ id: BindleID, _ handler: String
    ) throws(HippofactsError) {
        let invoice: Invoice
        do {
            invoice = try options.externalInvoice(id)
        } catch {
            throw facts.error("the external bindle \(id) cannot be found: \(error)", at: entry.modulePosition)
        }
        guard let module = invoice.parcels.first(where: { $0.label.exportedHandler == handler }) else {
            let exports = invoice.parcels.compactMap(\.label.exportedHandler)
            let hint = exports.isEmpty ? "it exports nothing" : "it exports " + exports.joined(separator: ", ")
            throw facts.error("the bindle \(id) has no handler '\(handler)': \(hint)", at: entry.handlerPosition)
        }
        guard case .handler(let route) = entry.role else { return }
        let group = addGroup(of: entry)
        externals.append(.init(bindle: id, label: module.label))
        var staged = Label(
            sha256: module.label.sha256, mediaType: module.label.mediaType, name: module.label.name,
            size: module.label.size)
        staged.isFromOtherBindle = true
        staged.wagi = options.handlers.feature(route: route, entrypoint: module.label.wagi?.entrypoint)
        modules.append(Parcel(label: staged, conditions: Conditions(requires: [group])))
        for parcel in InvoiceRequirements(invoice).parcels(requiredBy: module) {
            externals.append(.init(bindle: id, label: parcel.label))
            var label = parcel.label
            label.isFromOtherBindle = true
            if let name = RelativePath(validating: label.name) { externalNames[name] = (id, entry) }
            externalParcels.add(label, memberOf: group)
        }
    }

    // MARK: Files

    /// The parcels of files, those of modules' dependencies not among them, and the directories that were looked at.
    private mutating func filesOfEntries(
        _ cache: inout DigestCache
    ) throws(HippofactsError) -> (files: ProjectFiles, parcels: [Parcel], directories: [String]) {
        let rules = FileRules(facts.entries)
        let (walk, digests) = try filesNow(rules.patterns, &cache)
        var indices: [RelativePath: [Int]] = [:]
        for (index, parcel) in modules.enumerated() where !parcel.label.isFromOtherBindle {
            if let path = RelativePath(validating: parcel.label.name) { indices[path, default: []].append(index) }
        }
        var files = ProjectFiles(
            facts: facts, root: root, places: places, rules: rules, exclusions: options.excludedFiles,
            externalNames: Set(externalNames.keys).union(places.outsideDirectories.keys), modules: indices,
            start: modules.count + externalParcels.parcels.count,
            sectionCounts: Array(repeating: 0, count: rules.patterns.count),
            matchCounts: Array(repeating: 0, count: rules.patterns.count),
            refused: walk.refused.sorted { $0.path < $1.path }, entryWarnings: warnings)
        for match in walk.matches { files.count(match.patterns, by: 1) }
        return (files, try parcels(walk.matches, digests, &files), walk.directories)
    }

    /// How often the files are looked for while some vanish as they are read.
    private static let patience = 10

    /// The files that are there, and their digests.
    private func filesNow(
        _ patterns: [GlobPattern], _ cache: inout DigestCache
    ) throws(HippofactsError) -> (DirectoryWalk, [FileDigests.Entry]) {
        var attempt = 1
        while true {
            var walk = DirectoryWalk(
                root: root, patterns: patterns, exclusions: options.excludedFiles, control: control)
            do throws(DirectoryWalk.Failure) {
                try walk.run()
            } catch {
                throw error.described(in: facts)
            }
            do throws(FileChangeError) {
                let requests = walk.matches.map { (path: $0.path, identity: $0.identity) }
                return (walk, try cache.files.digests(of: requests, below: root, time: cache.time, control: control))
            } catch {
                // What is gone, as much is while another branch is checked out, is no fault of the project's.
                guard case .vanished = error, attempt < Self.patience else { throw error.described(shown) }
                attempt += 1
            }
        }
    }

    /// The parcels of files: by the first pattern that matches them, then by their paths, as the walk has found them.
    private func parcels(
        _ matches: [DirectoryWalk.Match], _ digests: [FileDigests.Entry], _ files: inout ProjectFiles
    ) throws(HippofactsError) -> [Parcel] {
        var sections: [[Parcel]] = files.sectionCounts.map { count in
            var section: [Parcel] = []
            section.reserveCapacity(count)
            return section
        }
        for (match, digest) in zip(matches, digests) {
            if !externalNames.isEmpty, let external = externalNames[match.path] {
                throw facts.error(
                    "'\(match.path)' is both a local file and a dependency of the external module from \(external.id)",
                    at: external.entry.position)
            }
            if places.isOutside(match.path) {
                throw facts.error(
                    "'\(match.path)' is a file of the project, and what the module "
                        + "'\(places.directory(of: match.path))/\(match.path)' is called in the bindle: leave the file out, "
                        + "by exclude in [files] of hippo-dev.toml", at: nil)
            }
            guard let section = match.patterns.lowest else { continue }
            sections[section].append(
                files.rules.parcel(
                    match.path, digest: digest.digest.hex, size: digest.identity.size, patterns: match.patterns))
        }
        return sections.count == 1 ? sections[0] : Array(sections.joined())
    }
}

extension DirectoryWalk.Failure {
    /// The error as the user is told it.
    func described(in facts: Hippofacts) -> HippofactsError {
        switch self {
        case .unreadableDirectory(let path, let code):
            HippofactsError(file: path, message: "the directory cannot be read: \(SystemError.reason(code))")
        case .leavesProject(let path, let target):
            HippofactsError(
                file: facts.shownPath(of: path),
                message: "a pattern of HIPPOFACTS reaches this symbolic link, which leaves the project: it points to "
                    + "\(target). Let the build command copy what it leads to")
        case .tooManyLinks(let path):
            HippofactsError(
                file: facts.shownPath(of: path),
                message: """
                    more than \(DirectoryWalk.linkedDirectoryLimit) directories are reached over symbolic links that lead to \
                    each other: let patterns of HIPPOFACTS reach fewer
                    """)
        case .isCancelled: .cancelled
        }
    }
}

extension Hippofacts.Entry {
    /// The name of the group that the entry's files are in.
    var groupName: String {
        switch (module, role) {
        case (.local(let path), .handler): "\(path)-files"
        case (.local(let path), .export(let id)): "\(path)-\(id)-files"
        case (.external(let bindle, let handler), .handler(let route)): "import:\(bindle):\(handler)-at-\(route)-files"
        case (.external(let bindle, let handler), .export(let id)): "import:\(bindle):\(handler)-\(id)-files"
        }
    }
}
