import Bindle
import Platform

/// The expansion of a project that is kept up to date while its files change.
///
/// As long as only the content of known files changes, an update takes as long as there are changed files, however many
/// others there are.
package struct ProjectExpansion: Sendable {
    /// The invoice of the last expansion or update that went well.
    package private(set) var invoice: Invoice?
    private var cache: DigestCache
    /// Whether files have been read since the digests were taken out.
    package private(set) var hasNewDigests = false
    private var state: State?

    fileprivate struct State {
        let facts: Hippofacts
        let dependencies: Hippofacts.Dependencies
        let root: String
        /// The places of parcels in the invoice, by the paths of the files that they hold.
        var files: [String: Int] = [:]
        var modules: [String: [Int]] = [:]
    }

    /// What an update has changed in the invoice.
    package struct Update: Sendable {
        /// The places of parcels whose content is another one, in ascending order, and what they were called before.
        package fileprivate(set) var changes: [(place: Int, old: Label, new: Label)] = []
        /// Where the changed parcels are, by their digests.
        package fileprivate(set) var sources: [String: Expansion.ParcelSource] = [:]
    }

    /// More changed files than this are better looked for by several threads.
    private static let longestUpdate = 64

    /// - Parameter digests: What is known of the files from before.
    package init(digests: DigestCache = DigestCache()) {
        cache = digests
    }

    /// What is known of the files, to be kept for another time.
    package mutating func takeDigests() -> DigestCache {
        hasNewDigests = false
        return cache
    }

    /// Expands the whole project; only files that have changed since the last time are read.
    package mutating func expand(
        _ facts: Hippofacts, _ options: ExpansionOptions = ExpansionOptions()
    ) throws(HippofactsError) -> Expansion {
        let expansion = try facts.expanded(options, cache: &cache)
        if cache.readFileCount > 0 { hasNewDigests = true }
        invoice = expansion.invoice
        // What links lead to is not found again by the path of a change.
        state = expansion.hasLinks ? nil : State(facts, expansion)
        return expansion
    }

    /// Whether a file with exactly this path, relative to the project, is known to be a part of it.
    package func hasFile(_ path: String) -> Bool {
        state?.files[path] != nil || state?.modules[path] != nil
    }

    /// Forgets which files are known: the next expansion reads all of them.
    package mutating func forgetFiles() {
        cache = DigestCache()
        state = nil
    }

    /// Brings the invoice up to date with what has changed in files that it has already.
    ///
    /// - Parameter paths: all that has changed since the last expansion or update, relative to the project. Nothing else
    ///   is looked at.
    /// - Returns: what has changed in the invoice; `nil` if the project has to be expanded as a whole, since a file has
    ///   come, gone, or become something else.
    /// - Throws: for a module that is wrong. The invoice stays as it is.
    package mutating func update(_ paths: Set<String>) throws(HippofactsError) -> Update? {
        guard let state, paths.count <= Self.longestUpdate else { return nil }
        var files: [(place: Int, path: String, entry: FileDigests.Entry)] = []
        var binaries: [(path: String, entry: FileDigests.Entry)] = []
        var assembled: [(path: String, module: DigestCache.AssembledModule)] = []
        for path in paths.sorted() {
            let file = state.files[path]
            let isModule = state.modules[path] != nil
            guard let status = FileStatus(linkAt: "\(state.root)/\(path)") else {
                if file != nil || isModule { return nil }
                continue
            }
            guard file != nil || isModule else {
                if status.kind == .regular, !state.dependencies.contain(path) { continue }
                return nil
            }
            guard status.kind == .regular else { return nil }
            do throws(FileChangeError) {
                if let file { files.append((file, path, try FileDigests.entry(of: path, below: state.root))) }
                if isModule, !path.hasSuffix(".wat") {
                    binaries.append((path, try FileDigests.entry(of: path, below: state.root)))
                }
            } catch {
                // It goes on changing: what becomes of it is for the next look.
                return nil
            }
            if isModule, path.hasSuffix(".wat") {
                let module = try DigestCache.AssembledModule(
                    path: path, below: state.root, reportedAs: "\(state.facts.directory)/\(path)")
                assembled.append((path, module))
            }
        }
        var update = Update()
        if !files.isEmpty || !binaries.isEmpty { hasNewDigests = true }
        for (place, path, entry) in files {
            cache.files.update(path, to: entry)
            replace(place, entry.digest, Int(entry.identity.size), &update) {
                .file(path: "\(state.root)/\(path)", identity: entry.identity)
            }
        }
        for (path, entry) in binaries {
            cache.binaries.update(path, to: entry)
            for place in state.modules[path] ?? [] {
                replace(place, entry.digest, Int(entry.identity.size), &update) {
                    .file(path: "\(state.root)/\(path)", identity: entry.identity)
                }
            }
        }
        for (path, module) in assembled {
            cache.assembled[path] = module
            for place in state.modules[path] ?? [] {
                replace(place, module.digest, module.binary.count, &update) { .bytes(module.binary) }
            }
        }
        update.changes.sort { $0.place < $1.place }
        return update
    }

    private mutating func replace(
        _ place: Int, _ digest: String, _ size: Int, _ update: inout Update, source: () -> Expansion.ParcelSource
    ) {
        guard let old = invoice?.parcels[place].label, old.sha256 != digest || old.size != size else { return }
        invoice?.parcels[place].label.sha256 = digest
        invoice?.parcels[place].label.size = size
        var new = old
        new.sha256 = digest
        new.size = size
        update.changes.append((place, old, new))
        update.sources[digest] = source()
    }
}

extension ProjectExpansion.State {
    fileprivate init(_ facts: Hippofacts, _ expansion: Expansion) {
        self.facts = facts
        dependencies = facts.dependencies
        root = expansion.root
        for (place, parcel) in expansion.invoice.parcels.enumerated() {
            let label = parcel.label
            guard !label.isFromOtherBindle else { continue }
            if label.isWAGIFile {
                files[label.name] = place
            } else {
                modules[label.name, default: []].append(place)
            }
        }
    }
}
