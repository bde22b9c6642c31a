import Platform
import SandboxProtocol

/// Renders events for people: a line for most, aligned, and coloured where that is wanted.
///
/// Tools find rebuilds and failures by these lines, VS Code for one: each begins with a time of day and one of `●`,
/// `↻`, `✗`, `!`, `■`, and a failure that has a place goes on with `STAGE failed: FILE:LINE:COLUMN: MESSAGE`.
package struct HumanEventRenderer: EventRenderer {
    /// What is told before anything is served.
    struct Heading: Sendable {
        let project: String
        let isWatching: Bool
        /// A line about what can be done.
        var hint: String?
    }

    private let style: SandboxConfiguration.TextStyle
    private let heading: Heading?
    private var servingRevision: Int?
    private var hasFailed = false
    /// True if the addresses have been told before the first revision serves.
    private var hasShownAddresses = false
    /// True if what the build command wrote last has been shown as it came.
    private var hasShownBuild = false
    private let clock: @Sendable () -> String

    /// - Parameter clock: the time of day that begins each line; by default the local one, to the second.
    init(
        heading: Heading?, style: SandboxConfiguration.TextStyle,
        clock: @escaping @Sendable () -> String = { HumanEventRenderer.timeOfDay(time(nil)) }
    ) {
        self.heading = heading
        self.style = style
        self.clock = clock
    }

    /// A renderer for events of the past.
    package init(style: SandboxConfiguration.TextStyle) {
        self.init(heading: nil, style: style)
    }

    mutating func render(_ event: Event) -> String {
        render(event, at: clock())
    }

    /// Renders an entry of a log, under the time at which it happened.
    package mutating func render(_ entry: LogEntry) -> String {
        render(entry.event, at: Self.timeOfDay(time_t(entry.time)))
    }

    private mutating func render(_ event: Event, at time: String) -> String {
        let stamp = styled(time, .dim)
        switch event {
        case .starting(let app, let bindle, let command):
            hasShownBuild = false
            hasShownAddresses = true
            let lines = ["\(stamp) \(styled("↻", .yellow)) building: \(Self.printable(command))"]
            return (lines + addresses(app, bindle)).joined(separator: "\n") + "\n"
        case .ready(let app, let bindle, let id, let revision):
            servingRevision = revision
            hasFailed = false
            return renderReady(app, bindle, id, stamp)
        case .rebuilding(let changed):
            hasShownBuild = false
            if style.verbosity == .quiet { return "" }
            return "\(stamp) \(styled("↻", .yellow)) \(summary(of: changed))\n"
        case .serving(let revision, _, let isUnchanged, let timings):
            servingRevision = revision
            defer { hasFailed = false }
            // Who was told of a failure has to be told of its end.
            if style.verbosity == .quiet && !hasFailed { return "" }
            return renderServing(revision, isUnchanged, timings, stamp)
        case .failed(let failure):
            hasFailed = true
            return renderFailure(failure, stamp)
        case .request(let record):
            return style.verbosity == .quiet ? "" : renderRequest(record, stamp)
        case .log(let source, let text):
            switch source {
            case .guest(let route):
                if style.verbosity == .quiet { return "" }
                return "\(stamp)   \(styled(Self.printable(route) + " │", .dim)) \(Self.printable(text))\n"
            // A build command's colours are its own.
            case .build:
                if style.verbosity == .quiet { return "" }
                hasShownBuild = true
                return "\(styled("         build │", .dim)) \(style.usesStyles ? text : Self.withoutStyles(text))\n"
            case .sandbox: return "\(stamp) \(styled("!", .yellow)) \(text)\n"
            }
        case .stopped(let reason):
            return "\(stamp) \(styled("■", .dim)) stopped: \(reason)\n"
        }
    }

    private func renderReady(_ app: String, _ bindle: String, _ id: String, _ stamp: String) -> String {
        var lines = ["\(stamp) \(styled("●", .green)) serving \(styled(id, .bold))"]
        lines += hasShownAddresses ? ["           app      \(styled(app, .cyan))"] : addresses(app, bindle)
        if let heading {
            let watching = heading.isWatching ? "" : styled(" (not watched)", .dim)
            lines.append("           project  \(heading.project)\(watching)")
            if let hint = heading.hint { lines.append("           " + styled(hint, .dim)) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func addresses(_ app: String, _ bindle: String) -> [String] {
        ["           app      \(styled(app, .cyan))", "           bindle   \(styled(bindle, .cyan))"]
    }

    private func renderServing(
        _ revision: Int, _ isUnchanged: Bool, _ timings: [StageTiming], _ stamp: String
    ) -> String {
        let total = timings.first { $0.stage == "total" }?.milliseconds ?? 0
        let stages = timings.filter { $0.stage != "total" }
        let what = isUnchanged ? "revision \(revision) serves on, nothing in it has changed" : "revision \(revision)"
        var line = "\(stamp) \(styled("●", .green)) \(what) in \(Self.duration(total))"
        if style.showsTimings {
            line +=
                "\n"
                + stages.map { timing in
                    "           \(Self.padded(timing.stage, 10)) \(Self.duration(timing.milliseconds))"
                }.joined(separator: "\n")
        } else if !stages.isEmpty {
            let list = stages.map { "\($0.stage) \(Self.duration($0.milliseconds))" }.joined(separator: ", ")
            line += styled(" (\(list))", .dim)
        }
        return line + "\n"
    }

    private func renderRequest(_ record: ServedRequest, _ stamp: String) -> String {
        let color: Style = record.status >= 500 ? .red : record.status >= 400 ? .yellow : .green
        let method = Self.padded(record.method, 6)
        let target = Self.padded(Self.printable(record.target), 32)
        let status = styled(String(record.status), color)
        var line = "\(stamp)   \(method) \(target) \(status) \(styled(Self.duration(record.milliseconds), .dim))"
        if style.verbosity == .verbose {
            line += styled(", \(record.byteCount) bytes, revision \(record.revision)", .dim)
        }
        return line + "\n"
    }

    private func renderFailure(_ failure: Failure, _ stamp: String) -> String {
        var lines = failure.description.split(separator: "\n", omittingEmptySubsequences: false).map {
            style.usesStyles ? String($0) : Self.withoutStyles(String($0))
        }
        let first = lines.isEmpty ? "" : lines.removeFirst()
        if failure.stage == .build && hasShownBuild {
            // What follows the exit code has just been read.
            lines = Array(lines.prefix { $0.hasPrefix("The build command") })
        }
        var text = "\(stamp) \(styled("✗", .red)) \(styled("\(failure.stage.rawValue) failed:", .red)) \(first)\n"
        for line in lines { text += "           \(line)\n" }
        if let servingRevision {
            text += styled("           revision \(servingRevision) goes on serving", .dim) + "\n"
        }
        return text
    }

    /// Names a few paths and counts the others; all of them if much is to be told.
    private func summary(of changed: [String]) -> String {
        // The project as a whole.
        if changed == ["."] { return "rebuilding" }
        let limit = style.verbosity == .verbose ? Int.max : 3
        let named = changed.prefix(limit).map(Self.printable).joined(separator: ", ")
        let rest = changed.count - limit
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
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isControl = scalar.properties.generalCategory == .control && scalar != "\t"
                    return isControl ? "\u{FFFD}" : scalar
                }))
    }

    /// Text without the escape sequences that set colours and the like, for readers that are no terminals.
    static func withoutStyles(_ text: String) -> String {
        guard text.unicodeScalars.contains("\u{1B}") else { return text }
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "\u{1B}", scalars.first == "[" else {
                result.append(scalar)
                continue
            }
            // A control sequence: parameters, then a letter or the like.
            scalars.removeFirst()
            while let next = scalars.popFirst(), !("@"..."~").contains(next) {}
        }
        return String(result)
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
        self.style.usesStyles ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    static func timeOfDay(_ time: time_t) -> String {
        var time = time
        var parts = tm()
        localtime_r(&time, &parts)
        let fields = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : String($0) }
        return fields.joined(separator: ":")
    }
}
