import Bindle
import HTTP
import WASI

/// The variables that a module finds in its environment (CGI 1.1, and what WAGI adds), as the block of bytes that WASI
/// hands out.
struct CGIEnvironment {
    /// What is the same for all requests to a handler.
    struct Constants: Sendable {
        let block: StringBlock
        fileprivate let pathLength: Int
        fileprivate let includesPathsBelow: Bool
        /// The user's variables that a header of a request may replace.
        fileprivate let replaceable: [(name: [UInt8], variable: [UInt8])]

        /// - Parameter userVariables: come first; those that are named as a variable of the request are left out.
        init(route: Route, userVariables: [(name: String, value: String)]) {
            var block = StringBlock()
            var replaceable: [(name: [UInt8], variable: [UInt8])] = []
            var places: [String: Int] = [:]
            for (index, variable) in userVariables.enumerated() { places[variable.name] = index }
            for (index, (name, value)) in userVariables.enumerated()
            where !CGIEnvironment.ownNames.contains(name) && places[name] == index {
                let variable = Array("\(name)=\(value)".utf8.prefix { $0 != 0 })
                if name.hasPrefix("HTTP_") {
                    replaceable.append((Array(name.utf8), variable))
                } else {
                    block.append { $0 += variable }
                }
            }
            for text in [
                "AUTH_TYPE=", "GATEWAY_INTERFACE=CGI/1.1", "X_MATCHED_ROUTE=\(route)", "REMOTE_USER=",
                "SCRIPT_NAME=\(route.scriptName)", "SERVER_SOFTWARE=WAGI/1",
            ] {
                block.append { $0 += text.utf8 }
            }
            self.block = block
            self.replaceable = replaceable
            pathLength = route.path.utf8.count
            includesPathsBelow = route.includesPathsBelow
        }
    }

    /// The names of the variables that every request has.
    private static let ownNames: Set<String> = [
        "AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "X_FULL_URL", "GATEWAY_INTERFACE", "X_MATCHED_ROUTE",
        "QUERY_STRING", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_USER", "REQUEST_METHOD", "SCRIPT_NAME", "X_RAW_PATH_INFO",
        "PATH_INFO", "PATH_TRANSLATED", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SERVER_SOFTWARE",
    ]

    private(set) var block: StringBlock

    /// - Parameters:
    ///   - defaultHost: `HOST[:PORT]`, for requests without a `Host` field.
    ///   - bodyLength: the body's number of bytes.
    init(request: Request, constants: Constants, defaultHost: String, bodyLength: Int64) {
        block = constants.block
        block.reserve(bytes: 768 + 2 * request.target.utf8.count, strings: 16 + request.headers.count)
        let host = HostField(
            request.headers["Host"].flatMap { $0.isEmpty ? nil : $0 } ?? defaultHost,
            isSecured: request.isSecured)
        let client = request.remoteAddress?.host ?? ""
        var target = request.target
        target.withUTF8 { target in
            let mark = target.firstIndex(of: UInt8(ascii: "?"))
            let path = target[..<(mark ?? target.count)]
            let query = mark.map { target[($0 + 1)...] } ?? target[target.count...]
            let info = constants.includesPathsBelow ? path.dropFirst(constants.pathLength) : path.prefix(0)
            set("X_RAW_PATH_INFO=") { $0 += info }
            let decoded = Self.decode(info)
            set("PATH_INFO=") { $0 += decoded }
            set("PATH_TRANSLATED=") { $0 += decoded }
            set("QUERY_STRING=") { $0 += query }
            set(request.isSecured ? "X_FULL_URL=https://" : "X_FULL_URL=http://") { bytes in
                bytes += host.name.utf8
                bytes.append(UInt8(ascii: ":"))
                bytes += host.port.utf8
                bytes += target
            }
        }
        set("CONTENT_LENGTH=", String(bodyLength))
        set("REMOTE_ADDR=", client)
        set("REMOTE_HOST=", client)
        set("REQUEST_METHOD=", request.method.rawValue)
        set("SERVER_NAME=") { $0 += host.name.utf8 }
        set("SERVER_PORT=") { $0 += host.port.utf8 }
        set("SERVER_PROTOCOL=", request.version.description)
        set("CONTENT_TYPE=", request.headers["Content-Type"] ?? "")
        addFields(of: request.headers, constants)
    }

    /// For tests and callers that have one request only.
    init(
        request: Request, route: Route, userVariables: [(name: String, value: String)], defaultHost: String,
        bodyLength: Int64
    ) {
        self.init(
            request: request, constants: Constants(route: route, userVariables: userVariables),
            defaultHost: defaultHost, bodyLength: bodyLength)
    }

    /// The variables, in order.
    var variables: [(String, String)] {
        block.offsets.map { start in
            let text = String(decoding: block.bytes[start...].prefix { $0 != 0 }, as: UTF8.self)
            let sign = text.firstIndex(of: "=")!
            return (String(text[..<sign]), String(text[text.index(after: sign)...]))
        }
    }

