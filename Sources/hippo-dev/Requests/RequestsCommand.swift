import Bindle
import CommandLineInterface
import Differences
import HTTP
import JSON
import Platform
import Sandbox

extension Command {
    /// `hippo-dev requests`: what the app has answered.
    static let requests = Command(
        name: "requests",
        summary: "List the requests that the app has answered, look into one, or send it again.",
        discussion: """
            'hippo-dev up' keeps the last 1,000 requests while it runs: their heads, bodies up to 64 KiB each, what the \
            handler had and wrote, and the times. The control page shows them, too.
            """,
        options: [RequestsOptions.limit] + RequestsOptions.common,
        examples: [
            Example("hippo-dev requests", "List the latest."),
            Example("hippo-dev requests show 12", "Show all that is kept of one."),
            Example("hippo-dev requests replay 12 --against 3", "Send it to revision 3, and compare the answers."),
        ],
        subcommands: [.requestsShow, .requestsReplay],
        action: { arguments in
            let limit = try arguments.value(of: RequestsOptions.limit, expecting: "a number") { Int($0) } ?? 20
            let answer = try HistoryOptions.control(arguments).send(.get, "requests")
            let requests = (answer["requests"]?.array ?? []).compactMap(\.object).suffix(max(0, limit))
            if arguments.isSet(RequestsOptions.json) {
                let object: JSONObject = ["requests": .array(requests.map { .object($0) })]
                print(object.serialized)
            } else {
                print(PrintableText.lines(RequestText.list(Array(requests))), terminator: "")
            }
            return .success
        })

    private static let requestsShow = Command(
        name: "show",
        summary: "Show all that is kept of a request.",
        discussion: """
            Values of Authorization, Cookie, Set-Cookie and Proxy-Authorization, and of fields and variables with KEY, \
            TOKEN, SECRET or PASSWORD in their names, are masked unless --unmasked is given.
            """,
        options: [RequestsOptions.unmasked] + RequestsOptions.common,
        arguments: [RequestsOptions.number],
        action: { arguments in
            let number = try RequestsOptions.number(arguments)
            let detail = try HistoryOptions.control(arguments).send(
                .get, "requests/\(number)", ["unmasked": arguments.isSet(RequestsOptions.unmasked) ? "true" : nil])
            if arguments.isSet(RequestsOptions.json) {
                print(detail.serialized)
            } else {
                print(PrintableText.lines(RequestText.detail(detail)), terminator: "")
            }
            return .success
        })

    private static let requestsReplay = Command(
        name: "replay",
        summary: "Send a request again, and tell what is different in the answer.",
        discussion: """
            It is answered by a process of its own, with a copy of the data directory: nothing changes for the app. WHAT \
            is the number of a revision, NAME/VERSION of a release, or 'now'. Ends with exit code 1 if the answers differ.
            """,
        options: [RequestsOptions.against, RequestsOptions.unmasked] + RequestsOptions.common,
        arguments: [RequestsOptions.number],
        action: { arguments in
            let number = try RequestsOptions.number(arguments)
            let outcome = try HistoryOptions.control(arguments).send(
                .post, "requests/\(number)/replay",
                ["unmasked": arguments.isSet(RequestsOptions.unmasked) ? "true" : nil],
                body: ["against": .string(RequestsOptions.content(arguments[RequestsOptions.against] ?? "now"))])
            if arguments.isSet(RequestsOptions.json) {
                print(outcome.serialized)
            } else {
                print(PrintableText.lines(RequestText.comparison(outcome)), terminator: "")
            }
            return outcome["comparison"]?.object?["same"]?.boolean == true ? .success : .failure
        })
}

private enum RequestsOptions {
    static let number = Argument("NUMBER", summary: "The request's number in the list.")
    static let limit = Option(
        name: "limit", shortName: "n", valueName: "N", summary: "List at most this many requests.", defaultValue: "20")
    static let against = Option(
        name: "against", valueName: "WHAT", summary: "What answers: a revision, a release, or what serves.",
        defaultValue: "now")
    static let unmasked = Option(flag: "unmasked", summary: "Show passwords and tokens, too.")
    static let json = Option(flag: "json", summary: "Print JSON.")
    static let common = HistoryOptions.all + [HistoryOptions.project, json]

    static func number(_ arguments: ParsedArguments) throws -> Int {
        let text = arguments[number] ?? ""
        guard let number = Int(text), number > 0 else { throw UsageError("'\(text)' is no number of a request") }
        return number
    }

    /// What a word of the user's means to the API.
    static func content(_ word: String) -> String {
        if word == "now" || ContentReference(word) != nil { return word }
        return Int(word) == nil ? "release:\(word)" : "revision:\(word)"
    }
}

