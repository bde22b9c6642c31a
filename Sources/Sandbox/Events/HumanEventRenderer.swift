import Foundation
import SandboxProtocol

/// Renders events for people: a line for most, aligned, and coloured where that is wanted.
struct HumanEventRenderer: EventRenderer {
    /// What is told before anything is served.
    struct Heading: Sendable {
        let project: String
        let isWatching: Bool
    }

    private let usesStyles: Bool
    private let showsTimings: Bool
    private let heading: Heading
    private var servingRevision: Int?
    private let clock: @Sendable () -> String

    /// - Parameters:
    ///   - showsTimings: every stage of a rebuild gets a line of its own.
    ///   - clock: the time of day that begins each line; by default the local one, to the second.
    init(
        heading: Heading, usesStyles: Bool, showsTimings: Bool = false,
        clock: @escaping @Sendable () -> String = HumanEventRenderer.timeOfDay
    ) {
        self.heading = heading
        self.usesStyles = usesStyles
        self.showsTimings = showsTimings
        self.clock = clock
    }

    mutating func render(_ event: Event) -> String {
        switch event {
        case .ready(let app, let bindle, let id, let revision):
            servingRevision = revision
            let watching = heading.isWatching ? "" : styled(" (not watched)", .dim)
            return """
                \(stamp) \(styled("●", .green)) serving \(styled(id, .bold))
                           app      \(styled(app, .cyan))
                           bindle   \(styled(bindle, .cyan))
                           project  \(heading.project)\(watching)

                """
        case .rebuilding(let changed):
            return "\(stamp) \(styled("↻", .yellow)) \(Self.summary(of: changed))\n"
        case .serving(let revision, _, let isUnchanged, let timings):
            servingRevision = revision
            let total = timings.first { $0.stage == "total" }?.milliseconds ?? 0
            let stages = timings.filter { $0.stage != "total" }
            let what = isUnchanged ? "revision \(revision) serves on, nothing in it has changed" : "revision \(revision)"
            var line = "\(stamp) \(styled("●", .green)) \(what) in \(Self.duration(total))"
            if showsTimings {
                line += "\n" + stages.map { timing in
                    "           \(Self.padded(timing.stage, 10)) \(Self.duration(timing.milliseconds))"
                }.joined(separator: "\n")
            } else if !stages.isEmpty {
                let list = stages.map { "\($0.stage) \(Self.duration($0.milliseconds))" }.joined(separator: ", ")
                line += styled(" (\(list))", .dim)
            }
            return line + "\n"
        case .failed(let failure):
            return render(failure)
        case .request(let record):
            let color: Style = record.status >= 500 ? .red : record.status >= 400 ? .yellow : .green
            let method = Self.padded(record.method, 6)
            let target = Self.padded(Self.printable(record.target), 32)
            let status = styled(String(record.status), color)
            return "\(stamp)   \(method) \(target) \(status) \(styled(Self.duration(record.milliseconds), .dim))\n"
        case .log(let source, let text):
            switch source {
            case .guest(let route): return "\(stamp)   \(styled(Self.printable(route) + " │", .dim)) \(Self.printable(text))\n"
            // A build command's colours are its own.
            case .build: return "\(styled("         build │", .dim)) \(text)\n"
            case .sandbox: return "\(stamp) \(styled("!", .yellow)) \(text)\n"
            }
        case .stopped(let reason):
            return "\(stamp) \(styled("■", .dim)) stopped: \(reason)\n"
        }
    }

    private func render(_ failure: Failure) -> String {
        var lines = failure.description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let first = lines.isEmpty ? "" : lines.removeFirst()
        var text = "\(stamp) \(styled("✗", .red)) \(styled("\(failure.stage.rawValue) failed:", .red)) \(first)\n"
        for line in lines { text += "           \(line)\n" }
        if let servingRevision {
            text += styled("           revision \(servingRevision) goes on serving", .dim) + "\n"
        }
        return text
    }

    /// Names a few paths and counts the others.
    private static func summary(of changed: [String]) -> String {
        let named = changed.prefix(3).map(printable).joined(separator: ", ")
        let rest = changed.count - 3
        return rest > 0 ? "\(named) and \(rest) more changed" : "\(named) changed"
    }

    static func duration(_ milliseconds: Double) -> String {
        if milliseconds >= 10_000 { return "\(Int((milliseconds / 1000).rounded())) s" }
        if milliseconds >= 1000 { return "\((milliseconds / 100).rounded() / 10) s" }
        if milliseconds >= 10 { return "\(Int(milliseconds.rounded())) ms" }
        return "\((milliseconds * 10).rounded() / 10) ms"
    }

    /// What a stranger sent must not move the cursor or change the terminal's colours.
    static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { scalar in
            let isControl = scalar.properties.generalCategory == .control && scalar != "\t"
            return isControl ? "\u{FFFD}" : scalar
        }))
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }

    private enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    private func styled(_ text: String, _ style: Style) -> String {
        usesStyles ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    private var stamp: String { styled(clock(), .dim) }

    static let timeOfDay: @Sendable () -> String = {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        let fields = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : String($0) }
        return fields.joined(separator: ":")
    }
}
