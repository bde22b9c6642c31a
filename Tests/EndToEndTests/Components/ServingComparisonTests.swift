import Foundation
import TestSupport
import Testing

/// The same components, served by this program and by `wasmtime serve`, answer the same requests in the same way.
@Suite(
    .timeLimit(.minutes(15)), .enabled(if: ComponentServer.canCompare, "\(ComponentServer.absence)"))
struct ServingComparisonTests {
    @Test("A component of C", .enabled(if: CComponent.isAvailable, "\(CComponent.absence)")) func c() async throws {
        let directory = try TemporaryDirectory()
        let component = try directory.write(
            HTTPComponent.build(
                "handle_request(request, outparam);", declarations: GuestSource.read("compared.c")),
            to: "compared.wasm")
        try await compare(component, Self.requests + Self.responses)
    }

    @Test("A component of Python", .enabled(if: PythonComponent.isAvailable, "\(PythonComponent.absence)"))
    func python() async throws {
        let others = [Case("/large"), Case("/version"), Case("/trap", .page), Case("/unset", .page)]
        try await compare(try await PythonGuest.handler(), Self.requests.filter { !$0.hasTrailers } + others)
    }

    private func compare(_ component: URL, _ cases: [Case]) async throws {
        async let starting = ComponentServer(.wasmtime, serving: component)
        let ours = try await ComponentServer(.ours, serving: component)
        let theirs = try await starting
        for compared in cases {
            do {
                let (own, other) = (try ours.answer(compared.request), try theirs.answer(compared.request))
                if let difference = compared.difference {
                    #expect(difference.holds(own, other), "\(compared.name): \(own), \(other)")
                } else {
                    let isLike = own.isLike(other)
                    #expect(isLike, "\(compared.name): \(own), \(other)")
                }
            } catch { Issue.record("\(compared.name): \(error)") }
        }
    }

    // MARK: What is sent

    /// A request, and what of its answer is meant to be different here.
    private struct Case: Sendable {
        let name: String
        let request: [UInt8]
        let hasTrailers: Bool
        let difference: Difference?

        /// - Parameters:
        ///   - host: The value of `Host`; `nil` for none.
        ///   - fields: Further lines of the head, beside `Connection`.
        ///   - body: What follows the head, as it is.
        init(
            _ target: String, _ difference: Difference? = nil, method: String = "GET", version: String = "1.1",
            host: String? = "example.org:8080", fields: [String] = [], body: [UInt8] = [], hasTrailers: Bool = false
        ) {
            name = "\(method) \(target) HTTP/\(version) \(host ?? "-") \(fields)"
            let lines =
                ["\(method) \(target) HTTP/\(version)", "Connection: close"] + (host.map { ["Host: \($0)"] } ?? [])
                + fields
            request = Array((lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8) + body
            self.hasTrailers = hasTrailers
            self.difference = difference
        }

        static func post(_ fields: String..., body: String, hasTrailers: Bool = false) -> Case {
            Case("/echo", method: "POST", fields: fields, body: Array(body.utf8), hasTrailers: hasTrailers)
        }
    }

    private static let long = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }

    /// What reaches the component.
    private static let requests =
        [
            "", "?", "?a=b&c=%20%C3%A9+x", "/a%2Fb/../%7Ec//d?", "/%zz", "?a?b", "/\"{}|",
            "/" + String(repeating: "a", count: 5000),
        ]
        .map { Case("/describe" + $0) }
        + ["BREW", "get", "PATCH", "DELETE", "OPTIONS", "TRACE", "PUT"].map { Case("/describe", method: $0) }
        + [
            Case("/"), Case("//"), Case("http://other.example:81/absolute?x"),
            Case("/describe#fragment", .target), Case("/\u{E9}", .target), Case("/a b", .refused),
            Case("/describe", host: "[::1]:80"), Case("/describe", host: "EXAMPLE.org"),
            Case("/describe", .noHost, host: nil),
            Case("/describe", .refused, fields: ["X-A: folded", "  over lines"]),
            Case("/describe", .refused, fields: ["a b: c"]),
            Case("example.org:80", .connect, method: "CONNECT"),
            Case("/describe", version: "1.0"), Case("*", .asterisk, method: "OPTIONS"),
            Case(
                "/describe",
                fields: ["X-A: 1", "x-b: 2", "X-a: 3", "X-Empty:", "X-Spaces:   a b  ", "Cookie: a=1; b=2"]),
            Case("/describe", fields: ["!#$%&'*+-.^_`|~: odd", "x-bytes: \u{E9}\u{FF}", "accept: a", "accept: b, c"]),
            Case(
                "/describe",
                fields: ["Keep-Alive: 5", "Proxy-Connection: x", "TE: trailers", "Upgrade: x", "Via: 1.1 x"]),
            Case(
                "/describe", fields: ["Proxy-Authorization: x", "Authorization: y", "HTTP2-Settings: x", "Trailer: z"]),
            Case("/describe", method: "PUT", fields: ["Content-Length: 3"], body: [65, 66, 67]),
            Case("/echo"), .post("Content-Length: 0", body: ""), .post("Content-Length: 4", body: "\0\u{7F}\r\n"),
            Case("/echo", fields: ["Content-Length: 3"], body: [65, 66, 67]),
            Case("/echo", method: "POST", fields: ["Content-Length: \(long.count)"], body: long),
            .post("Transfer-Encoding: chunked", body: "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"),
            .post(
                "Transfer-Encoding: chunked", "Trailer: x-sum", body: "3\r\nabc\r\n0\r\nX-Sum: 7\r\nx-more: 8\r\n\r\n",
                hasTrailers: true),
            Case(
                "/echo", .framing, method: "POST", fields: ["Transfer-Encoding: chunked", "Content-Length: 3"],
                body: Array("3\r\nabc\r\n0\r\n\r\n".utf8)),
            .post("Content-Length: 3", "Content-Length: 3", body: "abc"),
            .post("Content-Length: 3", "Expect: 100-continue", body: "abc"),
        ]