    private mutating func set(_ nameAndSign: StaticString, _ value: (inout [UInt8]) -> Void) {
        block.append { bytes in
            bytes += UnsafeBufferPointer(start: nameAndSign.utf8Start, count: nameAndSign.utf8CodeUnitCount)
            value(&bytes)
        }
    }

    private mutating func set(_ nameAndSign: StaticString, _ value: String) {
        set(nameAndSign) { $0 += value.utf8 }
    }

    // MARK: Header fields

    /// A header field, or several of one name, that becomes a variable.
    private struct Field {
        let name: Slice<UnsafeRawBufferPointer>
        let value: Slice<UnsafeRawBufferPointer>
        let hasUnderscore: Bool
        /// The next field of the same name.
        var next: Int?
        var isFirst = true
    }

    private mutating func addFields(of headers: Headers, _ constants: Constants) {
        headers.withFields { all in
            var fields: [Field] = []
            fields.reserveCapacity(all.count)
            for (name, value) in all where !Self.isLeftOut(name) {
                fields.append(
                    Field(name: name, value: value, hasUnderscore: name.contains(UInt8(ascii: "_")), next: nil))
            }
            Self.chain(&fields)
            for field in fields where field.isFirst { add(field, fields) }
            for (name, variable) in constants.replaceable
            where !fields.contains(where: { Self.becomes($0.name, name.dropFirst(5)) }) {
                block.append { $0 += variable }
            }
        }
    }

    /// Fields that no module gets: what concerns the connection and its credentials, and `Proxy`, whose variable many
    /// programs take for the proxy that they are to use.
    private static func isLeftOut(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
        switch name.count {
        case 5: becomes(name, "PROXY".utf8)
        case 10: becomes(name, "CONNECTION".utf8)
        case 13: becomes(name, "AUTHORIZATION".utf8)
        default: false
        }
    }

    /// Links fields that would be one variable. `X_Y` and `X-Y` are one, too: a client could pass off the one, which
    /// proxies let through, as the other, which they set. So one with underscores counts only where there is no other.
    private static func chain(_ fields: inout [Field]) {
        fields = fields.filter { field in
            !field.hasUnderscore || !fields.contains { !$0.hasUnderscore && isSame($0, field) }
        }
        for index in fields.indices {
            guard let other = fields[..<index].lastIndex(where: { isSame($0, fields[index]) }) else { continue }
            fields[other].next = index
            fields[index].isFirst = false
        }
    }

    private static func isSame(_ field: Field, _ other: Field) -> Bool {
        field.name.count == other.name.count && becomes(field.name, other.name.lazy.map { variableByte($0) })
    }

    private mutating func add(_ first: Field, _ fields: [Field]) {
        let isCookie = first.name.count == 6 && Self.becomes(first.name, "COOKIE".utf8)
        set("HTTP_") { bytes in
            bytes += first.name.lazy.map { Self.variableByte($0) }
            bytes.append(UInt8(ascii: "="))
            var field = first
            while true {
                bytes += field.value
                guard let next = field.next else { return }
                // A repeated field means the list of its values (RFC 9110, 5.3); cookies have a separator of their own.
                bytes += isCookie ? "; ".utf8 : ", ".utf8
                field = fields[next]
            }
        }
    }

    private static func becomes(_ name: Slice<UnsafeRawBufferPointer>, _ variable: some Sequence<UInt8>) -> Bool {
        name.lazy.map { variableByte($0) }.elementsEqual(variable)
    }

    @inline(__always)
    private static func variableByte(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "-"): UInt8(ascii: "_")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x20
        default: byte
        }
    }

    // MARK: PATH_INFO

    /// Decodes the escapes of a path one by one: a bad one stays, and bytes that are not UTF-8 become U+FFFD. So does a
    /// NUL, which would cut the variable short.
    private static func decode(_ path: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
        guard path.contains(UInt8(ascii: "%")) else { return Array(path) }
        var bytes: [UInt8] = []
        var index = path.startIndex
        while index < path.endIndex {
            if path[index] == UInt8(ascii: "%"), index + 2 < path.endIndex,
                let high = PercentEncoding.digit(path[index + 1]), let low = PercentEncoding.digit(path[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(path[index])
                index += 1
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.contains(0) ? Array(text.replacing("\0", with: "\u{FFFD}").utf8) : Array(text.utf8)
    }
}

/// The host and port that a request was sent to.
struct HostField {
    /// With brackets around an IPv6 address.
    let name: Substring
    /// `80` when the field does not say, or `443` for HTTPS.
    let port: Substring

    init(_ text: String, isSecured: Bool = false) {
        let usual: Substring = isSecured ? "443" : "80"
        let afterAddress = text.utf8.lastIndex(of: UInt8(ascii: "]")) ?? text.startIndex
        if let colon = text.utf8[afterAddress...].lastIndex(of: UInt8(ascii: ":")), colon != text.startIndex {
            name = text[..<colon]
            let digits = text[text.utf8.index(after: colon)...]
            port = digits.isEmpty ? usual : digits
        } else {
            name = text[...]
            port = usual
        }
    }
}
