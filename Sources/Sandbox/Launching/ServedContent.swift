import Content
import SandboxProtocol

/// What a WAGI process serves of a revision, as it is given to it: nothing of it has to be fetched.
///
/// Two of them are the same only if they are one object.
final class ServedContent: Sendable {
    /// In the order in which their routes are tried.
    let handlers: [ServedHandler]
    let wwwroot: Wwwroot
    /// The file of the store.
    let store: String
    /// The project's directory, whose files stand in where the store is damaged; `nil` where it is no project's content.
    let project: String?

    init(handlers: [ServedHandler], wwwroot: Wwwroot, store: String, project: String?) {
        self.handlers = handlers
        self.wwwroot = wwwroot
        self.store = store
        self.project = project
    }

    /// What goes along with the message, in this order.
    var descriptors: [Int32] {
        let (base, changes) = wwwroot.descriptors
        return [base, changes].compactMap { $0 }
    }

    var message: LauncherMessage.Load.Content {
        .init(handlers: handlers, imageCount: descriptors.count, store: store, project: project)
    }
}

extension ServedContent: Hashable {
    static func == (left: ServedContent, right: ServedContent) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
