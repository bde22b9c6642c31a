import HTTP

/// The variables that a module finds in its environment (CGI 1.1, and what WAGI adds).
struct CGIEnvironment {
    private(set) var variables: [(String, String)] = []
    private var places: [String: Int] = [:]

    /// - Parameters:
    ///   - userVariables: come first, and are replaced where a variable of the request has their name.
    ///   - defaultHost: `HOST[:PORT]`, for requests without a `Host` field.
    ///   - bodyLength: the body's number of bytes.
    init(
        request: Request, route: Route, userVariables: [(name: String, value: String)], defaultHost: String,
        bodyLength: Int64
    ) {
        let host = HostField(request.headers["Host"].flatMap { $0.isEmpty ? nil : $0 } ?? defaultHost)
        let client = request.remoteAddress?.host ?? ""
        let rawPathInfo = String(route.pathInfo(of: request.path))
        // A decoded NUL would cut the variable short.
        let decoded = PercentEncoding.decode(rawPathInfo)
        let pathInfo = decoded.flatMap { $0.utf8.contains(0) ? nil : $0 } ?? rawPathInfo
        for (name, value) in userVariables { set(name, value) }
        set("AUTH_TYPE", "")
        set("CONTENT_LENGTH", String(bodyLength))
        set("CONTENT_TYPE", request.headers["Content-Type"] ?? "")
        set("X_FULL_URL", "http://\(host.name):\(host.port)\(request.target)")
        set("GATEWAY_INTERFACE", "CGI/1.1")
        set("X_MATCHED_ROUTE", route.description)
        set("QUERY_STRING", request.query ?? "")
        set("REMOTE_ADDR", client)
        set("REMOTE_HOST", client)
        set("REMOTE_USER", "")
        set("REQUEST_METHOD", request.method.rawValue)
        set("SCRIPT_NAME", route.scriptName)
        set("X_RAW_PATH_INFO", rawPathInfo)
        set("PATH_INFO", pathInfo)
        set("PATH_TRANSLATED", pathInfo)
        set("SERVER_NAME", host.name)
        set("SERVER_PORT", host.port)
        set("SERVER_PROTOCOL", request.version.description)
        set("SERVER_SOFTWARE", "WAGI/1")
        addFields(of: request.headers)
    }

    private mutating func addFields(of headers: Headers) {
        var added = Set<String>()
        for field in headers {
            // `X_Y` and `X-Y` would be one variable: a client could pass off the one, which proxies let through, as the
            // other, which they set. Such fields are left out, as nginx and Apache do.
            guard !field.name.utf8.contains(UInt8(ascii: "_")) else { continue }
            let name = Self.variableName(ofField: field.name)
            if name == "HTTP_AUTHORIZATION" || name == "HTTP_CONNECTION" { continue }
            if !added.insert(name).inserted, let place = places[name] {
                // A repeated field means the list of its values (RFC 9110, 5.3); cookies have a separator of their own.
                variables[place].1 += (name == "HTTP_COOKIE" ? "; " : ", ") + field.value
            } else {
                set(name, field.value)
            }
        }
    }

    private static func variableName(ofField name: String) -> String {
        let bytes = name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "_")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x20
            default: byte
            }
        }
        return "HTTP_" + String(decoding: bytes, as: UTF8.self)
    }

    private mutating func set(_ name: String, _ value: String) {
        if let place = places[name] {
            variables[place].1 = value
        } else {
            places[name] = variables.count
            variables.append((name, value))
        }
    }
}

/// The host and port that a request was sent to.
struct HostField {
    /// With brackets around an IPv6 address.
    let name: String
    /// `80` when the field does not say.
    let port: String

    init(_ text: String) {
        let afterAddress = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[afterAddress...].lastIndex(of: ":"), colon != text.startIndex {
            name = String(text[..<colon])
            let digits = text[text.index(after: colon)...]
            port = digits.isEmpty ? "80" : String(digits)
        } else {
            name = text
            port = "80"
        }
    }
}
