import Bindle
import Platform
import TOML

extension Hippofacts {
    /// Expands the project into an invoice and its parcels.
    ///
    /// - Parameter cache: what is known from the last expansion of the same project; it is brought up to date.
    package func expanded(
        _ options: ExpansionOptions = ExpansionOptions(), cache: inout DigestCache
    ) throws(HippofactsError) -> Expansion {
        var expander = Expander(facts: self, options: options)
        return try expander.expand(&cache)
    }
}

/// Makes one expansion.
private struct Expander {
    let facts: Hippofacts
    let options: ExpansionOptions
    /// The project's directory without symbolic links.
    var root = ""
    var hasLinks = false
    var modules: [Parcel] = []
    var groups: [Group] = []
    var externalParcels = SharedParcels()
    var externals: [Expansion.ExternalParcel] = []
    var sources: [String: Expansion.ParcelSource] = [:]
    var warnings: [Expansion.Warning] = []
    /// Where names of external dependencies come from.
    var externalNames: [String: (id: BindleID, entry: Hippofacts.Entry)] = [:]

    init(facts: Hippofacts, options: ExpansionOptions) {
        self.facts = facts
        self.options = options
    }

    mutating func expand(_ cache: inout DigestCache) throws(HippofactsError) -> Expansion {
        let id = try bindleID()
        guard let root = resolvedPath(facts.directory) else {
            throw HippofactsError(file: facts.directory, message: "the project's directory has vanished")
        }
        self.root = root
        try addModules(&cache)
        let (files, directories) = try filesOfEntries(&cache)
        let invoice = Invoice(
            bindle: Invoice.Description(id: id, description: facts.description, authors: facts.authors),
            annotations: facts.annotations, parcels: modules + externalParcels.parcels + files, groups: groups)
        do {
            try invoice.validate()
        } catch {
            throw facts.error("the bindle would not be valid: \(error)", at: nil)
        }
        return Expansion(
            invoice: invoice, sources: sources, externalParcels: externals, warnings: warnings, directories: directories,
            root: root, hasLinks: hasLinks)
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
        var identities: [String: FileIdentity] = [:]
        for entry in facts.entries {
            if case .local(let path) = entry.module, identities[path] == nil, path != Hippofacts.siteModule {
                identities[path] = try identity(ofModule: path, entry)
            }
        }
        let binaries = try digestsOfBinaries(identities.filter { !$0.key.hasSuffix(".wat") }, &cache)
        var assembled = try assembledModules(identities.filter { $0.key.hasSuffix(".wat") }, cache)
        if facts.entries.contains(where: { $0.module == .local(path: Hippofacts.siteModule) }) {
            assembled[Hippofacts.siteModule] = try DigestCache.AssembledModule(ofSiteIn: root)
        }
        cache.assembled = assembled
        for entry in facts.entries {
            switch entry.module {
            case .local(let path):
                if let module = assembled[path] {
                    sources[module.digest] = .bytes(module.binary)
                    addModule(entry, path, module.digest, size: module.binary.count, "application/wasm")
                } else if let binary = binaries[path] {
                    sources[binary.digest] = .file(path: "\(root)/\(path)", identity: binary.identity)
                    addModule(entry, path, binary.digest, size: Int(binary.identity.size), mediaType(ofPath: path))
                }
            case .external(let bindle, let handler):
                try addExternalModule(entry, bindle, handler)
            }
        }
    }

    private func digestsOfBinaries(
        _ identities: [String: FileIdentity], _ cache: inout DigestCache
    ) throws(HippofactsError) -> [String: FileDigests.Entry] {
        let requests = identities.sorted { $0.key < $1.key }.map { (path: $0.key, identity: $0.value) }
        do {
            let entries = try cache.binaries.digests(of: requests, below: root)
            return Dictionary(uniqueKeysWithValues: zip(requests.map(\.path), entries))
        } catch {
            throw HippofactsError(file: place(of: error.path), message: error.message)
        }
    }

    private func assembledModules(
        _ identities: [String: FileIdentity], _ cache: DigestCache
    ) throws(HippofactsError) -> [String: DigestCache.AssembledModule] {
        var modules: [String: DigestCache.AssembledModule] = [:]
        for (path, identity) in identities.sorted(by: { $0.key < $1.key }) {
            if let known = cache.assembled[path], known.identity == identity, !known.isRacy {
                modules[path] = known
            } else {
                modules[path] = try DigestCache.AssembledModule(
                    path: path, below: root, reportedAs: place(of: path))
            }
        }
        return modules
    }

