/// A path as servers read it that are generous: they decode escapes, some of them twice, take a backslash for a slash, and
/// pass over parameters (`;a=b`) and what follows a NUL.
///
/// What such a server would make of a path decides whether it is passed on to one.
package struct PathReading: Sendable {
    /// What stands between slashes; empty ones included.
    private let segments: [ArraySlice<UInt8>]

    /// How often escapes of escapes are decoded.
    private static let rounds = 3

    /// - Parameter path: as it was sent, without a query.
    package init(_ path: String) {
        var bytes = Array(path.utf8)
        for _ in 0..<Self.rounds {
            guard let decoded = Self.decode(bytes) else { break }
            bytes = decoded
        }
        segments = bytes.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
            .map { $0.prefix { $0 != UInt8(ascii: ";") && $0 != 0 } }
    }

    /// Whether there is a `.` or `..`, which leads out of where the path begins (RFC 3986 section 5.2.4).
    package var hasDotSegments: Bool { segments.contains { Self.isDot($0) } }

    /// Whether it is `/.hippo`, or lies below: the sandbox's own.
    package var isOfSandbox: Bool {
        let first = segments.first { !$0.isEmpty && !Self.isDot($0) }
        return first.map { String(decoding: $0, as: UTF8.self).lowercased() == ".hippo" } ?? false
    }

    private static func isDot(_ segment: ArraySlice<UInt8>) -> Bool {
        (1...2).contains(segment.count) && segment.allSatisfy { $0 == UInt8(ascii: ".") }
    }

    /// Decodes the escapes that are well-formed, whatever their bytes mean; `nil` if there are none.
    private static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.contains(UInt8(ascii: "%")) else { return nil }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexadecimalValue(bytes[index + 1]), let low = hexadecimalValue(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }
}
