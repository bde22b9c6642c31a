import HTTP
import Testing

@Suite("Header fields")
struct HeadersTests {
    @Test("names compare without regard to case, the first of repeated fields is the one that a subscript gives")
    func lookup() {
        let headers: Headers = ["Content-Type": "text/html", "Set-Cookie": "a=1", "set-cookie": "b=2"]
        #expect(headers["content-type"] == "text/html")
        #expect(headers["SET-COOKIE"] == "a=1")
        #expect(headers.all("Set-Cookie") == ["a=1", "b=2"])
        #expect(headers["Accept"] == nil)
    }

    @Test("order and spelling are kept")
    func order() {
        var headers: Headers = ["B": "1", "a": "2"]
        headers.add("b", "3")
        #expect(headers.map(\.name) == ["B", "a", "b"])
        #expect(headers.map(\.value) == ["1", "2", "3"])
    }

    @Test("setting replaces all fields of a name, removing removes all")
    func setting() {
        var headers: Headers = ["A": "1", "B": "2", "a": "3"]
        headers.set("A", "4")
        #expect(headers == ["B": "2", "A": "4"])
        headers["b"] = nil
        #expect(headers == ["A": "4"])
        headers.remove("absent")
        #expect(headers.count == 1)
    }

    @Test("tokens are found in comma-separated lists over several fields")
    func tokens() {
        let headers: Headers = ["Connection": "keep-alive , Upgrade", "connection": ",, close"]
        #expect(headers.hasToken("upgrade", in: "Connection"))
        #expect(headers.hasToken("close", in: "Connection"))
        #expect(!headers.hasToken("keep", in: "Connection"))
        #expect(!headers.hasToken("", in: "Connection"))
    }
}