    /// A file of the project as the user would name it.
    private func place(of path: String) -> String {
        facts.directory == "." ? path : "\(facts.directory)/\(path)"
    }

    private mutating func identity(ofModule path: String, _ entry: Hippofacts.Entry) throws(HippofactsError) -> FileIdentity {
        guard let resolved = resolvedPath("\(root)/\(path)"), let status = FileStatus(path: resolved) else {
            throw facts.error("the module '\(path)' does not exist", at: entry.modulePosition)
        }
        if resolved != "\(root)/\(path)" { hasLinks = true }
        guard isInside(resolved, root) else {
            throw facts.error(
                "the module '\(path)' would leave the project: it is a symbolic link to \(resolved)",
                at: entry.modulePosition)
        }
        guard status.kind == .regular else {
            throw facts.error("the module '\(path)' is not a file", at: entry.modulePosition)
        }
        return status.identity
    }

    private mutating func addModule(
        _ entry: Hippofacts.Entry, _ path: String, _ digest: String, size: Int, _ mediaType: String
    ) {
        var label = Label(sha256: digest, mediaType: mediaType, name: path, size: size)
        switch entry.role {
        case .handler(let route):
            label.wagi = .module(route: route, entrypoint: entry.entrypoint)
            warnIfUnreachable(route, entry)
        case .export(let id):
            label.wagi = .module(route: nil, entrypoint: entry.entrypoint)
            label.exportedHandler = id
        }
        modules.append(Parcel(label: label, conditions: Conditions(requires: [addGroup(of: entry)])))
    }

    private mutating func warnIfUnreachable(_ route: String, _ entry: Hippofacts.Entry) {
        guard !route.hasPrefix("/") else { return }
        warn("The route '\(route)' matches no request: it does not begin with '/'", at: entry.routePosition)
    }

    private mutating func warn(_ message: String, at position: SourcePosition?) {
        warnings.append(Expansion.Warning(file: facts.file, position: position, message: message))
    }

