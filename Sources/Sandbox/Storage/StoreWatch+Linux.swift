import CLinux
import Glibc
import Platform
import Synchronization

/// Notices when the store is removed under the sandbox, without a save that would find it out.
///
/// Only what could have removed it is listened for (inotify(7)): names that go from the store's directory, that directory
/// itself, and the directory of the large contents.
final class StoreWatch: Sendable {
    private let queue: Int32
    /// The directories that are watched. They may be other ones after they were removed and made again.
    private let directories: [String]
    private let onRemoval: @Sendable () -> Void

    private static let events = UInt32(IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

    /// - Parameter onRemoval: called on a thread of this, after anything that may have removed the store.
    /// - Returns: `nil` if the system gives no queue: then the next save finds it out.
    init?(store: String, onRemoval: @escaping @Sendable () -> Void) {
        let parent = store.lastIndex(of: "/").map { String(store[..<$0]) } ?? "."
        directories = [parent, store + ".parcels"]
        self.onRemoval = onRemoval
        queue = inotify_init1(Int32(IN_CLOEXEC))
        guard queue >= 0 else { return nil }
        watch()
        guard SystemThread.start(name: "store", { [self] in listen() }) else { return nil }
    }

    deinit {
        if queue >= 0 { close(queue) }
    }

    /// Watches the directories that are there now.
    func watch() {
        for directory in directories { inotify_add_watch(queue, directory, Self.events) }
    }

    private func listen() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = read(queue, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            onRemoval()
        }
    }
}
