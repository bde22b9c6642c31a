import Bindle
import Content
import Foundation
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
    mutating func replace(with invoice: Invoice) throws(AssetError) -> ServedContent {
        let parcels = ApplicationParcels(invoice)
        let (before, now) = (wwwroot, Self.now)
        let files = try Wwwroot.files(of: parcels.assets, in: invoice.id) { label in
            // A content that stays under its name has come there before.
            guard let path = RelativePath(validating: label.name), case .file(let file, _)? = before?.node(at: path),
                file.digest.hex == label.sha256
            else { return now }
            return file.modificationTime
        }
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
    /// - Returns: nil if that cannot be told from these parcels alone.
    mutating func apply(
        _ changes: [(old: Label, new: Label)], in id: BindleID
    ) throws(AssetError) -> ServedContent? {
        guard let before = wwwroot, hasParcelForEachFile else { return nil }
        let now = Self.now
        var changed: [Wwwroot.Change] = []
        for (old, new) in changes {
            guard old.isWAGIFile, new.isWAGIFile else {
                guard !new.isWAGIFile, !old.isWAGIFile else { return nil }
                for index in handlers.indices where handlers[index].isOf(old) {
                    handlers[index] = ServedHandler(new, hasAssets: handlers[index].hasAssets)
                }
                continue
            }
            guard let path = RelativePath(validating: new.name), old.name.utf8.elementsEqual(new.name.utf8),
                let file = ContentFile(new, modificationTime: now)
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

    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
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
