import Glibc
import Synchronization

/// The size of a terminal, in characters.
struct TerminalSize: Hashable, Sendable {
    let rows: UInt16
    let columns: UInt16

    /// The size of the terminal that a descriptor leads to; nil if it does not lead to one.
    init?(of fileDescriptor: Int32) {
        var window = winsize()
        guard ioctl(fileDescriptor, UInt(TIOCGWINSZ), &window) == 0 else { return nil }
        // Some terminals do not know their size.
        self.init(rows: window.ws_row == 0 ? 24 : window.ws_row, columns: window.ws_col == 0 ? 80 : window.ws_col)
    }

    init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

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

    /// A pseudo-terminal in place of a pipe: programs that write to it do as they do for people.
    init(terminalOfSize size: TerminalSize) throws(Exhausted) {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        var window = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
        guard GNUFunctions.openTerminal(&reading, &writing, nil, nil, &window) == 0 else { throw Exhausted(code: errno) }
        for descriptor in [reading, writing] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (reading, writing)
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
