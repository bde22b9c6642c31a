import Testing

@testable import Sandbox

/// How the output of a build becomes lines.
struct LineSplitterTests {
    @Test("lines end with a line feed, with or without a carriage return, wherever the bytes are cut")
    func lines() {
        let bytes = Array("one\r\ntwo\n\nthree".utf8)
        for cut in 0...bytes.count {
            var splitter = LineSplitter(longestLine: 100)
            let lines = splitter.take(Array(bytes[..<cut])) + splitter.take(Array(bytes[cut...]))
            #expect(lines == ["one", "two", ""])
            let rest = [splitter.takeRest(), splitter.takeRest()]
            #expect(rest == ["three", nil])
        }
    }

    @Test("a line that is too long is cut, and says how much is missing")
    func longLines() {
        var splitter = LineSplitter(longestLine: 4)
        let lines = splitter.take(Array("123456789\nab\n".utf8))
        #expect(lines == ["1234… (5 more bytes)", "ab"])
        let none = splitter.take(Array(repeating: UInt8(ascii: "x"), count: 1000))
        let rest = splitter.takeRest()
        #expect(none == [] && rest == "xxxx… (996 more bytes)")
    }
}
