import HTTP
import TestSupport
import Testing

/// Paths as the most generous server would read them.
@Suite("A path as servers may read it") struct PathReadingTests {
    /// A path in another spelling of the same: some of its bytes are escaped, some of the escapes again.
    private static func respelled(_ path: String, _ generator: inout SeededGenerator) -> String {
        func escaped(_ byte: UInt8) -> String {
            let digits = String(byte, radix: 16)
            return "%" + (digits.count == 1 ? "0" : "")
                + (Bool.random(using: &generator) ? digits : digits.uppercased())
        }
        return path.utf8.map { byte in
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: escaped(byte)
            case 1:
                escaped(byte).utf8.map {
                    Bool.random(using: &generator) ? escaped($0) : String(decoding: [$0], as: UTF8.self)
                }
                .joined()
            case 2 where byte == UInt8(ascii: "/"): "\\"
            default: String(decoding: [byte], as: UTF8.self)
            }
        }.joined()
    }

    @Test("A way out, and the sandbox's own paths, are found in each of many spellings") func spellings() {
        var generator = SeededGenerator()
        for path in ["/api/../x", "/api/..", "/../x", "/api/./x", "/a/..;b=c/x", "/a/b/../../../x"] {
            for _ in 0..<500 {
                let spelling = "/" + Self.respelled(path, &generator)
                #expect(PathReading(spelling).hasDotSegments, "\(spelling), seed \(generator.seed)")
            }
        }
        for path in ["/.hippo", "/.hippo/events", "//.Hippo/x", "/.hippo;a/x", "/./.hippo/x"] {
            for _ in 0..<500 {
                let spelling = "/" + Self.respelled(path, &generator)
                #expect(PathReading(spelling).isOfSandbox, "\(spelling), seed \(generator.seed)")
            }
        }
        for path in ["/api/...", "/api/x..", "/hippo/x", "/a/.hippo", "/.hippos", "/a.b/c;..", ""] {
            for _ in 0..<500 {
                let spelling = "/" + Self.respelled(path, &generator)
                let reading = PathReading(spelling)
                #expect(!reading.hasDotSegments && !reading.isOfSandbox, "\(spelling), seed \(generator.seed)")
            }
        }
    }

    @Test(
        "Bytes that mean nothing hide nothing",
        arguments: ["%ff", "%", "%zz", "%CC%81", "%f0%9f", "%E2%80%8D", "%00", "\u{301}"])
    func rubbish(text: String) {
        #expect(PathReading("/\(text)/../x").hasDotSegments)
        #expect(PathReading("/x/..%2f\(text)").hasDotSegments)
        #expect(PathReading("/.hippo%2f\(text)").isOfSandbox)
        #expect(!PathReading("/x/\(text)").hasDotSegments)
    }
}
