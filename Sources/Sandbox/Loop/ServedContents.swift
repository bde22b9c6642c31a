import Bindle
import Content
import SandboxProtocol

/// Makes what WAGI processes serve of one revision after the other, at the cost of what has changed.
struct ServedContents {
    private let store: String
    private let project: String
    /// The one that was made last.
    private var wwwroot: Wwwroot?
    private var handlers: [ServedHandler] = []
    /// Whether each file has one parcel, so that what becomes of the parcel becomes of the file.
    private var hasParcelForEachFile = false

    /// - Parameters:
    ///   - store: the file of the store.
    ///   - project: the directory in which the project has its files under their names.
    init(store: String, project: String) {
        self.store = store
        self.project = project
    }

    /// What a bindle has, as a whole.
    ///
    /// - Parameter times: when the content of each parcel came under its name, in the order of the parcels; nanoseconds
    ///   since 1970.
    mutating func replace(with invoice: Invoice, times: [Int64]) throws(AssetError) -> ServedContent {
        let parcels = ApplicationParcels(invoice)
        let before = wwwroot
        var lookup = TimeLookup(invoice, times)
        let files = try Wwwroot.files(of: parcels.assets, in: invoice.id) { lookup.time(of: $0) }
        let new: Wwwroot
        do throws(WwwrootError) {
            if let before { new = try before.updated(to: files) } else { new = try Wwwroot(files) }
        } catch {
            throw AssetError(error, in: invoice.id)
        }
        wwwroot = new
        handlers = parcels.handlers.map { ServedHandler($0.label, hasAssets: $0.hasAssets) }
        hasParcelForEachFile = new.fileCount == invoice.parcels.count(where: { $0.label.isWAGIFile })
        return ServedContent(handlers: handlers, wwwroot: new, store: store, project: project)
    }

    /// What the bindle of the last time has when some of its parcels are replaced by others of their names.
    ///
    /// - Parameter changes: `time` is when the content came under the name, in nanoseconds since 1970.
    /// - Returns: nil if that cannot be told from these parcels alone.
    mutating func apply(
        _ changes: [(old: Label, new: Label, time: Int64)], in id: BindleID
    ) throws(AssetError) -> ServedContent? {
        guard let before = wwwroot, hasParcelForEachFile else { return nil }
        var changed: [Wwwroot.Change] = []
        for (old, new, time) in changes {
            guard old.isWAGIFile, new.isWAGIFile else {
                guard !new.isWAGIFile, !old.isWAGIFile else { return nil }
                for index in handlers.indices where handlers[index].isOf(old) {
                    handlers[index] = ServedHandler(new, hasAssets: handlers[index].hasAssets)
                }
                continue
            }
            guard let path = RelativePath(validating: new.name), old.name.utf8.elementsEqual(new.name.utf8),
                let file = ContentFile(new, modificationTime: time)
            else { return nil }
            // A file that no handler requires is not served.
            if case .file? = before.node(at: path) { changed.append(.init(path, file)) }
        }
        let new: Wwwroot
        do throws(WwwrootError) { new = try changed.isEmpty ? before : before.applying(changed) } catch {
            throw AssetError(error, in: id)
        }
        wwwroot = new
        return ServedContent(handlers: handlers, wwwroot: new, store: store, project: project)
    }
}

/// Finds the times of parcels that are asked for in the order of the invoice, or nearly so.
private struct TimeLookup {
    private struct Key: Hashable {
        let name: NameBytes
        let digest: String

        init(_ label: Label) {
            (name, digest) = (NameBytes(label.name), label.sha256)
        }
    }

    private let labels: [Label]
    private let times: [Int64]
    private var next = 0
    /// Made when one was not found in order.
    private var byKey: [Key: Int64]?

    init(_ invoice: Invoice, _ times: [Int64]) {
        labels = invoice.parcels.map(\.label)
        self.times = times
    }

    mutating func time(of label: Label) -> Int64 {
        var index = next
        while index < min(labels.count, times.count) {
            if labels[index].sha256 == label.sha256, labels[index].name.utf8.elementsEqual(label.name.utf8) {
                next = index + 1
                return times[index]
            }
            index += 1
        }
        if byKey == nil {
            byKey = Dictionary(zip(labels.lazy.map(Key.init), times), uniquingKeysWith: { first, _ in first })
        }
        return byKey?[Key(label)] ?? 0
    }
}

extension ServedHandler {
    fileprivate init(_ label: Label, hasAssets: Bool) {
        self.init(
            name: label.name, sha256: label.sha256, size: label.size, feature: label.wagi?.settings ?? [:],
            hasAssets: hasAssets)
    }

    fileprivate func isOf(_ label: Label) -> Bool {
        name.utf8.elementsEqual(label.name.utf8) && feature == label.wagi?.settings ?? [:]
    }
}
