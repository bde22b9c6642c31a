import Synchronization

/// Files served before, by the paths of their requests: small ones with their bytes, large ones with open descriptors.
///
/// It belongs to one wwwroot, which does not change. The file behind a descriptor may: whoever takes one out asks whether it
/// is intact, and removes it if not.
final class RepresentationCache: Sendable {
    private struct State {
        var files: [String: FileRepresentation] = [:]
        var bytes = 0
        var descriptorCount = 0
    }

    /// Bytes of memory.
    private static let capacity = 8 << 20
    /// Open files. With the 512 that `StoreContent` keeps, a process holds less than 800, and a sandbox with all its
    /// processes less than 4,000.
    static let maximumDescriptors = 256
    /// What an entry takes beside its content, in bytes: an estimate.
    private static let overhead = 1024

    private let state = Mutex(State())

    func file(at path: String) -> FileRepresentation? {
        state.withLock { $0.files[path] }
    }

    /// Removes a file, unless another has come in its place.
    func remove(_ file: FileRepresentation, at path: String) {
        state.withLock { state in
            guard state.files[path] === file else { return }
            state.files[path] = nil
            state.bytes -= Self.byteCount(of: file, at: path)
            if file.holdsDescriptor { state.descriptorCount -= 1 }
        }
    }

    /// Adds a file. A cache that is full begins anew: what is asked for often is soon there again.
    func insert(_ file: FileRepresentation, at path: String) {
        let bytes = Self.byteCount(of: file, at: path)
        state.withLock { state in
            if state.bytes + bytes > Self.capacity || state.descriptorCount >= Self.maximumDescriptors {
                state = State()
            }
            guard state.files.updateValue(file, forKey: path) == nil else { return }
            state.bytes += bytes
            if file.holdsDescriptor { state.descriptorCount += 1 }
        }
    }

    private static func byteCount(of file: FileRepresentation, at path: String) -> Int {
        file.memoryByteCount + path.utf8.count + overhead
    }
}
