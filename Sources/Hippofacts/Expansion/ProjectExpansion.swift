package import Bindle
package import Content
import Platform

/// The expansion of a project that is kept up to date while its files change.
///
/// An update takes as long as what has changed, however many other files there are: see <doc:Expansion>.
package struct ProjectExpansion: Sendable {
    /// The invoice of the last expansion or update that went well.
    package private(set) var invoice: Invoice?
    private var cache: DigestCache
    /// Whether files have been read since the digests were taken out.
    package private(set) var hasNewDigests = false
    /// Nil if the project has to be expanded as a whole.
    private var files: ProjectFiles?

    /// What an update has changed in the invoice.
    package struct Update: Sendable {
        /// Parcels that make way for others.
        package struct Edit: Hashable, Sendable {
            /// Their indices before the update; none where parcels are only added.
            package let old: Range<Int>
            /// Where those that have come are now; empty where parcels are only removed.
            package let new: Range<Int>
            package let removed: [Parcel]
            package let inserted: [Parcel]
        }

        /// In ascending order, and disjoint.
        package let edits: [Edit]
        /// Where the parcels are that have come.
        package let sources: ParcelSources
        /// All warnings that there are now; `nil` if they are what they were.
        package let warnings: [Expansion.Warning]?

        /// The edits, as a store wants to have them.
        package var changes: ParcelChanges { ParcelChanges(edits.map { .init(old: $0.old, new: $0.new) }) }
        package var isEmpty: Bool { edits.isEmpty }

        /// Whether parcels have other contents, and all of them the names that they had.
        package var replacesOnly: Bool {
            edits.allSatisfy { edit in
                edit.removed.count == edit.inserted.count
                    && zip(edit.removed, edit.inserted).allSatisfy { NameBytes.areEqual($0.label.name, $1.label.name) }
            }
        }

        /// The labels that parcels had and have, if `replacesOnly`.
        package var replacedLabels: [(old: Label, new: Label)] {
            edits.flatMap { zip($0.removed, $0.inserted).map { ($0.label, $1.label) } }
        }
    }

    /// When more has changed than this, looking at everything is not much slower.
    private static let longestUpdate = 10_000
    /// How often what has changed is looked at while files of it vanish.
    private static let patience = 10

    /// - Parameter digests: what is known of the files from before.
    package init(digests: DigestCache = DigestCache()) {
        cache = digests
    }

    /// What is known of the files, to be kept for another time.
    package mutating func takeDigests() -> DigestCache {
        hasNewDigests = false
        return cache
    }

    /// Expands the whole project; only files that have changed since the last time are read.
    ///
    /// - Parameter control: shows how far reading has come, and can end it.
    package mutating func expand(
        _ facts: Hippofacts, _ options: ExpansionOptions = ExpansionOptions(), control: ExpansionControl? = nil
    ) throws(HippofactsError) -> Expansion {
        files = nil
        // Before an error, too, files may have been read.
        defer { if cache.readFileCount > 0 { hasNewDigests = true } }
        let expansion = try facts.expanded(options, cache: &cache, control: control)
        invoice = expansion.invoice
        files = expansion.files
        return expansion
    }

    /// Whether a file with exactly this path, relative to the project, is known to be a part of it.
    package func hasFile(_ path: RelativePath) -> Bool {
        guard let files, let invoice else { return false }
        return files.modules[path] != nil || cache.files[path] != nil
            || !files.indices(at: path, in: invoice.parcels).isEmpty
    }

    /// Forgets which files are known: the next expansion reads all of them.
    package mutating func forgetFiles() {
        cache = DigestCache()
        files = nil
    }

    /// Brings the invoice up to date with what has changed: files whose content is another one, that are new, gone, or
    /// called otherwise, and directories with all that is in them. It becomes what a whole expansion would make of it.
    ///
    /// - Parameters:
    ///   - paths: all that may have changed since the last expansion or update. Nothing else is looked at. Of what symbolic
    ///     links lead to, all names have to be given.
    ///   - control: shows how far reading has come, and can end it.
    /// - Returns: what has changed in the invoice; `nil` if the project has to be expanded as a whole: a module is gone, or
    ///   something is wrong that is best found by looking at everything.
    /// - Throws: for a module that is wrong, and if the update is cancelled. The invoice stays as it is.
    package mutating func update(
        _ paths: Set<ChangedPath>, control: ExpansionControl? = nil
    ) throws(HippofactsError) -> Update? {
        guard let files, let invoice, paths.count <= Self.longestUpdate else { return nil }
        for path in paths where files.modules[path.path] == nil {
            // A module may have gone with its directory.
            if files.modules.keys.contains(where: { path.path.isAbove($0) }) { return nil }
        }
        let paths = Self.topmost(paths.map(\.path))
        guard let modules = try moduleChanges(paths, files, control) else { return nil }
        guard let found = try look(at: paths, files, control) else { return nil }
        guard !found.contains(where: { files.externalNames.contains($0.match.path) }) else { return nil }
        return apply(modules, found, at: paths, to: files, invoice)
    }

    /// What lies below another one of the paths is looked at with that. In ascending order.
    private static func topmost(_ paths: [RelativePath]) -> [RelativePath] {
        let all = Set(paths)
        return all.sorted().filter { path in
            var parent = path.parent
            while let current = parent {
                if all.contains(current) { return false }
                parent = current.parent
            }
            return true
        }
    }

    // MARK: Looking

    private struct ModuleChange {
        let path: RelativePath
        let digest: String
        let size: Int
        let mediaType: String
        let source: Expansion.ParcelSource
        let binary: FileDigests.Entry?
        let assembled: DigestCache.AssembledModule?
    }

    /// What has become of modules; `nil` if one is gone.
    private func moduleChanges(
        _ paths: [RelativePath], _ files: ProjectFiles, _ control: ExpansionControl?
    ) throws(HippofactsError) -> [ModuleChange]? {
        var changes: [ModuleChange] = []
        for path in paths where files.modules[path] != nil {
            guard case .file(let identity, let format) = files.places.content(of: path) else { return nil }
            let directory = files.places.directory(of: path)
            let mediaType = Hippofacts.mediaType(ofModule: path, format)
            if format == .text {
                let module = try DigestCache.AssembledModule(
                    path: path, below: directory, reportedAs: files.facts.shownPath(of: path.string),
                    time: cache.time)
                changes.append(
                    ModuleChange(
                        path: path, digest: module.digest, size: module.binary.count, mediaType: mediaType,
                        source: .bytes(module.binary),
                        binary: nil, assembled: module))
                continue
            }
            switch FileHasher(root: directory, control: control, time: cache.time).read([(path, identity)])[0] {
            case .success(let entry):
                changes.append(
                    ModuleChange(
                        path: path, digest: entry.digest.hex, size: Int(entry.identity.size), mediaType: mediaType,
                        source: .file(path: "\(directory)/\(path)", identity: entry.identity), binary: entry,
                        assembled: nil))
            case .failure(.isCancelled): throw .cancelled
            // What becomes of it is for the next look.
            case .failure: return nil
            }
        }
        return changes
    }

    private typealias Found = (match: DirectoryWalk.Match, entry: FileDigests.Entry)

    /// The files that are at these paths now, and below them, and what is refused there; `nil` where something
    /// is wrong.
    private mutating func look(
        at paths: [RelativePath], _ files: ProjectFiles, _ control: ExpansionControl?
    ) throws(HippofactsError) -> [Found]? {
        for _ in 0..<Self.patience {
            var matches: [DirectoryWalk.Match] = []
            refused = []
            for path in paths {
                var walk = DirectoryWalk(
                    root: files.root, patterns: files.rules.patterns, exclusions: files.exclusions, control: control)
                do throws(DirectoryWalk.Failure) {
                    try walk.run(at: path)
                } catch {
                    if case .isCancelled = error { throw .cancelled }
                    return nil
                }
                matches += walk.matches
                refused += walk.refused
            }
            // What was named is read whatever its identity; what was found below it, only if that is new.
            let named = Set(paths)
            var found: [Found?] = matches.map { match in
                guard !named.contains(match.path), let known = cache.files[match.path], !known.isRacy,
                    known.identity == match.identity
                else { return nil }
                return (match, known)
            }
            let unread = found.indices.filter { found[$0] == nil }
            let outcomes = FileHasher(root: files.root, control: control, time: cache.time).read(
                unread.map { (matches[$0].path, matches[$0].identity) })
            var hasVanished = false
            for (index, outcome) in zip(unread, outcomes) {
                switch outcome {
                case .success(let entry): found[index] = (matches[index], entry)
                case .failure(.vanished): hasVanished = true
                case .failure(.isCancelled): throw .cancelled
                case .failure: return nil
                }
            }
            if !unread.isEmpty { hasNewDigests = true }
            if !hasVanished { return found.compactMap { $0 } }
        }
        return nil
    }

    /// What the last look has found that is no parcel.
    private var refused: [RefusedFile] = []

    // MARK: Applying

    /// Something that is done to the list of parcels.
    private struct Step {
        /// What it is done to; empty where a parcel comes between others.
        let old: Range<Int>
        let parcel: Parcel?
        /// Among what comes to the same place, what decides the order: the section, then the path.
        let section: Int
    }

    private mutating func apply(
        _ modules: [ModuleChange], _ found: [Found], at paths: [RelativePath], to before: ProjectFiles,
        _ invoice: Invoice
    ) -> Update {
        var files = before
        var sources = ParcelSources(root: files.root)
        var steps: [Step] = []
        for change in modules {
            if let entry = change.binary { cache.binaries.update(change.path, to: entry) }
            if let module = change.assembled { cache.assembled[change.path] = module }
            for index in files.modules[change.path] ?? [] {
                let old = invoice.parcels[index]
                var new = old
                new.label.sha256 = change.digest
                new.label.size = change.size
                new.label.mediaType = change.mediaType
                guard new != old else { continue }
                steps.append(Step(old: index..<index + 1, parcel: new, section: -1))
                sources.add(change.digest, change.source)
            }
        }
        var current: [RelativePath: Found] = [:]
        for found in found { current[found.match.path] = found }
        // What was there is replaced, or goes.
        for index in paths.flatMap({ before.indices(at: $0, in: invoice.parcels) }) {
            let old = invoice.parcels[index]
            guard let path = RelativePath(validating: old.label.name) else { continue }
            if let (match, entry) = current.removeValue(forKey: path) {
                cache.files.update(path, to: entry)
                let new = files.rules.parcel(
                    path, digest: entry.digest.hex, size: entry.identity.size, patterns: match.patterns)
                guard new != old else { continue }
                steps.append(Step(old: index..<index + 1, parcel: new, section: match.patterns.lowest ?? 0))
                sources.add(new.label.sha256, .file(path: "\(files.root)/\(path)", identity: entry.identity))
            } else {
                cache.files.update(path, to: nil)
                let patterns = before.patterns(matching: path)
                files.count(patterns, by: -1)
                steps.append(Step(old: index..<index + 1, parcel: nil, section: patterns.lowest ?? 0))
            }
        }
        // What was not there comes.
        for (path, (match, entry)) in current {
            guard let section = match.patterns.lowest else { continue }
            cache.files.update(path, to: entry)
            files.count(match.patterns, by: 1)
            let index = before.index(of: path.string, in: before.section(section), of: invoice.parcels)
            let new = files.rules.parcel(
                path, digest: entry.digest.hex, size: entry.identity.size, patterns: match.patterns)
            steps.append(Step(old: index..<index, parcel: new, section: section))
            sources.add(new.label.sha256, .file(path: "\(files.root)/\(path)", identity: entry.identity))
        }
        files.replaceRefused(at: paths, with: refused)
        let edits = Self.edits(steps, in: invoice.parcels)
        for edit in edits.reversed() { self.invoice?.parcels.replaceSubrange(edit.old, with: edit.inserted) }
        self.files = files
        let warnings = files.warnings
        return Update(edits: edits, sources: sources, warnings: warnings == before.warnings ? nil : warnings)
    }

    /// The steps in their order, those that meet put together.
    private static func edits(_ steps: [Step], in parcels: ParcelList) -> [Update.Edit] {
        let steps = steps.sorted { left, right in
            if left.old.lowerBound != right.old.lowerBound { return left.old.lowerBound < right.old.lowerBound }
            if left.old.isEmpty != right.old.isEmpty { return left.old.isEmpty }
            if left.section != right.section { return left.section < right.section }
            guard let left = left.parcel?.label.name, let right = right.parcel?.label.name else { return false }
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        var edits: [Update.Edit] = []
        var difference = 0
        var index = 0
        while index < steps.count {
            var old = steps[index].old
            var inserted: [Parcel] = []
            while index < steps.count, steps[index].old.lowerBound <= old.upperBound {
                old = old.lowerBound..<max(old.upperBound, steps[index].old.upperBound)
                if let parcel = steps[index].parcel { inserted.append(parcel) }
                index += 1
            }
            let start = old.lowerBound + difference
            edits.append(
                Update.Edit(
                    old: old, new: start..<start + inserted.count, removed: Array(parcels[old]), inserted: inserted))
            difference += inserted.count - old.count
        }
        return edits
    }
}

extension ProjectFiles {
    /// Takes in what is refused now at these paths, and below them.
    fileprivate mutating func replaceRefused(at paths: [RelativePath], with found: [RefusedFile]) {
        guard !refused.isEmpty || !found.isEmpty else { return }
        let shown = paths.map { EscapedName.text(of: Array($0.string.utf8)) }
        refused.removeAll { file in
            shown.contains { NameBytes.areEqual(file.path, $0) || file.path.utf8.starts(with: ($0 + "/").utf8) }
        }
        refused = Set(refused).union(found).sorted { $0.path < $1.path }
    }
}
