import Glibc
import Synchronization

/// The two ends of a pipe; neither is inherited by programs that this process starts.
final class PipeDescriptors: Sendable {
    /// The kernel has no more descriptors to give.
    struct Exhausted: Error, CustomStringConvertible {
        let code: Int32

        var description: String { "cannot make a pipe: \(String(cString: strerror(code)))" }
    }

    let readEnd: Int32
    let writeEnd: Int32
    private let isReadEndOpen = Atomic(true)
    private let isWriteEndOpen = Atomic(true)

    init() throws(Exhausted) {
        var descriptors: [Int32] = [-1, -1]
        guard GNUFunctions.pipe2(&descriptors, O_CLOEXEC) == 0 else { throw Exhausted(code: errno) }
        readEnd = descriptors[0]
        writeEnd = descriptors[1]
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }

    func closeReadEnd() {
        if isReadEndOpen.exchange(false, ordering: .acquiringAndReleasing) { close(readEnd) }
    }

    func closeWriteEnd() {
        if isWriteEndOpen.exchange(false, ordering: .acquiringAndReleasing) { close(writeEnd) }
    }
}