    /// What the component of C answers with.
    private static let responses =
        ["large", "empty", "bodiless", "exact", "fields", "many-fields", "afterwards"].map { Case("/\($0)") }
        + ["large", "exact", "short", "many-fields", "status/204"].map { Case("/\($0)", method: "HEAD") }
        + [
            "201", "201?body", "204", "204?body", "205", "304", "304?body", "404?body", "599?body", "99",
            "1000",
        ]
        .map { Case("/status/\($0)") }
        + [
            Case("/trailers", fields: ["TE: trailers"]), Case("/trailers", .unaskedTrailers),
            Case("/status/103", .page), Case("/status/999", .status), Case("/status/205?body", .reset),
            Case("/long", .longBody), Case("/short", .short),
            Case("/late-trap", .cut), Case("/unfinished", .cut),
            Case("/trap", .page), Case("/unset", .page), Case("/error", .page), Case("/trap", .page, method: "HEAD"),
        ]

    // MARK: What is meant to be different

    private struct Difference: Sendable {
        /// What our answer and wasmtime's are.
        let holds: @Sendable (ReceivedResponse, ReceivedResponse) -> Bool

        /// What a component has done wrong stands on our page.
        static let page = Difference { $0.status == 500 && $1.status == 500 && !$0.body.contains("wasmtime".utf8) }
        /// Who has sent something else than a request is told what is wrong with it.
        static let refused = Difference { $0.status == 400 && $1.status == 400 }
        /// Fragments and letters that are not ASCII have no place in a target (RFC 9112, section 3.2).
        static let target = Difference { $0.status == 400 && $1.status == 200 }
        /// It is the client that is at fault (RFC 9112, section 3.2).
        static let noHost = Difference { $0.status == 400 && $1.status == 500 }
        /// Nobody is to take it for a proxy.
        static let connect = Difference { $0.status == 501 && $1.status == 200 }
        /// Whoever stands in front may have seen another body (RFC 9112, section 6.1).
        static let framing = Difference { $0.status == 400 && $1.status == 200 }
        /// What is asked of the server as a whole is not the component's affair: no route is for it.
        static let asterisk = Difference { $0.status == 404 && $1.status == 200 }
        /// A status beyond 599 is none (RFC 9110, section 15): the component learns of it.
        static let status = Difference { $0.body == Array("no status".utf8) && $1.status == 999 }
        /// 205 has no content (RFC 9110, section 15.3.6).
        static let reset = Difference { $0.status == 205 && $0.body.isEmpty && $1.body == Array("body".utf8) }
        /// The head of a response that turns out to be too short has left. With wasmtime, it depends on who is faster.
        static let short = Difference { $0.status == 200 && !$0.isWhole && !$1.isWhole }
        /// The rest of a body that is longer than its head says is an error, and not left out in silence.
        static let longBody = Difference { $0.status == 500 && $1.status == 200 && $1.body == Array("bo".utf8) }
        /// A body that the component has not finished is no whole one for the client.
        static let cut = Difference { !$0.isWhole && $1.isWhole && $0.status == 200 && $0.body == $1.body }
        /// Trailers go to clients that do not say that they understand any: those leave them out.
        static let unaskedTrailers = Difference { $0.trailers.count == 2 && $1.trailers.isEmpty && $0.body == $1.body }
    }
}

extension ReceivedResponse {
    /// Whether two servers have said the same: how they frame a body whose length the component has not said, when they did
    /// it, and who they are, is theirs.
    fileprivate func isLike(_ other: ReceivedResponse) -> Bool {
        var ignored: Set = ["date", "server", "connection", "transfer-encoding"]
        for pair in [(self, other), (other, self)] where !pair.0.fields.contains(where: { $0.name == "content-length" })
        {
            ignored.insert("content-length")
        }
        return status == other.status && isWhole == other.isWhole && trailers == other.trailers
            && fields.filter { !ignored.contains($0.name) } == other.fields.filter { !ignored.contains($0.name) }
            && lines == other.lines
    }

    /// The body, without what is told of a request here only, and with its fields in one order.
    private var lines: [[UInt8]] {
        guard body.count < 1 << 16 else { return [body] }
        let lines = body.split(separator: 10, omittingEmptySubsequences: false).map { Array($0) }
            .filter { !$0.starts(with: "spin-".utf8) }
        return lines.enumerated()
            .sorted { first, second in
                let names = [first, second].map { String(decoding: $0.element.prefix { $0 != 58 }, as: UTF8.self) }
                return (names[0], first.offset) < (names[1], second.offset)
            }
            .map(\.element)
    }
}
