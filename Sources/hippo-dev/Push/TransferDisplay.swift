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
        draw { Self.describe(progress, seconds: $0) }
    }

    /// Shows how far something is that is sent in one piece.
    func show(sent: Int64, of total: Int64) {
        draw { Self.describe(sent: sent, of: total, seconds: $0).joined(separator: ", ") }
    }

    private func draw(_ text: (_ seconds: Double) -> String) {
        state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.lastDrawn, now - last < Self.interval { return }
            state.lastDrawn = now
            state.isDrawn = true
            let line = "\(title): " + text((now - state.start) / .seconds(1))
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
        let parts =
            ["\(progress.finishedParcels) of \(progress.totalParcels) parcels"]
            + describe(sent: progress.sentBytes, of: progress.totalBytes, seconds: seconds)
        return parts.joined(separator: ", ")
    }

    private static func describe(sent: Int64, of total: Int64, seconds: Double) -> [String] {
        var parts = ["\(Quantity.size(Int(sent))) of \(Quantity.size(Int(total)))"]
        if seconds >= 0.5, sent > 0 {
            let rate = Double(sent) / seconds
            parts.append("\(Quantity.size(Int(rate)))/s")
            parts.append("\(time(Double(total - sent) / rate)) left")
        }
        return parts
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(.up), 359_999))
        return whole < 3600
            ? "\(whole / 60):\(CivilTime.padded(whole % 60))"
            : "\(whole / 3600):\(CivilTime.padded(whole / 60 % 60)):\(CivilTime.padded(whole % 60))"
    }
}
