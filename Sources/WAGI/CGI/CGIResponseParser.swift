import HTTP

/// Reads the header block at the beginning of a module's output, byte by byte as it comes.
struct CGIResponseParser {
    /// The header block of a response, in HTTP's terms.
    struct Head {
        var status: Status
        var headers: Headers
    }

    /// A header block that cannot be answered with.
    struct Malformed: Error, Equatable, CustomStringConvertible {
        /// What the client gets: 500 for a block that cannot be read, 502 for fields that are not valid.
        let status: Int
        let description: String

        init(_ description: String, status: Int = 500) {
            self.status = status
            self.description = description
        }
    }

    /// A header block longer than this is not taken for one.
    static let maximumLength = 1 << 20
    /// No more is said about one header block.
    private static let maximumWarnings = 8

    /// The line that has begun, without carriage returns.
    private var line: [UInt8] = []
    private var length = 0
    private var hasBegun = false
    private var statusOfFirstLine: Status?
    private var fields: [(name: String, value: String)] = []
    /// What is odd about the block, though it could be read.
    private(set) var warnings: [String] = []

    /// Takes bytes up to the end of the header block.
    ///
    /// As the originals do, it leaves out lines that are no fields, and blanks around names. Each is told.
    /// - Returns: the head and the number of bytes that belong to it, or nil when more are needed.
    mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> (head: Head, consumed: Int)? {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
            let piece = bytes[start..<(end ?? bytes.count)]
            length += piece.count + (end == nil ? 0 : 1)
            guard length <= Self.maximumLength else {
                throw Malformed("the module's header block is longer than \(Self.maximumLength) bytes")
            }
            // Carriage returns are ignored, wherever they are.
            line.append(contentsOf: piece.lazy.filter { $0 != UInt8(ascii: "\r") })
            guard let end else { return nil }
            start = end + 1
            if !line.isEmpty {
                try takeLine()
                hasBegun = true
            } else if hasBegun {
                return (try head(), start)
            } else {
                warn("an empty line before the header block was left out")
            }
        }
        return nil
    }

    private mutating func warn(_ text: String) {
        if warnings.count < Self.maximumWarnings, !warnings.contains(text) { warnings.append(text) }
    }

    /// What is wrong with output that ended before its header block did.
    var endedEarly: Malformed {
        length == 0
            ? Malformed("the module wrote no response")
            : Malformed("the module's output ended within its header block: an empty line has to follow it")
    }

    private mutating func takeLine() throws(Malformed) {
        defer { line.removeAll(keepingCapacity: true) }
        if !hasBegun, let status = Self.statusLine(line) {
            statusOfFirstLine = status
            return warn("the header block begins with a line of HTTP; a field 'status: \(status.code)' says the same")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            return warn("a line of the module's header block that is not a field was left out: \(Self.quoted(line))")
        }
        let name = Self.trimmed(line[..<colon])
        let value = Self.trimmed(line[(colon + 1)...])
        if name.count != colon { warn("the blanks around a header's name were left out: \(Self.quoted(line))") }
        guard !name.isEmpty, name.allSatisfy(Self.isTokenByte) else {
            throw Malformed("the module wrote an invalid header name: \(Self.quoted(line))", status: 502)
        }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw Malformed("the module wrote an invalid header value: \(Self.quoted(line))", status: 502)
        }
        fields.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }

    /// The status of a line such as `HTTP/1.1 404 Not Found`, as programs write it that were made for other gateways.
    private static func statusLine(_ line: [UInt8]) -> Status? {
        guard line.starts(with: "HTTP/1.".utf8), let blank = line.firstIndex(of: 0x20) else { return nil }
        return try? status(String(decoding: trimmed(line[blank...]), as: UTF8.self))
    }

    private func head() throws(Malformed) -> Head {
        var head = Head(status: .ok, headers: Headers())
        var status = statusOfFirstLine
        var location: String?
        var hasContentType = false
        for (name, value) in fields {
            switch name.lowercased() {
            case "status":
                status = try Self.status(value)
                continue
            case "location":
                location = value
            case "content-type":
                hasContentType = true
            case "content-length":
                // Digits only: `Int64` takes a sign, which HTTP does not.
                guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), Int64(value) != nil,
                    head.headers["Content-Length"] ?? value == value
                else {
                    throw Malformed(
                        "the module wrote an invalid Content-Length: \(value.debugDescription)", status: 502)
                }
                head.headers.set(name, value)
                continue
            case "connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection":
                // They concern the connection to the client. The module knows nothing about that.
                continue
            default: break
            }
            head.headers.add(name, value)
        }
        guard status != nil || location != nil || hasContentType else {
            throw Malformed(
                "the module's response has none of the headers content-type, location and status: one of them is needed"
            )
        }
        head.status = status ?? (location == nil ? .ok : .found)
        return head
    }

    /// Reads `CODE [TEXT]`.
    private static func status(_ value: String) throws(Malformed) -> Status {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard let digits = parts.first, digits.utf8.count == 3, let code = Int(digits), code >= 200,
            let status = Status(checking: code, reason: parts.count > 1 ? String(parts[1]) : nil)
        else {
            throw Malformed(
                "the module wrote an invalid status: \(value.debugDescription). It has to be a code from 200 to 599",
                status: 502)
        }
        return status
    }

    /// The characters of a token (RFC 9110, 5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func quoted(_ line: [UInt8]) -> String {
        String(decoding: line.prefix(200), as: UTF8.self).debugDescription
    }
}
