import Bindle
import Dispatch
import Platform
import SandboxProtocol

/// The directories in which WAGI processes lay out the app's files, one for each process that has any.
///
/// A directory passes from a process that has ended to the one that stands by, which applies only what has changed since.
struct LayoutPool {
    typealias User = WorkerSupervisor.WorkerID

    private struct Layout {
        let directory: String
        var isLaidOut = false
        /// Files that are, or may be, other than in the newest revision.
        var outdated: Set<String> = []
        /// Files that its user was told to bring up to date.
        var inFlight: Set<String> = []
        var user: User?
    }

    private let parent: String
    private var layouts: [Layout] = []
    private var count = 0
    private var content = ServedContent()
    /// False if the newest revision cannot be laid out in steps.
    private var isUsable = true
    /// More directories are not kept for later.
    private static let spareCount = 3

    /// - Parameter parent: a directory for this purpose alone; what is in it has been left behind, and is removed.
    init(parent: String) throws {
        self.parent = parent
        try? Directories.removeTree(parent)
        try Directories.make(parent)
    }

    /// Makes the parent again, which has been removed with all that was laid out in it.
    mutating func restart() throws {
        try Directories.make(parent)
        layouts = []
        content = ServedContent()
        isUsable = true
    }

    // MARK: Content

    /// The newest revision has all of this, and nothing else.
    mutating func replaceContent(with invoice: Invoice) {
        let changed = content.replace(with: ApplicationParcels(invoice))
        isUsable = changed != nil
        if let changed {
            note(changed)
        } else {
            for index in layouts.indices { layouts[index].isLaidOut = false }
        }
    }

    /// These parcels of the newest revision are other than in the one before.
    mutating func applyToContent(_ changes: [(old: Label, new: Label)]) {
        note(content.apply(changes))
    }

    /// The newest revision serves.
    mutating func noteServing() {
        content.noteServing()
    }

    private mutating func note(_ changed: Set<String>) {
        for index in layouts.indices { layouts[index].outdated.formUnion(changed) }
    }

    // MARK: Use

    /// Whether there is a directory that nobody uses, and that needs only to be brought up to date.
    var hasSpare: Bool { layouts.contains { $0.user == nil && $0.isLaidOut } }

    func isInUse(by user: User) -> Bool { layouts.contains { $0.user == user } }

    /// What a process has to do for the newest revision, or for the one that serves. It gets a directory if it has none.
    ///
    /// - Returns: `nil` if the files have to be laid out by the process alone.
    mutating func plan(for user: User, asServed: Bool) -> LayoutPlan? {
        guard isUsable else { return nil }
        let index = claim(for: user)
        let differences = asServed ? content.differences : []
        let names = layouts[index].outdated.union(differences)
        layouts[index].inFlight.formUnion(names)
        layouts[index].outdated = differences
        let isLaidOut = layouts[index].isLaidOut
        return LayoutPlan(
            directory: layouts[index].directory, isLaidOut: isLaidOut,
            changes: isLaidOut ? content.changes(names, asServed: asServed) : [],
            handlers: content.handlers(asServed: asServed))
    }

    private mutating func claim(for user: User) -> Int {
        if let index = layouts.firstIndex(where: { $0.user == user }) { return index }
        let free = layouts.indices.filter { layouts[$0].user == nil }
        if let index = free.first(where: { layouts[$0].isLaidOut }) ?? free.first {
            layouts[index].user = user
            return index
        }
        count += 1
        layouts.append(Layout(directory: "\(parent)/\(count)", user: user))
        return layouts.count - 1
    }

    /// The process has done what it was told.
    mutating func noteSuccess(of user: User) {
        guard let index = layouts.firstIndex(where: { $0.user == user }) else { return }
        layouts[index].isLaidOut = true
        layouts[index].inFlight = []
    }

    /// The process has ended.
    mutating func release(_ user: User) {
        guard let index = layouts.firstIndex(where: { $0.user == user }) else { return }
        layouts[index].user = nil
        layouts[index].outdated.formUnion(layouts[index].inFlight)
        layouts[index].inFlight = []
        let free = layouts.indices.filter { layouts[$0].user == nil }
        guard free.count > Self.spareCount, let surplus = free.first(where: { $0 != index }) else { return }
        let directory = layouts.remove(at: surplus).directory
        DispatchQueue.global(qos: .utility).async { try? Directories.removeTree(directory) }
    }
}
