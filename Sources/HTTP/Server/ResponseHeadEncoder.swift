/// How a response's body is delimited.
enum ResponseFraming: Equatable {
    /// No body follows, whatever the headers say: HEAD, 204, 304. The length is what a body would have had.
    case none(length: Int64?)
    case length(Int64)
    case chunked
    case untilClose
}

/// Writes the heads of responses, and refuses what would corrupt them.
struct ResponseHeadEncoder {
    let serverName: [UInt8]?

    init(serverName: String?) {
        self.serverName = serverName.map { Array($0.utf8) }
    }

    /// Appends a response's head to `output`. The headers must have been checked by `validate`.
    func append(
        _ status: Status, _ headers: Headers, framing: ResponseFraming, version: Version, keepsAlive: Bool,
        to output: inout [UInt8]
    ) {
        output.reserveCapacity(output.count + 192 + headers.bytes.count)
        output.write("HTTP/1.1 ")
        output.write(decimal: Int64(status.code))
        output.append(0x20)
        output.append(contentsOf: status.reason.utf8)
        output.write("\r\n")
        var hasDate = false
        var hasServer = false
        headers.bytes.withUnsafeBytes { bytes in
            for field in headers.fields {
                let name = UnsafeRawBufferPointer(rebasing: bytes[field.name])
                switch Self.kind(of: name) {
                case .ownedByServer: continue
                // It announces fields that have a place behind a chunked body only.
                case .trailer where framing != .chunked: continue
                case .date: hasDate = true
                case .server: hasServer = true
                case .trailer, .other: break
                }
                output.append(contentsOf: name)
                output.write(": ")
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[field.value]))
                output.write("\r\n")
            }
        }
        if !hasDate {
            output.write("Date: ")
            HTTPDate.appendNow(to: &output)
            output.write("\r\n")
        }
        if !hasServer, let serverName {
            output.write("Server: ")
            output.append(contentsOf: serverName)
            output.write("\r\n")
        }
        switch framing {
        case .length(let length), .none(let length?):
            output.write("Content-Length: ")
            output.write(decimal: length)
            output.write("\r\n")
        case .chunked:
            output.write("Transfer-Encoding: chunked\r\n")
        case .none(nil), .untilClose:
            break
        }
        if !keepsAlive {
            output.write("Connection: close\r\n")
        } else if version == .http10 {
            output.write("Connection: keep-alive\r\n")
        }
        output.write("\r\n")
    }

    /// Appends the line before a chunk's data.
    static func appendChunkSize(_ size: Int, to output: inout [UInt8]) {
        output.append(contentsOf: String(size, radix: 16).utf8)
        output.append(0x0D)
        output.append(0x0A)
    }

    // MARK: Checks

    /// What the headers of a handler say about the body and the connection.
    struct Declarations {
        var contentLength: Int64?
        var closes = false
    }

    /// Checks that no field can be read as anything but one field, and the `Content-Length`.
    static func validate(_ headers: Headers) throws(ResponseError) -> Declarations {
        var declarations = Declarations()
        let offender: Int? = headers.bytes.withUnsafeBytes { bytes in
            for (index, field) in headers.fields.enumerated() {
                let name = UnsafeRawBufferPointer(rebasing: bytes[field.name])
                let value = UnsafeRawBufferPointer(rebasing: bytes[field.value])
                guard !name.isEmpty, name.allSatisfy(CharacterClass.isToken),
                    value.allSatisfy(CharacterClass.isFieldContent)
                else { return index }
                if name.count == 14, matches(name, "Content-Length") {
                    guard let length = Int64(String(decoding: value, as: UTF8.self)), length >= 0,
                        value.allSatisfy({ $0 &- 0x30 < 10 }),
                        declarations.contentLength == nil || declarations.contentLength == length
                    else { return index }
                    declarations.contentLength = length
                }
            }
            return nil
        }
        if let offender {
            let field = Array(headers)[offender]
            throw .invalidHeader(name: field.name, value: field.value)
        }
        declarations.closes = headers.hasToken("close", in: "Connection")
        return declarations
    }

    private enum Kind { case ownedByServer, date, server, trailer, other }

    private static func kind(of name: UnsafeRawBufferPointer) -> Kind {
        switch name.count {
        case 4 where matches(name, "Date"): .date
        case 6 where matches(name, "Server"): .server
        case 7 where matches(name, "Upgrade"): .ownedByServer
        case 7 where matches(name, "Trailer"): .trailer
        case 10 where matches(name, "Connection") || matches(name, "Keep-Alive"): .ownedByServer
        case 14 where matches(name, "Content-Length"): .ownedByServer
        case 17 where matches(name, "Transfer-Encoding"): .ownedByServer
        default: .other
        }
    }
}

extension [UInt8] {
    /// Appends ASCII without a detour over `String`.
    @inline(__always)
    fileprivate mutating func write(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number that is not negative, in decimal digits.
    fileprivate mutating func write(decimal number: Int64) {
        if number >= 10 { write(decimal: number / 10) }
        append(UInt8(0x30 + number % 10))
    }
}
