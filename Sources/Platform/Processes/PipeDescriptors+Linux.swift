import CLinux
import Synchronization

/// The two ends of a pipe; neither is inherited by programs that this process starts.
package final class PipeDescriptors: Sendable {
    package let readEnd: Int32
    package let writeEnd: Int32
    private let isReadEndOpen = Atomic(true)
    private let isWriteEndOpen = Atomic(true)

    package init() throws(SystemError) {
        var descriptors: [Int32] = [-1, -1]
        guard pipe2(&descriptors, O_CLOEXEC) == 0 else { throw .last("cannot make a pipe") }
        readEnd = descriptors[0]
        writeEnd = descriptors[1]
    }

    /// A pseudo-terminal in place of a pipe: programs that write to it do as they do for people.
    package init(terminalOfSize size: TerminalSize) throws(SystemError) {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        var window = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&reading, &writing, nil, nil, &window) == 0 else { throw .last("cannot make a terminal") }
        for descriptor in [reading, writing] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (reading, writing)
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }

    /// Closes the end that is read from. It does nothing the second time.
    package func closeReadEnd() {
        if isReadEndOpen.exchange(false, ordering: .acquiringAndReleasing) { close(readEnd) }
    }

    /// Closes the end that is written to. It does nothing the second time.
    package func closeWriteEnd() {
        if isWriteEndOpen.exchange(false, ordering: .acquiringAndReleasing) { close(writeEnd) }
    }
}
