import CommandLineInterface
import HTTP
import Platform

extension Command {
    /// `hippo-dev request`: one request through a project's app.
    static let request = Command(
        name: "request",
        summary: "Send one request through a project's app, without a port, and print the response.",
        discussion: """
            Builds the project as 'hippo-dev up' does, loads its app in this process, and sends it one request. The \
            response's body goes to standard output; what modules write to their standard error goes to standard error.

            Ends with 0 if the status is below 400, and with 1 otherwise, or if the body is not what --expect says.
            """,
        options: [RequestOptions.header, RequestOptions.data, RequestOptions.include, RequestOptions.expect]
            + ProjectApplication.Options.all,
        arguments: [RequestOptions.method, RequestOptions.path],
        examples: [
            Example("hippo-dev request GET /", "Print the first page."),
            Example("hippo-dev request POST /entries -d 'name=Ada' -i", "Send a form, and show the response's head."),
            Example("hippo-dev request GET /report --expect report.txt", "Compare the response with a file."),
        ],
        action: { arguments in
            try RequestOptions.run(arguments)
        }
    )
}

/// The options of `hippo-dev request`.
private enum RequestOptions {
    static let method = Argument("METHOD", summary: "The request's method, such as GET or POST.")
    static let path = Argument("PATH", summary: "Path and query, such as '/hello?name=Ada'.")
    static let header = Option(
        name: "header", shortName: "H", valueName: "NAME:VALUE", summary: "A header of the request.", isRepeatable: true
    )
    static let data = Option(
        name: "body", shortName: "d", valueName: "BODY|@FILE",
        summary: "The request's body, or the file that has it; '@-' is standard input.")
    static let include = Option(flag: "include", shortName: "i", summary: "Print the response's head, too.")
    static let expect = Option(
        name: "expect", valueName: "FILE", summary: "Fail unless the response's body is what this file has.",
        kind: .file(extensions: []))

    private static let chunkSize = 64 << 10
    private static let longestBody = 1 << 30

    static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let method = arguments[method] ?? "GET"
        let path = arguments[path] ?? "/"
        guard path.hasPrefix("/") else { throw UsageError("the PATH '\(path)' does not begin with '/'") }
        var headers = try arguments.convertedValues(of: header, expecting: "NAME:VALUE", field)
        let body = try arguments[data].map(bytes)
        // As curl does.
        if body != nil, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        }
        let expected = try arguments[expect].map { try FileReader.bytes(of: $0, limit: longestBody) }
        let application = try ProjectApplication(arguments)
        if let note = application.settings.guestVariables.note { StandardError.write("\(note)\n") }
        let instance = try application.instance()
        let response = try instance.send(method, path, headers: headers, body: body)
        if arguments.isSet(include) { try StandardOutput.write(head(of: response)) }
        var received: [UInt8] = []
        while true {
            let chunk = try response.read(upTo: chunkSize)
            if chunk.isEmpty { break }
            try StandardOutput.write(chunk)
            if expected != nil { received += chunk }
        }
        if let expected, expected != received {
            throw CommandFailure(
                "the response's body is not what \(arguments[expect] ?? "") has: "
                    + difference(expected: expected, received: received))
        }
        return response.status.code < 400 ? .success : .failure
    }

    private static func field(_ text: String) -> (name: String, value: String)? {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else { return nil }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        return (String(text[..<colon]), String(value))
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        guard text.hasPrefix("@") else { return Array(text.utf8) }
        let file = String(text.dropFirst())
        return try FileReader.bytes(of: file == "-" ? "/dev/stdin" : file, limit: longestBody)
    }

    private static func head(of response: ClientResponse) -> [UInt8] {
        var text = "\(response.version) \(response.status)\n"
        for field in response.headers { text += "\(field.name): \(field.value)\n" }
        return Array((text + "\n").utf8)
    }

    /// Where two contents differ first.
    private static func difference(expected: [UInt8], received: [UInt8]) -> String {
        let common = zip(expected, received).prefix { $0 == $1 }
        let line = common.count { $0.0 == UInt8(ascii: "\n") } + 1
        return "they differ from line \(line) on (byte \(common.count + 1)); "
            + "\(expected.count) bytes were expected, \(received.count) came"
    }
}
