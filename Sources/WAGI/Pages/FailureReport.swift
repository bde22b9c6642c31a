import HTTP
import Platform
import SandboxProtocol
import WebAssembly
import WebAssemblyRuntime

/// What a developer wants to know when a module has not answered a request: as a page for browsers, as text for others.
struct FailureReport {
    /// What the module wrote, as far as it is kept.
    struct Output {
        var bytes: [UInt8] = []
        /// All that it wrote.
        var byteCount = 0
    }

    let status: Status
    /// What went wrong, in a sentence.
    let problem: String
    /// Whether the module came to its end, but what it wrote is no response.
    let isMalformed: Bool
    /// The calls that were active, the innermost first.
    let stack: [Trap.Frame]
    /// Says which calls are not in it.
    let omission: String?
    let handler: Handler
    let request: Request
    /// The beginning of what the module wrote to its standard output.
    let output: Output
    /// The end of what the module wrote to its standard error.
    let errorOutput: Output
    /// Where in the project's source it happened, if that is known.
    let source: SourcePlace?
    private let sourceDirectory: String?
    private let editor: EditorLink

    init(
        status: Status, problem: String, isMalformed: Bool, trap: Trap?, handler: Handler, request: Request,
        output: Output?,
        errorOutput: Output?, sourceDirectory: String? = nil, editor: EditorLink = .usual
    ) {
        self.status = status
        // Without the stack, which is told apart from it.
        self.problem = trap == nil ? problem : String(problem.prefix { $0 != "\n" })
        self.isMalformed = isMalformed
        stack = trap?.frames ?? []
        omission = trap?.omission
        self.handler = handler
        self.request = request
        self.output = output ?? Output()
        self.errorOutput = errorOutput ?? Output()
        self.sourceDirectory = sourceDirectory
        self.editor = editor
        source = sourceDirectory.flatMap { SourcePlace(trap?.frames ?? [], in: $0) }
    }

    /// What to do about it, where that is known.
    private var advice: String? {
        if isMalformed {
            return
                "A response begins with fields such as 'content-type: text/html', one on a line. It needs content-type, "
                + "location or status. Then come an empty line and the body."
        }
        guard !stack.isEmpty, !handler.moduleName.hasSuffix(".wat"), stack.allSatisfy({ $0.sourceLocation == nil })
        else {
            return nil
        }
        return
            "The module has no line tables: built with debug information (-g, or --sourceMap of asc), it has files and "
            + "lines to tell here."
    }

    private var origin: String {
        "\(request.method) \(request.target) → \(handler.function) of \(handler.moduleName), at the route \(handler.route)"
    }

    private static let credentialWords = [
        "auth", "cookie", "token", "secret", "password", "session", "api-key", "apikey", "credential",
    ]

    /// The request's headers. Those that may hold credentials do not show their values.
    private var headers: [(name: String, value: String)] {
        request.headers.map { field in
            let isSecret = Self.credentialWords.contains { field.name.lowercased().contains($0) }
            return (field.name, isSecret ? "(\(field.value.utf8.count) bytes, not shown)" : field.value)
        }
    }

    private var calls: [(function: String, place: String, link: String?)] {
        stack.map { frame in
            (frame.shownName, frame.shownPlace, link(to: frame))
        }
    }

    /// What opens the source of a call that is in the project.
    private func link(to frame: Trap.Frame) -> String? {
        guard let location = frame.sourceLocation, let sourceDirectory,
            let path = SourcePlace.path(of: location.file, in: sourceDirectory)
        else { return nil }
        return editor.url(file: path, line: location.line, column: location.column)
    }

    /// The report as it is kept with the request.
    var recorded: RecordedFailure {
        RecordedFailure(
            problem: problem, calls: calls.map { .init(function: $0.function, place: $0.place, link: $0.link) },
            omission: omission,
            source: source.map { source in
                .init(
                    file: source.file, line: source.line, column: source.column, excerpt: source.excerpt,
                    link: editor.url(file: source.path, line: source.line, column: source.column))
            })
    }

    func response() -> Response {
        guard PageRequest.accepts(request) else { return Response(status: status, text: text) }
        return Response(status: status, text: page.html, contentType: "text/html; charset=utf-8")
    }

    private var page: Page {
        var sections: [Page.Section] = [.place(origin)]
        if let advice { sections.append(.text(advice)) }
        if let source {
            sections += [
                .linkedPlace(
                    "\(source.file):\(source.line)" + (source.column.map { ":\($0)" } ?? ""),
                    link: editor.url(file: source.path, line: source.line, column: source.column)),
                .source(source.excerpt.map { ($0.number, $0.text) }, line: source.line, column: source.column),
            ]
        }
        if !stack.isEmpty { sections += [.heading("Stack, innermost call first"), .stack(calls)] }
        if let omission { sections.append(.text("… \(omission).")) }
        let written: [Page.Section] = [.heading("What the module wrote"), Self.section(output, isBeginning: true)]
        if isMalformed { sections += written }
        sections += [.heading("Standard error"), Self.section(errorOutput, isBeginning: false)]
        if !isMalformed { sections += written }
        sections += [
            .heading("Request"), .output("\(request.method) \(request.target) \(request.version)"), .table(headers),
        ]
        sections.append(.footnote("Request \(request.id): the log has its number, too."))
        return Page(title: sentence, kicker: "\(status)", sections: sections)
    }

    private var sentence: String { problem.prefix(1).uppercased() + problem.dropFirst() }

    private static func section(_ output: Output, isBeginning: Bool) -> Page.Section {
        guard output.byteCount > 0 else { return .text("Nothing.") }
        return .output(shown(output, isBeginning: isBeginning))
    }

    private static func shown(_ output: Output, isBeginning: Bool) -> String {
        let lines = TerminalText.withoutControls(String(decoding: output.bytes, as: UTF8.self))
        let text = String(lines.drop(while: \.isNewline).reversed().drop(while: \.isNewline).reversed())
        guard output.byteCount > output.bytes.count else { return text }
        let left = "[\(output.byteCount - output.bytes.count) bytes are not shown]"
        return isBeginning ? "\(text)\n\(left)" : "\(left)\n\(text)"
    }

    /// The report for those who do not show pages.
    var text: String {
        var text = "\(status): \(problem)\n\(origin)\n"
        if let advice { text += "\(advice)\n" }
        if let source {
            text += "\n\(source.file):\(source.line):\n"
            for line in source.excerpt {
                text += "\(line.number == source.line ? ">" : " ") \(line.number) │ "
                text += TerminalText.withoutControls(line.text) + "\n"
            }
        }
        if !stack.isEmpty {
            text += "\nstack, innermost call first:\n"
            for (number, call) in calls.enumerated() { text += "  \(number): \(call.function) at \(call.place)\n" }
            if let omission { text += "  \(omission)\n" }
        }
        for (name, output, isBeginning) in [
            ("standard error", errorOutput, false), ("what the module wrote", self.output, true),
        ] {
            let shown = output.byteCount == 0 ? "nothing" : Self.shown(output, isBeginning: isBeginning)
            text +=
                "\n\(name):\n"
                + shown.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "\n" : "  \($0)\n" }.joined()
        }
        text += "\nrequest \(request.id):\n  \(request.method) \(request.target) \(request.version)\n"
        for (name, value) in headers { text += "  \(name): \(value)\n" }
        return PrintableText.lines(text)
    }
}
