import HTTP

/// What is answered for a path at which nothing is served: what there is instead.
struct NotFoundPage {
    let application: Application

    /// So many links are as many as anybody reads.
    private static let longestList = 100
    private static let longestSuggestion = 8

    func response(to request: Request) -> Response {
        let problem = "nothing is served at \(request.path)"
        let configuration = application.configuration
        guard configuration.errorAudience.includes(request, configuration.webGuard), PageRequest.accepts(request) else {
            return Response(status: .notFound, text: "404 Not Found: \(problem)\n")
        }
        let assets = application.assets.list()
        var sections: [Page.Section] = []
        let similar = Self.similar(to: request.path, among: assets)
        if !similar.isEmpty {
            sections += [
                .heading(request.path == "/" ? "Pages" : "Files with such a name"),
                .links(similar.map { ("/" + PercentEncoding.encodePath($0), "/" + $0, "") }),
            ]
        }
        sections.append(.heading("Routes, in the order in which they are tried"))
        let routes = application.routes
        sections.append(
            .links(
                routes.prefix(Self.longestList).map { route, module, function in
                    (route.path.isEmpty ? "/" : route.path, route.description, "\(function) of \(module)")
                }))
        if routes.count > Self.longestList { sections.append(.text("And \(routes.count - Self.longestList) more.")) }
        sections.append(.text(describe(assets)))
        sections.append(
            .footnote("A handler takes a path by its route; what no handler takes is looked up among the files."))
        return Response(
            status: .notFound,
            text: Page(title: "Nothing is served at \(request.path)", kicker: "404 Not Found", sections: sections).html,
            contentType: "text/html; charset=utf-8")
    }

    private func describe(_ assets: [String]) -> String {
        if !application.configuration.servesStaticFiles {
            return "Files are not served: that has been turned off (--no-static)."
        }
        switch assets.count {
        case 0:
            return "There are no files to serve: 'files' of a handler in HIPPOFACTS names those that there should be."
        case 1: return "One file is served besides, at /\(assets[0])."
        case let count:
            return "\(count) files are served besides, at their paths in the project, such as /\(assets[0])."
        }
    }

    /// Files whose names differ from what was asked for in their directory, their case or their extension.
    private static func similar(to path: String, among assets: [String]) -> [String] {
        guard let components = PercentEncoding.decode(path)?.split(separator: "/") else { return [] }
        guard let last = components.last else {
            // The root: pages that could be meant to stand there.
            return Array(assets.lazy.filter { $0.hasSuffix(".html") }.prefix(longestSuggestion))
        }
        let wanted = stem(last.lowercased())
        return Array(
            assets.lazy.filter { asset in
                let names = asset.split(separator: "/")
                guard let name = names.last else { return false }
                if stem(name.lowercased()) == wanted { return true }
                return name == "index.html" && names.dropLast().last.map { $0.lowercased()[...] } == wanted
            }.prefix(longestSuggestion))
    }

    private static func stem(_ name: String) -> Substring {
        name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    }
}
