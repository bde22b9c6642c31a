import Bindle
import Content
import Hippofacts
import Platform

/// Projects beside the sandbox's own whose bindles it refers to: they are expanded into the same store, and watched.
/// Used by the loop, on its thread.
final class Libraries {
    private struct Library {
        let project: Project
        var facts: Hippofacts?
        var expansion = ProjectExpansion()
        var isChanged = true
    }

    private let store: BindleStore
    private let projectDirectory: String
    private var libraries: [Library] = []
    /// The directories that are watched for their sake.
    private var watched: Set<String> = []
    /// The roots that are watched for modules which lie outside of the libraries' directories.
    private var outside: [String: (files: Set<RelativePath>, directories: Set<String>)] = [:]
    private(set) var paths: [String] = []
    /// What watches the sandbox's own project, if it is watched: it reports changes by their directories.
    var watcher: FileWatcher?

    /// - Parameter projectDirectory: that of the sandbox's own project.
    init(store: BindleStore, projectDirectory: String) {
        self.store = store
        self.projectDirectory = projectDirectory
    }

    /// Takes these projects from now on. One that others refer to stands before them.
    func use(_ paths: [String]) throws {
        guard paths != self.paths else { return }
        stop()
        for path in paths {
            do throws(HippofactsError) {
                var library = Library(project: try Project(at: path))
                library.facts = try? library.project.describedFacts()
                watch(library)
                libraries.append(library)
            } catch {
                // It may come.
                watch(path, WatchScope(files: Hippofacts.filePaths))
                throw error
            }
        }
        self.paths = paths
    }

    private func watch(_ library: Library) {
        let directory = library.project.directory
        let scope = library.project.scope(of: library.facts, settings: SandboxSettings())
        watch(directory, scope)
        for (place, modules) in scope.outsideModules {
            // The sandbox's own project may have modules in the same place.
            let root = place + "/."
            outside[root, default: ([], [])].files.formUnion(modules.keys)
            outside[root]?.directories.insert(directory)
            watch(root, WatchScope(files: outside[root]?.files ?? []))
        }
    }

    private func watch(_ directory: String, _ scope: WatchScope) {
        guard let watcher, directory != projectDirectory else { return }
        watcher.watch(directory, scope)
        watched.insert(directory)
    }

    /// Takes note that a library has changed.
    func noteChange(in directory: String) {
        let directories = outside[directory]?.directories ?? [directory]
        for index in libraries.indices where directories.contains(libraries[index].project.directory) {
            libraries[index].isChanged = true
        }
    }

    /// Puts what has changed into the store.
    /// - Parameter externals: What they themselves refer to.
    func store(_ externals: ExternalFetches) throws {
        for index in libraries.indices where libraries[index].isChanged {
            try store(&libraries[index], externals)
            libraries[index].isChanged = false
        }
    }

    private func store(_ library: inout Library, _ externals: ExternalFetches) throws {
        let facts = try library.project.describedFacts()
        library.facts = facts
        watch(library)
        var options = ExpansionOptions(externalInvoice: { try externals.invoice($0) })
        try BundleSettings(ofProjectAt: library.project.path).apply(to: &options)
        let expansion = try library.expansion.expand(facts, options)
        try externals.require(expansion.externalParcels)
        externals.noteLocal(expansion.invoice.id)
        _ = try store.save(expansion.invoice) { (label) throws(StoreError) in
            try expansion.parcelSource(of: label)
        }
    }

    func stop() {
        for directory in watched { watcher?.unwatch(directory) }
        watched = []
        outside = [:]
        libraries = []
        paths = []
    }
}

extension Expansion {
    /// Where the bytes of a parcel are, for a store.
    func parcelSource(of label: Label) throws(StoreError) -> BindleStore.ParcelSource {
        switch sources[label] {
        case .file(let path, _): return .file(path: path)
        case .bytes(let bytes): return .bytes(bytes)
        case nil: throw .parcelNotUploaded(invoice.id, digest: label.sha256)
        }
    }
}
