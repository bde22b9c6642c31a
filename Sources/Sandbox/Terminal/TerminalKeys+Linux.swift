import Platform
import Synchronization

/// The keys that a sandbox on a terminal listens to.
enum TerminalKey: CaseIterable, Sendable {
    case rebuild, open, clear, help, quit

    /// What is pressed for it.
    init?(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "r"): self = .rebuild
        case UInt8(ascii: "o"): self = .open
        case UInt8(ascii: "c"): self = .clear
        case UInt8(ascii: "?"), UInt8(ascii: "h"): self = .help
        // ^D ends what reads from a terminal.
        case UInt8(ascii: "q"), 4: self = .quit
        default: return nil
        }
    }

    /// The lines that `?` shows.
    static let list = """
                   r  rebuild
                   o  open the page in the browser
                   c  clear the screen
                   ?  show these keys
                   q  quit

        """
}

/// Reads keys from the terminal on standard input, on a thread of its own.
final class TerminalKeys: Sendable {
    private let wake: PipeDescriptors

    /// Begins to read; `nil` where standard input is no terminal.
    init?(_ onKey: @escaping @Sendable (TerminalKey) -> Void) {
        guard TerminalMode.begin(), let wake = try? PipeDescriptors() else { return nil }
        self.wake = wake
        SystemThread.detach(name: "keys") { Self.read(until: wake.readEnd, onKey) }
    }

    /// Reads no more, and puts the terminal back into its mode.
    func stop() {
        wake.closeWriteEnd()
        TerminalMode.leave()
    }

    /// How long it takes to find out that the process is in the foreground, in milliseconds.
    private static let patience: Int32 = 300

    private static func read(until wake: Int32, _ onKey: (TerminalKey) -> Void) {
        var bytes = [UInt8](repeating: 0, count: 64)
        while true {
            var polled = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            // A process that runs in the background is brought to the foreground without a sign.
            guard poll(&polled, 2, TerminalMode.isEntered ? -1 : patience) >= 0 else { continue }
            if polled[1].revents != 0 { return }
            guard TerminalMode.isInForeground else {
                // What is typed is for somebody else, and reading it would stop this process.
                var onlyWake = [polled[1]]
                if poll(&onlyWake, 1, patience) > 0 { return }
                continue
            }
            if !TerminalMode.isEntered { TerminalMode.enter() }
            guard polled[0].revents != 0 else { continue }
            let count = Platform.read(STDIN_FILENO, &bytes, bytes.count)
            if count < 0 && errno == EINTR { continue }
            // The terminal has gone.
            guard count > 0 else { return }
            for key in keys(in: bytes[..<count]) { onKey(key) }
        }
    }

    /// The keys among what was typed. Arrows and the like send an escape and several letters, which are not keys.
    static func keys(in bytes: ArraySlice<UInt8>) -> [TerminalKey] {
        var keys: [TerminalKey] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == 0x1B else {
                if let key = TerminalKey(byte) { keys.append(key) }
                continue
            }
            guard let introducer = rest.popFirst(), introducer == UInt8(ascii: "[") || introducer == UInt8(ascii: "O")
            else { continue }
            // Parameters, then a letter or a tilde.
            while let next = rest.popFirst(), !(0x40...0x7E).contains(next) {}
        }
        return keys
    }
}
