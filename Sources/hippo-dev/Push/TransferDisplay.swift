import Bindle
import CommandLineInterface
import Platform
import Synchronization

/// A line on the terminal that tells how far a transfer is. On anything but a terminal there is none.
final class TransferDisplay: Sendable {
    private struct State {
        var start = ContinuousClock.now
        var lastDrawn: ContinuousClock.Instant?
        var isDrawn = false
    }

    private static let interval = Duration.milliseconds(100)
    private let title: String
    private let width: Int
    private let state = Mutex(State())

    init?(title: String) {
        let terminal = Terminal(
            fileDescriptor: STDERR_FILENO, environment: ProcessEnvironment.all)
        guard terminal.isTerminal, ProcessEnvironment.all["TERM"] != "dumb" else { return nil }
        self.title = title
        width = terminal.width
    }

    func show(_ progress: PushProgress) {
        state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.lastDrawn, now - last < Self.interval { return }
            state.lastDrawn = now
            state.isDrawn = true
            let seconds = (now - state.start) / .seconds(1)
            let line = "\(title): " + Self.describe(progress, seconds: seconds)
            // A longer line would wrap, and could not be drawn over.
            write("\r\(line.prefix(width - 1))\u{1B}[K")
        }
    }

    func clear() {
        state.withLock { state in
            if state.isDrawn { write("\r\u{1B}[K") }
            state.isDrawn = false
        }
    }

    private func write(_ text: String) { StandardError.write(text) }

    /// Parcels, bytes, rate, time left.
    static func describe(_ progress: PushProgress, seconds: Double) -> String {
        var parts = [
            "\(progress.finishedParcels) of \(progress.totalParcels) parcels",
            "\(Quantity.size(Int(progress.sentBytes))) of \(Quantity.size(Int(progress.totalBytes)))",
        ]
        if seconds >= 0.5, progress.sentBytes > 0 {
            let rate = Double(progress.sentBytes) / seconds
            parts.append("\(Quantity.size(Int(rate)))/s")
            parts.append("\(time(Double(progress.totalBytes - progress.sentBytes) / rate)) left")
        }
        return parts.joined(separator: ", ")
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(.up), 359_999))
        return whole < 3600
            ? "\(whole / 60):\(CivilTime.padded(whole % 60))"
            : "\(whole / 3600):\(CivilTime.padded(whole / 60 % 60)):\(CivilTime.padded(whole % 60))"
    }
}
