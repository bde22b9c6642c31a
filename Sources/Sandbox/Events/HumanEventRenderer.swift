import Platform
package import SandboxProtocol

/// Renders events for people: a line for most, aligned, and coloured where that is wanted.
///
/// Tools find rebuilds and failures by these lines, VS Code for one: each begins with a time of day and one of `●`,
/// `↻`, `✗`, `!`, `■`, and a failure that has a place goes on with `STAGE failed: FILE:LINE:COLUMN: MESSAGE`.
package struct HumanEventRenderer: EventRenderer {
    /// What is told before anything is served.
    struct Heading: Sendable {
        let project: String
        /// The link to the control page. It may hold a token, and is for the developer's terminal only.
        var control: String?
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
    /// The time of day of a second since 1970: requests come many a second.
    private var latestTime: (second: time_t, text: String) = (-1, "")

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

    package mutating func render(_ entries: [RequestLogEntry], to output: inout [UInt8]) {
        for entry in entries {
            let second = time_t(entry.time)
            if latestTime.second != second { latestTime = (second, Self.timeOfDay(second)) }
            if case .request(let request) = entry.content {
                guard style.verbosity != .quiet else { continue }
                append(request, styled(latestTime.text, .dim), to: &output)
            } else {
                output += render(Event(entry), at: latestTime.text).utf8
            }
        }
    }

    private mutating func render(_ event: Event, at time: String) -> String {
        let stamp = styled(time, .dim)
        switch event {
        case .starting(let app, let bindle, let command):
            hasShownBuild = false
            hasShownAddresses = true
            let what = command.map { "building: \(PrintableText.line($0))" } ?? "starting"
            let lines = ["\(stamp) \(styled("↻", .yellow)) \(what)"]
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
            if style.verbosity == .quiet { return "" }
            var line: [UInt8] = []
            append(record, stamp, to: &line)
            return String(decoding: line, as: UTF8.self)
        case .log(let source, let text):
            switch source {
            case .guest(let route, let channel):
                if style.verbosity == .quiet { return "" }
                let writer = PrintableText.line((channel.map { "\($0.name) " } ?? "") + route)
                return "\(stamp)   \(styled(writer + " │", .dim)) \(PrintableText.line(text))\n"
            // A build command's colours are its own.
            case .build:
                if style.verbosity == .quiet { return "" }
                hasShownBuild = true
                return "\(styled("         build │", .dim)) \(style.usesStyles ? text : Self.withoutStyles(text))\n"
            case .sandbox: return "\(stamp) \(styled("!", .yellow)) \(PrintableText.lines(text))\n"
            }
        case .stopped(let reason):
            return "\(stamp) \(styled("■", .dim)) stopped: \(PrintableText.line(reason))\n"
        }
    }

    private func renderReady(_ app: String, _ bindle: String, _ id: String, _ stamp: String) -> String {
        var lines = ["\(stamp) \(styled("●", .green)) serving \(styled(id, .bold))"]
        lines += hasShownAddresses ? ["           app      \(styled(app, .cyan))"] : addresses(app, bindle)
        if let heading {
            let watching = heading.isWatching ? "" : styled(" (not watched)", .dim)
            lines.append("           project  \(PrintableText.line(heading.project))\(watching)")
            if let hint = heading.hint { lines.append("           " + styled(hint, .dim)) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func addresses(_ app: String, _ bindle: String) -> [String] {
        let control = (heading?.control).map { ["           control  \(styled($0, .cyan))"] } ?? []
        return ["           app      \(styled(app, .cyan))", "           bindle   \(styled(bindle, .cyan))"] + control
    }

    private func renderServing(
        _ revision: Int, _ isUnchanged: Bool, _ timings: [StageTiming], _ stamp: String
    ) -> String {
        let total = timings.first { $0.stage == "total" }?.milliseconds ?? 0
        let stages = timings.filter { $0.stage != "total" }
        let what =
            isUnchanged
            ? "revision \(revision) goes on serving: nothing that it serves has changed (checked in \(Self.duration(total)))"
            : "revision \(revision) in \(Self.duration(total))"
        var line = "\(stamp) \(styled("●", .green)) \(what)"
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

    /// Appends the line of a request.
    private func append(_ request: ServedRequest, _ stamp: String, to output: inout [UInt8]) {
        output += stamp.utf8
        output += "   ".utf8
        Self.append(request.method, width: 6, to: &output)
        output.append(UInt8(ascii: " "))
        Self.append(request.target, width: 32, to: &output)
        output.append(UInt8(ascii: " "))
        let color: Style = request.status >= 500 ? .red : request.status >= 400 ? .yellow : .green
        // Without a status, the client has got nothing.
        output += styled(request.status == 0 ? "-" : String(request.status), color).utf8
        var rest = Self.duration(request.milliseconds)
        if style.verbosity == .verbose {
            let served = request.channel?.release ?? "revision \(request.revision)"
            rest += ", \(request.byteCount) bytes, \(served)"
        }
        if let channel = request.channel { rest += ", \(PrintableText.line(channel.name))" }
        if request.isIncomplete { rest += ", cut off" }
        output.append(UInt8(ascii: " "))
        output += styled(rest, .dim).utf8
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends what a stranger sent, and spaces up to a width.
    private static func append(_ text: String, width: Int, to output: inout [UInt8]) {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            output += padded(PrintableText.line(text), width).utf8
            return
        }
        output += text.utf8
        let count = text.utf8.count
        if count < width { output += repeatElement(UInt8(ascii: " "), count: width - count) }
    }

    private func renderFailure(_ failure: Failure, _ stamp: String) -> String {
        var lines = failure.description.split(separator: "\n", omittingEmptySubsequences: false).map {
            // A build command's colours are its own, as in its lines; all else names what comes from outside.
            guard failure.stage == .build else { return PrintableText.line(String($0)) }
            return style.usesStyles ? String($0) : Self.withoutStyles(String($0))
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
        } else if hasShownAddresses, let heading, heading.isWatching {
            text += styled("           nothing serves yet: waiting for a change", .dim) + "\n"
        }
        return text
    }

    /// Names a few paths and counts the others; all of them if much is to be told.
    private func summary(of changed: [String]) -> String {
        // The project as a whole.
        if changed == ["."] { return "rebuilding" }
        let limit = style.verbosity == .verbose ? Int.max : 3
        let named = changed.prefix(limit).map(PrintableText.line).joined(separator: ", ")
        let rest = changed.count - limit
        return rest > 0 ? "\(named) and \(rest) more changed" : "\(named) changed"
    }

    static func duration(_ milliseconds: Double) -> String {
        if milliseconds >= 10_000 { return "\(Int((milliseconds / 1000).rounded())) s" }
        if milliseconds >= 1000 { return "\((milliseconds / 100).rounded() / 10) s" }
        if milliseconds >= 10 { return "\(Int(milliseconds.rounded())) ms" }
        return "\((milliseconds * 10).rounded() / 10) ms"
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
