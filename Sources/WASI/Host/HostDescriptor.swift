import Glibc
import Synchronization

/// A descriptor of this process that is closed with its last reference, unless it is somebody else's.
final class HostDescriptor: Sendable {
    let number: Int32
    private let isOwned: Bool

    init(owning number: Int32) {
        self.number = number
        isOwned = true
    }

    init(borrowing number: Int32) {
        self.number = number
        isOwned = false
    }

    deinit {
        if isOwned { close(number) }
    }
}

/// A directory of the host that is opened when it is first needed and then serves every context that names it. Nothing
/// that has a state, as the position of a listing, is ever done with its descriptor.
final class SharedDirectory: Sendable {
    let hostPath: String
    private let opened = Mutex<(descriptor: HostDescriptor?, error: Int32)>((nil, 0))

    init(hostPath: String) {
        self.hostPath = hostPath
    }

    /// The directory's descriptor. A failure is not remembered: the directory may appear later.
    func descriptor() throws(ErrorNumber) -> HostDescriptor {
        let result = opened.withLock { state -> Result<HostDescriptor, ErrorNumber> in
            if let descriptor = state.descriptor { return .success(descriptor) }
            let number = Glibc.open(hostPath, PathResolver.searchFlags)
            guard number >= 0 else {
                state.error = errno
                return .failure(.current)
            }
            let descriptor = HostDescriptor(owning: number)
            state.descriptor = descriptor
            return .success(descriptor)
        }
        return try result.get()
    }

    /// The host's `errno` of the last opening that failed.
    var openingError: Int32 { opened.withLock { $0.error } }
}
