import Bindle
import Foundation
import Hippofacts

/// Projects beside the sandbox's own whose bindles it refers to: they are expanded into the same store, and watched.
/// Used by the loop, on its thread.
final class Libraries {
    private struct Library {
        let project: Project
        var facts: Hippofacts?
        var expansion = ProjectExpansion()
        var watcher: FileWatcher?
        var isChanged = true
    }

    private let store: BindleStore
    private let isWatching: Bool
    private let onProblem: @Sendable (String) -> Void
    private let onChange: @Sendable (_ directory: String, FileWatcher.Change) -> Void
    private var libraries: [Library] = []
    private(set) var paths: [String] = []

    /// - Parameter onChange: called on another thread when a file of the library in this directory has changed.
    init(
        store: BindleStore, isWatching: Bool, onProblem: @escaping @Sendable (String) -> Void,
        onChange: @escaping @Sendable (_ directory: String, FileWatcher.Change) -> Void
    ) {
        self.store = store
        self.isWatching = isWatching
        self.onProblem = onProblem
        self.onChange = onChange
    }

    /// Takes these projects from now on. One that others refer to stands before them.
    func use(_ paths: [String]) throws {
        guard paths != self.paths else { return }
        stop()
        for path in paths {
            var library = Library(project: try Project(at: path))
            library.facts = try? Hippofacts(at: library.project.path)
            if isWatching {
                let directory = library.project.directory
                library.watcher = try FileWatcher(
                    root: directory, scope: library.project.scope(of: library.facts, settings: SandboxSettings()),
                    queue: ChangeQueue(), onProblem: onProblem,
                    onChange: { [onChange] change, _ in onChange(directory, change) })
            }
            libraries.append(library)
        }
        self.paths = paths
    }

    /// Takes note that a library has changed.
    func noteChange(in directory: String) {
        for index in libraries.indices where libraries[index].project.directory == directory {
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
        let facts = try Hippofacts(at: library.project.path)
        library.facts = facts
        library.watcher?.update(scope: library.project.scope(of: facts, settings: SandboxSettings()))
        let options = ExpansionOptions(externalInvoice: { try externals.invoice($0) })
        let expansion = try library.expansion.expand(facts, options)
        try externals.require(expansion.externalParcels)
        _ = try store.save(expansion.invoice) { (label) throws(StoreError) in
            try expansion.parcelSource(of: label)
        }
    }

    func stop() {
        for library in libraries { library.watcher?.stop() }
        libraries = []
        paths = []
    }
}

extension Expansion {
    /// Where the bytes of a parcel are, for a store.
    func parcelSource(of label: Label) throws(StoreError) -> BindleStore.ParcelSource {
        switch sources[label.sha256] {
        case .file(let path, _): return .file(path: path)
        case .bytes(let bytes): return .bytes(bytes)
        case nil: throw .parcelNotUploaded(invoice.id, digest: label.sha256)
        }
    }
}