    /// The group of an entry. Entries with the same module and no ID have one group, since names of groups are unique.
    private mutating func addGroup(of entry: Hippofacts.Entry) -> String {
        let name = entry.groupName
        if !groups.contains(where: { $0.name == name }) { groups.append(Group(name: name)) }
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
            throw facts.error("the external bindle \(id) is not to be had: \(error)", at: entry.modulePosition)
        }
        guard let module = invoice.parcels.first(where: { $0.label.exportedHandler == handler }) else {
            let exports = invoice.parcels.compactMap(\.label.exportedHandler)
            let hint = exports.isEmpty ? "it exports nothing" : "it exports " + exports.joined(separator: ", ")
            throw facts.error("the bindle \(id) has no handler '\(handler)': \(hint)", at: entry.handlerPosition)
        }
        guard case .handler(let route) = entry.role else { return }
        warnIfUnreachable(route, entry)
        let group = addGroup(of: entry)
        externals.append(.init(bindle: id, label: module.label))
        var staged = Label(
            sha256: module.label.sha256, mediaType: module.label.mediaType, name: module.label.name,
            size: module.label.size)
        staged.isFromOtherBindle = true
        staged.wagi = .module(route: route, entrypoint: module.label.wagi?.entrypoint)
        modules.append(Parcel(label: staged, conditions: Conditions(requires: [group])))
        for parcel in InvoiceRequirements(invoice).parcels(requiredBy: module) {
            externals.append(.init(bindle: id, label: parcel.label))
            var label = parcel.label
            label.isFromOtherBindle = true
            externalNames[label.name] = (id, entry)
            externalParcels.add(label, memberOf: group)
        }
    }

    // MARK: Files

    private mutating func filesOfEntries(
        _ cache: inout DigestCache
    ) throws(HippofactsError) -> (parcels: [Parcel], directories: [String]) {
        var patterns: [GlobPattern] = []
        var places: [GlobPattern: Int] = [:]
        for entry in facts.entries {
            for file in entry.files where places[file.glob] == nil {
                places[file.glob] = patterns.count
                patterns.append(file.glob)
            }
        }
        let (walk, digests) = try filesNow(patterns, &cache)
        if walk.hasFollowedLinks { hasLinks = true }
        var matches: [[Int]] = Array(repeating: [], count: patterns.count)
        for (index, match) in walk.matches.enumerated() {
            for pattern in match.patterns { matches[pattern].append(index) }
        }
        var membership = FileMembership(fileCount: walk.matches.count)
        for entry in facts.entries {
            let group = membership.group(named: entry.groupName)
            for file in entry.files {
                let files = matches[places[file.glob]!]
                // The patterns of a site are nobody's mistake.
                if files.isEmpty && entry.module != .local(path: Hippofacts.siteModule) {
                    warn("No files matched pattern \(file.glob)", at: file.position)
                }
                for index in files { membership.add(index, to: group) }
            }
        }
        return (try parcels(walk.matches, digests, membership), walk.directories)
    }

    /// How often the files are looked for while some vanish as they are read.
    private static let patience = 10

    /// The files that are there, and their digests.
    private func filesNow(
        _ patterns: [GlobPattern], _ cache: inout DigestCache
    ) throws(HippofactsError) -> (DirectoryWalk, [FileDigests.Entry]) {
        var attempt = 1
        while true {
            var walk = DirectoryWalk(root: root, patterns: patterns)
            do {
                try walk.run()
            } catch {
                throw describe(error)
            }
            do {
                return (walk, try cache.files.digests(of: walk.matches.map { ($0.path, $0.identity) }, below: root))
            } catch .vanished where attempt < Self.patience {
                // It is gone, as many are while another branch is checked out: that is no fault of the project's.
                attempt += 1
            } catch {
                throw HippofactsError(file: place(of: error.path), message: error.message)
            }
        }
    }

    private mutating func parcels(
        _ matches: [DirectoryWalk.Match], _ digests: [FileDigests.Entry], _ membership: FileMembership
    ) throws(HippofactsError) -> [Parcel] {
        var conditions: [[Int]: Conditions] = [:]
        var mediaTypes: [Substring: String] = [:]
        // Shared by all files: a dictionary's storage is made once.
        let feature = Label.featureOfFiles
        var parcels: [Parcel] = []
        parcels.reserveCapacity(membership.order.count)
        for index in membership.order {
            let match = matches[index]
            if let external = externalNames[match.path] {
                throw facts.error(
                    "'\(match.path)' is both a local file and a dependency of the external module from \(external.id)",
                    at: external.entry.position)
            }
            let digest = digests[index]
            let groups = membership.groups[index]
            if conditions[groups] == nil {
                conditions[groups] = Conditions(memberOf: groups.map { membership.groupNames[$0] })
            }
            let suffix = pathExtension(of: match.path)
            let mediaType = mediaTypes[suffix] ?? mediaType(ofPath: match.path)
            mediaTypes[suffix] = mediaType
            parcels.append(
                Parcel(
                    label: Label(
                        sha256: digest.digest, mediaType: mediaType, name: match.path,
                        size: Int(digest.identity.size), feature: feature),
                    conditions: conditions[groups]))
            sources[digest.digest] = .file(path: "\(root)/\(match.path)", identity: digest.identity)
        }
        return parcels
    }

    private func describe(_ failure: DirectoryWalk.Failure) -> HippofactsError {
        switch failure {
        case .unreadableDirectory(let path, let code):
            HippofactsError(file: path, message: "the directory cannot be read: \(SystemError.reason(code))")
        case .leavesProject(let path, let target):
            HippofactsError(
                file: place(of: path),
                message: "a pattern of HIPPOFACTS reaches this symbolic link, which leaves the project: it points to "
                    + target)
        case .nameIsNotUTF8(let path):
            HippofactsError(
                file: place(of: path), message: "the file's name is not UTF-8, as the name of a parcel has to be")
        }
    }
}

extension Hippofacts.Entry {
    /// The name of the group that the entry's files are in.
    fileprivate var groupName: String {
        switch (module, role) {
        case (.local(let path), .handler): "\(path)-files"
        case (.local(let path), .export(let id)): "\(path)-\(id)-files"
        case (.external(let bindle, let handler), .handler(let route)): "import:\(bindle):\(handler)-at-\(route)-files"
        case (.external(let bindle, let handler), .export(let id)): "import:\(bindle):\(handler)-\(id)-files"
        }
    }
}
