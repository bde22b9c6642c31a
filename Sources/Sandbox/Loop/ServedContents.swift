import Bindle
import Content
import Hippofacts
import SandboxProtocol

/// Makes what WAGI processes serve of one revision after the other, at the cost of what has changed.
struct ServedContents {
    private let store: String
    private let project: String?
    /// The one that was made last.
    private var wwwroot: Wwwroot?
    private var handlers: [ServedHandler] = []
    /// Whether each file has one parcel, so that what becomes of the parcel becomes of the file.
    private var hasParcelForEachFile = false
    /// How many files are served that have these conditions: files of the same handlers have the same.
    private var fileCounts: [Conditions?: Int] = [:]

    /// - Parameters:
    ///   - store: the file of the store.
    ///   - project: the directory in which the project has its files under their names; `nil` if it is no project's content.
    init(store: String, project: String?) {
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
        fileCounts = [:]
        if hasParcelForEachFile {
            for parcel in invoice.parcels where parcel.label.isWAGIFile {
                fileCounts[parcel.conditions, default: 0] += 1
            }
        }
        return ServedContent(handlers: handlers, wwwroot: new, store: store, project: project)
    }

    /// What the bindle of the last time has after some of its parcels have made way for others.
    ///
    /// - Parameter times: when the content of each parcel of the invoice came under its name, in nanoseconds since 1970.
    /// - Returns: nil if that cannot be told from these parcels alone.
    mutating func apply(
        _ edits: [ProjectExpansion.Update.Edit], times: [Int64], in id: BindleID
    ) throws(AssetError) -> ServedContent? {
        guard let before = wwwroot, hasParcelForEachFile else { return nil }
        var changes: [Wwwroot.Change] = []
        var fileCounts = fileCounts
        var handlers = handlers
        for edit in edits {
            if let replaced = edit.replacedHandlers {
                for (old, new) in replaced {
                    for index in handlers.indices where handlers[index].isOf(old) {
                        handlers[index] = ServedHandler(new, hasAssets: handlers[index].hasAssets)
                    }
                }
                continue
            }
            // Removals come first: a name that is removed here may come again.
            for parcel in edit.removed {
                guard parcel.label.isWAGIFile, let path = RelativePath(validating: parcel.label.name),
                    let count = fileCounts[parcel.conditions]
                else { return nil }
                changes.append(.init(path, nil))
                fileCounts[parcel.conditions] = count - 1
            }
        }
        for edit in edits where edit.replacedHandlers == nil {
            for (parcel, index) in zip(edit.inserted, edit.new) {
                guard parcel.label.isWAGIFile, let path = RelativePath(validating: parcel.label.name),
                    let file = ContentFile(parcel.label, modificationTime: times[index]),
                    let count = fileCounts[parcel.conditions]
                else { return nil }
                changes.append(.init(path, file))
                fileCounts[parcel.conditions] = count + 1
            }
        }
        // A handler that has lost its last file is another handler.
        guard !fileCounts.values.contains(0) else { return nil }
        let new: Wwwroot
        do throws(WwwrootError) { new = try changes.isEmpty ? before : before.applying(Self.last(of: changes)) } catch {
            throw AssetError(error, in: id)
        }
        wwwroot = new
        self.fileCounts = fileCounts
        self.handlers = handlers
        return ServedContent(handlers: handlers, wwwroot: new, store: store, project: project)
    }

    /// The last change of each name.
    private static func last(of changes: [Wwwroot.Change]) -> [Wwwroot.Change] {
        var last: [RelativePath: Wwwroot.Change] = [:]
        for change in changes { last[change.path] = change }
        return Array(last.values)
    }
}

extension ProjectExpansion.Update.Edit {
    /// The modules that have other contents, if the edit consists of nothing else.
    fileprivate var replacedHandlers: [(old: Label, new: Label)]? {
        guard removed.count == inserted.count,
            zip(removed, inserted).allSatisfy({ old, new in
                !old.label.isWAGIFile && !new.label.isWAGIFile && NameBytes(old.label.name) == NameBytes(new.label.name)
                    && old.conditions == new.conditions
            })
        else { return nil }
        return zip(removed, inserted).map { ($0.label, $1.label) }
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
            hasAssets: hasAssets, isFromOtherBindle: label.isFromOtherBindle)
    }

    fileprivate func isOf(_ label: Label) -> Bool {
        name.utf8.elementsEqual(label.name.utf8) && feature == label.wagi?.settings ?? [:]
            && isFromOtherBindle == label.isFromOtherBindle
    }
}
