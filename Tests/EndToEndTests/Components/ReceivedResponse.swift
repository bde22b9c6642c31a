import Foundation
import TestSupport

/// What a server has sent for one request until the connection ended, taken apart without the client under test.
struct ReceivedResponse {
    struct Field: Hashable {
        /// In lower case.
        let name: String
        let value: [UInt8]
    }

    /// 0 if the connection ended before anything came.
    let status: Int
    /// By name; those of one name in their order.
    let fields: [Field]
    let body: [UInt8]
    let trailers: [Field]
    /// Whether the framing says that the body has come to its end.
    let isWhole: Bool

    /// - Parameter isHead: Whether the request's method was HEAD, whose response has no body, whatever length it tells.
    /// - Throws: if the head is not one.
    init(_ bytes: [UInt8], isHead: Bool) throws {
        var rest = bytes[...]
        var status = 0
        var fields: [Field] = []
        guard !bytes.isEmpty else {
            (self.status, self.fields, body, trailers, isWhole) = (0, [], [], [], false)
            return
        }
        repeat {
            guard let lines = Self.section(&rest), let first = lines.first,
                let code = Int(String(decoding: first, as: UTF8.self).split(separator: " ").dropFirst().first ?? "")
            else {
                throw TestTool.Failure(
                    "no response: \(String(decoding: bytes.prefix(500), as: UTF8.self).debugDescription)")
            }
            (status, fields) = (code, Self.fields(lines.dropFirst()))
        } while status < 200
        self.status = status
        self.fields = fields
        func value(_ name: String) -> String? {
            fields.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
        }
        var trailers: [Field] = []
        if value("transfer-encoding") == "chunked", !isHead {
            var body: [UInt8] = []
            var isWhole = false
            while let line = Self.line(&rest), let size = Int(String(decoding: line, as: UTF8.self), radix: 16) {
                guard size > 0 else {
                    if let lines = Self.section(&rest) { (trailers, isWhole) = (Self.fields(lines[...]), true) }
                    break
                }
                body += rest.prefix(size)
                rest = rest.dropFirst(size + 2)
            }
            (self.body, self.isWhole) = (body, isWhole)
        } else {
            body = Array(rest)
            let isBodiless = isHead || status == 304
            isWhole = value("content-length").map { (isBodiless ? 0 : Int($0)) == rest.count } ?? true
        }
        self.trailers = trailers
    }

    /// The lines up to an empty one.
    private static func section(_ rest: inout ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var lines: [ArraySlice<UInt8>] = []
        while let line = line(&rest) {
            if line.isEmpty { return lines }
            lines.append(line)
        }
        return nil
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstRange(of: [13, 10]) else { return nil }
        defer { rest = rest[end.upperBound...] }
        return rest[..<end.lowerBound]
    }

    private static func fields(_ lines: ArraySlice<ArraySlice<UInt8>>) -> [Field] {
        let fields = lines.map { line in
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            let value = line.dropFirst(name.count + 1).drop { $0 == UInt8(ascii: " ") }
            return Field(name: String(decoding: name, as: UTF8.self).lowercased(), value: Array(value))
        }
        return fields.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(\.element)
    }
}

extension ReceivedResponse: CustomStringConvertible {
    var description: String {
        let lines = fields.map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" }
        let text = String(decoding: body.prefix(2000), as: UTF8.self)
        return "\(status) \(lines) \(text.debugDescription) \(body.count) \(trailers) \(isWhole ? "" : "cut")"
    }
}
