package import HTTP

/// The servers that a request came through, as its fields `Via` say (RFC 9110 section 7.6.3): those that have passed it on, or
/// have sent it to answer another request.
package struct RequestRoute: Hashable, Sendable {
    /// Their names, the last one at the end.
    let servers: [String]

    /// Nobody has passed it on.
    package static let direct = RequestRoute(servers: [])
    /// A route that is longer leads nowhere.
    static let longest = 8

    init(servers: [String]) {
        self.servers = servers
    }

    package init(_ headers: Headers) {
        let entries = headers.all("Via").flatMap { $0.split(separator: ",") }
        // Of `1.1 NAME (a comment)`, the second word.
        servers = entries.compactMap { entry in
            let words = entry.split { $0 == " " || $0 == "\t" }
            return words.count > 1 ? String(words[1]) : nil
        }
    }

    /// Whether asking on leads nowhere: the request has been here before, or in too many places.
    func isOver(at server: String) -> Bool { servers.contains(server) || servers.count >= Self.longest }

    /// The field's value in a request that `server` sends to answer this one.
    func text(through server: String) -> String { (servers + [server]).map { "1.1 \($0)" }.joined(separator: ", ") }
}