/// Requests as people read them.
private enum RequestText {
    static func list(_ requests: [JSONObject]) -> String {
        guard !requests.isEmpty else { return "The app has answered no request yet.\n" }
        let rows = requests.map { request in
            let time = CivilTime(localAt: Int64(request["time"]?.number ?? 0))
            let origin = request["replayOf"]?.integer.map { "repeats \($0)" } ?? ""
            return [
                String(request["number"]?.integer ?? 0), time.time, request["status"]?.integer.map { "\($0)" } ?? "–",
                "\(request["milliseconds"]?.number ?? 0) ms", request["method"]?.string ?? "",
                request["target"]?.string ?? "", request["handler"]?.string ?? "", origin,
            ]
        }
        return TextTable(rows, rightAligned: [0, 3]).text
    }

    static func detail(_ request: JSONObject) -> String {
        var text = "\(request["method"]?.string ?? "") \(request["target"]?.string ?? "")\n"
        text += fields(request["request"]?.object?["headers"]) + body(request["request"])
        text += "\n\(request["response"]?.object?["statusLine"]?.string ?? "no response")\n"
        text += fields(request["response"]?.object?["headers"]) + body(request["response"])
        let timings = request["timings"]?.object?.members.map { "\($0.name) \($0.value.number ?? 0) ms" } ?? []
        text += "\n\(timings.joined(separator: ", ")), revision \(request["revision"]?.integer ?? 0)\n"
        guard let run = request["run"]?.object else { return text }
        text += "\(request["function"]?.string ?? "") of \(request["handler"]?.string ?? "")"
        text += " at \(request["route"]?.string ?? ""), \(Quantity.size(run["memory"]?.integer ?? 0)) of memory\n"
        text += "\nArguments\n" + (run["arguments"]?.array ?? []).map { "  \($0.string ?? "")\n" }.joined()
        text += "\nEnvironment\n" + fields(run["environment"], separator: "=")
        if let output = run["errorOutput"]?.object?["text"]?.string, !output.isEmpty {
            text += "\nStandard error\n" + indented(output)
        }
        guard let failure = run["failure"]?.object else { return text }
        text += "\n\(failure["problem"]?.string ?? "")\n"
        for call in failure["calls"]?.array ?? [] {
            text += "  \(call.object?["function"]?.string ?? "") at \(call.object?["place"]?.string ?? "")\n"
        }
        return text
    }

    private static func fields(_ list: JSONValue?, separator: String = ": ") -> String {
        (list?.array ?? []).map { field in
            "  \(field.object?["name"]?.string ?? "")\(separator)\(field.object?["value"]?.string ?? "")\n"
        }.joined()
    }

    private static func body(_ message: JSONValue?) -> String {
        guard let body = message?.object?["body"]?.object, let count = body["bytes"]?.integer, count > 0 else {
            return ""
        }
        if let text = body["text"]?.string { return indented(text) }
        let file = body["sha256"]?.string.map { ", the file \($0.prefix(12))" } ?? ""
        return "  (\(Quantity.size(count))\(file))\n"
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
    }

    static func comparison(_ outcome: JSONObject) -> String {
        let comparison = outcome["comparison"]?.object ?? [:]
        let against = outcome["against"]?.string ?? ""
        let of = outcome["of"]?.integer ?? 0
        guard comparison["same"]?.boolean != true else { return "\(against) answers request \(of) in the same way.\n" }
        var text = ""
        let status = comparison["status"]?.object ?? [:]
        if status["before"] != status["after"] {
            text += "status: \(status["before"]?.integer ?? 0) → \(status["after"]?.integer ?? 0)\n"
        }
        for field in comparison["headers"]?.array?.compactMap(\.object) ?? [] {
            func values(_ side: String) -> String {
                let values = (field[side]?.array ?? []).compactMap(\.string)
                return values.isEmpty ? "none" : values.joined(separator: ", ")
            }
            text += "\(field["name"]?.string ?? ""): \(values("before")) → \(values("after"))\n"
        }
        let body = comparison["body"]?.object ?? [:]
        switch body["kind"]?.string {
        case "text":
            let hunks = (body["hunks"]?.array ?? []).compactMap { $0.object.flatMap { LineDifference.Hunk($0) } }
            text += LineDifference(hunks: hunks, isCut: body["cut"]?.boolean == true)
                .text(from: "request \(of)", to: against)
        case "json":
            for change in body["changes"]?.array?.compactMap(\.object) ?? [] {
                let (before, after) = (
                    change["before"]?.serialized ?? "nothing", change["after"]?.serialized ?? "nothing"
                )
                text += "\(change["path"]?.string ?? ""): \(before) → \(after)\n"
            }
        case "bytes":
            text +=
                "body: \(Quantity.size(body["before"]?.integer ?? 0)) → \(Quantity.size(body["after"]?.integer ?? 0)), "
            text += "different from byte \((body["firstDifference"]?.integer ?? 0) + 1) on\n"
        default: break
        }
        return text
    }
}
