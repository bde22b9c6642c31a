import Platform
import Synchronization

/// The mode of the terminal on standard input: while the sandbox runs, keys come one by one and are not shown.
///
/// Whatever ends the process puts the terminal back into the mode in which it was found: the end of the sandbox,
/// `exit`, a signal, a crash. While the process is stopped (`^Z`) or in the background, the terminal is left alone.
enum TerminalMode {
    private struct State {
        var original: termios?
        var isEntered = false
    }

    private static let state = Mutex(State())
    /// A copy for handlers of fatal signals, which can take no lock. Written once, before they are installed.
    private nonisolated(unsafe) static var originalForCrash = termios()
    private static let crashSignals = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE]

    /// True while this process may read from the terminal: others in the background would be stopped.
    static var isInForeground: Bool { tcgetpgrp(STDIN_FILENO) == getpgrp() }

    /// Whether the terminal is in the mode for keys.
    static var isEntered: Bool { state.withLock { $0.isEntered } }

    /// What signals do to the mode.
    static let actions: (enter: @Sendable () -> Void, leave: @Sendable () -> Void) = ({ enter() }, { leave() })

    /// Takes note of the terminal as it is, and enters the mode if the process is in the foreground.
    ///
    /// - Returns: false if standard input is no terminal.
    static func begin() -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return false }
        var original = termios()
        guard tcgetattr(STDIN_FILENO, &original) == 0 else { return false }
        state.withLock { $0.original = original }
        originalForCrash = original
        // Setting the mode from the background would stop the process, even to restore it.
        signal(SIGTTOU, SIG_IGN)
        for number in crashSignals {
            signal(number) { number in
                tcsetattr(STDIN_FILENO, TCSANOW, &TerminalMode.originalForCrash)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        atexit { TerminalMode.leave() }
        enter()
        return true
    }

    /// Enters the mode, again after the process was stopped, if it is in the foreground.
    static func enter() {
        state.withLock { state in
            guard var mode = state.original, isInForeground else { return }
            mode.c_lflag &= ~tcflag_t(ICANON | ECHO)
            withUnsafeMutableBytes(of: &mode.c_cc) { characters in
                characters[Int(VMIN)] = 1
                characters[Int(VTIME)] = 0
            }
            state.isEntered = tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0
        }
    }

    /// Puts the terminal back into the mode in which it was found.
    static func leave() {
        state.withLock { state in
            guard state.isEntered, var original = state.original else { return }
            state.isEntered = false
            if isInForeground { tcsetattr(STDIN_FILENO, TCSANOW, &original) }
        }
    }
}
