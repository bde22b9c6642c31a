/// A page of the sandbox's own: small, and complete in itself.
struct Page {
    enum Section {
        /// A paragraph.
        case text(String)
        /// A file, a line, a column.
        case place(String)
        /// The same, with what opens it in an editor.
        case linkedPlace(String, link: String?)
        /// Complete sentences, whose lines are kept as they are if there are several.
        case message(String)
        /// Lines of a file with their numbers, and the place in them that is meant.
        case source([(number: Int, text: String)], line: Int?, column: Int?)
        case heading(String)
        /// Text as a program wrote it.
        case output(String)
        /// Names and values; both are shown as code.
        case table([(name: String, value: String)])
        /// Calls, the innermost first: the function and where it was.
        case stack([(function: String, place: String, link: String?)])
        /// Addresses, what is shown of them, and what is to be said of them.
        case links([(address: String, text: String, note: String)])
        case footnote(String)
    }

    let title: String
    /// What stands above the title, in small.
    var kicker: String?
    let sections: [Section]

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>\(HTML.escaped(title))</title>
        <style>
        \(String(decoding: PackageResources.page_css, as: UTF8.self))</style>
        </head>
        <body>
        <main>
        \(kicker.map { "<p class=\"kicker\">\(HTML.escaped($0))</p>\n" } ?? "")<h1>\(HTML.escaped(title))</h1>
        \(sections.map(Self.html).joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private static func html(_ section: Section) -> String {
        switch section {
        case .text(let text): return "<p>\(HTML.escaped(text))</p>"
        case .place(let place): return "<p class=\"place\"><code>\(HTML.escaped(place))</code></p>"
        case .linkedPlace(let place, let link): return "<p class=\"place\">\(code(place, link))</p>"
        case .message(let text):
            return text.contains("\n")
                ? "<pre class=\"message\">\(HTML.escaped(text))</pre>"
                : "<p class=\"message\">\(HTML.escaped(text))</p>"
        case .source(let lines, let line, let column):
            let rows = lines.map { row($0.number, $0.text, isMeant: $0.number == line, column: column) }
            return "<pre class=\"well source\" tabindex=\"0\" aria-label=\"Source\">\(rows.joined())</pre>"
        case .heading(let text): return "<h2>\(HTML.escaped(text))</h2>"
        case .output(let text): return "<pre class=\"well\" tabindex=\"0\">\(HTML.escaped(text))</pre>"
        case .table(let rows):
            let cells = rows.map {
                "<tr><th scope=\"row\"><code>\(HTML.escaped($0.name))</code></th>"
                    + "<td><code>\(HTML.escaped($0.value))</code></td></tr>"
            }
            return "<div class=\"scroll\"><table>\(cells.joined(separator: "\n"))</table></div>"
        case .stack(let calls):
            let items = calls.map {
                "<li><code>\(HTML.escaped($0.function))</code> <span class=\"quiet\">\(code($0.place, $0.link))</span></li>"
            }
            return "<ol class=\"stack\" start=\"0\">\(items.joined(separator: "\n"))</ol>"
        case .links(let links):
            let items = links.map {
                "<li><a href=\"\(HTML.escaped($0.address))\"><code>\(HTML.escaped($0.text))</code></a>"
                    + " <span class=\"quiet\">\(HTML.escaped($0.note))</span></li>"
            }
            return "<ul class=\"links\">\(items.joined(separator: "\n"))</ul>"
        case .footnote(let text): return "<footer>\(HTML.escaped(text))</footer>"
        }
    }

    /// Code, which opens an editor if there is a link.
    private static func code(_ text: String, _ link: String?) -> String {
        let code = "<code>\(HTML.escaped(text))</code>"
        guard let link else { return code }
        return "<a href=\"\(HTML.escaped(link))\" title=\"Open in the editor\">\(code)</a>"
    }

    private static func row(_ number: Int, _ text: String, isMeant: Bool, column: Int?) -> String {
        let line = "<span class=\"number\">\(number)</span><span>\(HTML.escaped(text))</span>"
        guard isMeant else { return "<span class=\"line\">\(line)</span>" }
        var rows = "<span class=\"line here\" aria-current=\"true\">\(line)</span>"
        if let column, column >= 1, column <= text.unicodeScalars.count + 1 {
            let gap = text.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
            rows +=
                "<span class=\"line\" aria-hidden=\"true\"><span class=\"number\"></span><span>\(gap)<b>^</b></span></span>"
        }
        return rows
    }
}
