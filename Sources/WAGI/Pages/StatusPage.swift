import HTTP
import SandboxProtocol
import WebGuard

/// What is answered as long as there is nothing of the project to be served: that, and why.
struct StatusPage: Sendable {
    let liveReload: LiveReload
    let webGuard: WebGuard
    let errorAudience: ErrorAudience
    /// What has failed, in a line: that is known before the status comes, which has all of it.
    var failure: @Sendable () -> String? = { nil }

    func respond(to request: Request) -> Response {
        if let refusal = webGuard.refusal(of: request) { return refusal.response }
        if let response = liveReload.respond(to: request) { return response }
        let insertion = liveReload.insertion(for: request)
        var response = response(to: insertion?.request ?? request)
        response.headers.add("Retry-After", "1")
        response.headers.add("Cache-Control", "no-store")
        // Where no script reloads the page, the browser does.
        if insertion == nil, liveReload.status?.problem == nil { response.headers.add("Refresh", "1") }
        return insertion?.apply(to: response) ?? response
    }

    private func response(to request: Request) -> Response {
        let includesDetails = errorAudience.includes(request, webGuard)
        let status = includesDetails ? liveReload.status : liveReload.status?.withoutDetails
        guard PageRequest.accepts(request) else {
            let early = includesDetails ? failure() : nil
            let text = status?.problem?.text ?? early ?? "the project is being built for the first time"
            return Response(status: .serviceUnavailable, text: "503 Service Unavailable: \(text)\n")
        }
        return Response(status: .serviceUnavailable, text: page(status), contentType: "text/html; charset=utf-8")
    }

    private func page(_ status: ProjectStatus?) -> String {
        guard let problem = status?.problem else {
            return Page(
                title: "Building …",
                sections: [
                    .text("The project is being built for the first time. The terminal shows what the build says."),
                    .footnote("This page shows your app as soon as it is there."),
                ]
            ).html
        }
        var sections: [Page.Section] = []
        if let place = problem.place { sections.append(.linkedPlace(place, link: problem.link)) }
        // What is wrong, then the source, then what else the compiler says.
        let message = TerminalText.withoutControls(problem.message)
        let headline = message.prefix { !$0.isNewline }
        let rest = message.dropFirst(headline.count).drop(while: \.isNewline)
        sections.append(.message(problem.excerpt.isEmpty ? message : String(headline)))
        if !problem.excerpt.isEmpty {
            sections.append(
                .source(problem.excerpt.map { ($0.number, $0.text) }, line: problem.line, column: problem.column))
            if !rest.isEmpty { sections.append(.message(String(rest))) }
        }
        let reload =
            status?.reloadsPages == true
            ? "This page shows your app as soon as it is mended." : "Reload it when that is mended."
        sections.append(
            .footnote(status?.isBuilding == true ? "Building again …" : "Nothing has been served yet. \(reload)"))
        return Page(title: Self.titles[problem.stage] ?? "Something has failed", sections: sections).html
    }

    private static let titles = [
        "build": "The build has failed",
        "assemble": "The bindle cannot be put together",
        "store": "The bindle cannot be stored",
        "launch": "The app cannot be started",
        "release": "The channel cannot be served",
    ]
}

extension ProjectStatus {
    /// What everybody may know: that there is a problem, and not which file it is in or what that says.
    var withoutDetails: ProjectStatus {
        var status = self
        status.problem = problem.map {
            Problem(
                stage: $0.stage, message: "Whoever runs hippo-dev up sees what is wrong in the terminal.", file: nil,
                line: nil, column: nil)
        }
        return status
    }
}

extension ProjectStatus.Problem {
    /// `FILE:LINE:COLUMN`, as far as known.
    var place: String? {
        guard let file else { return nil }
        return [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
    }

    /// The problem in plain text.
    var text: String {
        (place.map { "\($0): " } ?? "") + TerminalText.withoutControls(message)
    }
}
