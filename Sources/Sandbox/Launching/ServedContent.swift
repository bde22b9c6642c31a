import Bindle
import SandboxProtocol

/// What the newest revision serves, file by file; and, where that differs, what the one does that serves.
struct ServedContent {
    typealias Content = LayoutPlan.Content

    private var assets: [String: Content] = [:]
    private var handlers: [LayoutPlan.Handler] = []
    private var servedHandlers: [LayoutPlan.Handler] = []
    /// What the serving revision has of the files that the newest one has otherwise.
    private var served: [String: Content?] = [:]

    /// Takes in a whole bundle.
    ///
    /// - Returns: the files in which it differs from the one before; `nil` if it cannot be laid out, since two files have
    ///   the same name.
    mutating func replace(with parcels: ApplicationParcels) -> Set<String>? {
        var new: [String: Content] = [:]
        new.reserveCapacity(parcels.assets.count)
        var isConsistent = true
        for label in parcels.assets where new.updateValue(label.content, forKey: label.name) != nil {
            isConsistent = false
        }
        var changed = Set(assets.keys.filter { new[$0] == nil })
        for (name, content) in new where assets[name] != content { changed.insert(name) }
        for name in changed { note(name) }
        assets = new
        handlers = parcels.handlers.map { LayoutPlan.Handler($0.label, hasAssets: $0.hasAssets) }
        return isConsistent ? changed : nil
    }

    /// Takes in what has changed in the parcels of the bundle.
    ///
    /// - Returns: the files that have changed.
    mutating func apply(_ changes: [(old: Label, new: Label)]) -> Set<String> {
        var changed: Set<String> = []
        for (old, new) in changes {
            if old.isWAGIFile {
                guard assets[old.name] != nil else { continue }
                note(old.name)
                assets[old.name] = new.content
                changed.insert(old.name)
            } else {
                for place in handlers.indices
                where handlers[place].name == old.name && handlers[place].feature == (old.wagi?.settings ?? [:]) {
                    handlers[place] = LayoutPlan.Handler(new, hasAssets: handlers[place].hasAssets)
                }
            }
        }
        return changed
    }

    private mutating func note(_ name: String) {
        if served[name] == nil { served[name] = .some(assets[name]) }
    }

    /// The newest revision serves.
    mutating func noteServing() {
        served = [:]
        servedHandlers = handlers
    }

    /// The files in which the serving revision differs from the newest.
    var differences: Set<String> { Set(served.keys) }

    func handlers(asServed: Bool) -> [LayoutPlan.Handler] { asServed ? servedHandlers : handlers }

    /// What these files are in the newest revision, or in the one that serves.
    func changes(_ names: Set<String>, asServed: Bool) -> [LayoutPlan.Change] {
        names.sorted().map { name in
            if asServed, let content = served[name] { return LayoutPlan.Change(name: name, content: content) }
            return LayoutPlan.Change(name: name, content: assets[name])
        }
    }
}

extension Label {
    fileprivate var content: LayoutPlan.Content { LayoutPlan.Content(sha256: sha256, size: size) }
}

extension LayoutPlan.Handler {
    fileprivate init(_ label: Label, hasAssets: Bool) {
        self.init(name: label.name, content: label.content, feature: label.wagi?.settings ?? [:], hasAssets: hasAssets)
    }
}
