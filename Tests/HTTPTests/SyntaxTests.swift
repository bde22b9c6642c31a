import Foundation
import Synchronization
import Testing

@testable import HTTP

@Suite("URLs, dates, escapes, media types")
struct SyntaxTests {
    @Test("URLs are taken apart")
    func urls() throws {
        let url = try HTTPURL("HTTP://Example.COM:8080/a/b?c#d")
        #expect(url.scheme == "http" && url.host == "example.com" && url.port == 8080 && url.target == "/a/b?c")
        #expect("\(url)" == "http://example.com:8080/a/b?c")
        #expect(try HTTPURL("http://a").target == "/" && HTTPURL("https://a").port == 443)
        #expect(try HTTPURL("http://a:80?q").description == "http://a/?q")
        let v6 = try HTTPURL("http://[::1]:81/")
        #expect(v6.host == "::1" && v6.authority == "[::1]:81")
    }

    @Test(
        "what is no URL is refused",
        arguments: [
            "", "a", "/a", "a/b", "http:", "http:/a", "http://", "http:///a", "ftp://a/", "http://a b/", "http://a/b c",
            "http://a/ä", "http://user:pass@a/", "http://a:b/", "http://a:65536/", "http://[::1/", "http://[a]/",
            "http://a/\n", "http://a/\\\u{7F}", "http://:80/",
        ])
    func badURLs(text: String) {
        #expect(throws: HTTPURLError.self) { try HTTPURL(text) }
    }

    @Test("references are resolved as RFC 3986 section 5.4 has it")
    func references() throws {
        let base = try HTTPURL("http://a/b/c/d;p?q")
        for (reference, expected) in [
            ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
            ("//g", "http://g/"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            (";x", "http://a/b/c/;x"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("..", "http://a/b/"),
            ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../../g", "http://a/g"), ("/./g", "http://a/g"),
            ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g?y/../x", "http://a/b/c/g?y/../x"), ("http://x/y", "http://x/y"),
        ] {
            #expect(try base.resolving(reference).description == expected, "\(reference)")
        }
        #expect(throws: HTTPURLError.self) { try base.resolving("mailto:a") }
        #expect(throws: HTTPURLError.self) { try base.resolving("a b") }
        #expect(try HTTPURL("http://a/v1/").appending("/_i/x").target == "/v1/_i/x")
        #expect(try HTTPURL("http://a").appending("x?y").target == "/x?y")
    }

    @Test("Threads that ask for the date of their second get that, whoever else asks")
    func presentDate() {
        let present = PresentDate()
        let wrong = Atomic(0)
        let done = DispatchGroup()
        for thread in 0..<4 {
            done.enter()
            Thread {
                for number in 0..<4000 {
                    let second = number / 40 + thread % 2
                    var bytes: [UInt8] = []
                    present.append(second: second, to: &bytes)
                    if bytes != Array(HTTPDate.format(secondsSince1970: Int64(second)).utf8) {
                        wrong.add(1, ordering: .relaxed)
                    }
                }
                done.leave()
            }.start()
        }
        done.wait()
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test("dates are written in one format and read in three")
    func dates() {
        #expect(HTTPDate.format(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.format(secondsSince1970: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.format(secondsSince1970: -1) == "Wed, 31 Dec 1969 23:59:59 GMT")
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ] {
            #expect(HTTPDate.parse(text) == 784_111_777)
        }
        for text in [
            "", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 25:49:37 GMT", "06 Nov 1994",
            "Sun, 6x Nov 1994 08:49:37 GMT",
        ] {
            #expect(HTTPDate.parse(text) == nil)
        }
        for day in stride(from: Int64(-200_000), to: 200_000, by: 97) {
            #expect(CivilDate(daysSince1970: day).daysSince1970 == day)
            #expect(
                HTTPDate.parse(HTTPDate.format(secondsSince1970: day * 86400)) == (day < -719_162 ? nil : day * 86400))
        }
    }

    @Test("escapes are decoded strictly and written minimally")
    func escapes() {
        #expect(PercentEncoding.decode("a%20b%2Fc+d") == "a b/c+d")
        #expect(PercentEncoding.decodeFormField("a%20b+c") == "a b c")
        #expect(PercentEncoding.decodeBytes("%ff%00") == [255, 0])
        for text in ["%", "%1", "%zz", "%ff"] { #expect(PercentEncoding.decode(text) == nil) }
        #expect(PercentEncoding.encode("a b/ä~") == "a%20b%2F%C3%A4~")
        #expect(PercentEncoding.encodePath("/a b/c:d?") == "/a%20b/c:d%3F")
    }

    @Test("queries are split and decoded")
    func queries() {
        let request = Request(target: "/p?a=1&b=%20x+y&a=2&c&=d&e=%zz")
        #expect(request.path == "/p" && request.query == "a=1&b=%20x+y&a=2&c&=d&e=%zz")
        #expect(request.queryValues("a") == ["1", "2"])
        #expect(request.queryValues("b") == [" x y"])
        #expect(
            request.queryValues("c") == [""] && request.queryValues("e") == ["%zz"] && request.queryValues("f") == [])
        #expect(Request(target: "/p").query == nil && Request(target: "/p?").query == "")
    }

    @Test("media types by extension, in any case, with a charset where browsers would guess")
    func mediaTypes() {
        for (path, type) in [
            ("a.wasm", "application/wasm"), ("a/b.HTML", "text/html"), ("x.mjs", "text/javascript"),
            ("x.js.map", "application/json"), ("f.woff2", "font/woff2"), ("i.avif", "image/avif"),
            ("i.webp", "image/webp"),
            ("i.svg", "image/svg+xml"), ("favicon.ico", "image/vnd.microsoft.icon"),
            ("a.b/c", "application/octet-stream"),
            ("noextension", "application/octet-stream"), ("x.unknown", "application/octet-stream"),
            ("s.css", "text/css"),
        ] {
            #expect(MediaType.forPath(path) == type)
        }
        #expect(MediaType.contentType(forPath: "a.css") == "text/css; charset=utf-8")
        #expect(MediaType.contentType(forPath: "a.json") == "application/json")
        #expect(MediaType.forPathExtension("nothing") == nil)
    }

    @Test("a status has a code in range, and a reason that stays in its line")
    func statuses() {
        #expect(Status(404).description == "404 Not Found" && Status(599).description == "599")
        #expect(Status(200, reason: "Fine").reason == "Fine")
        #expect(Status(200, reason: "a\r\nSet-Cookie: b").reason == "OK")
        #expect(Status(checking: 99) == nil && Status(checking: 600) == nil)
        #expect(Status(checking: 200, reason: "a\nb") == nil)
        #expect(Status(checking: 299, reason: "Odd")?.description == "299 Odd")
    }

    @Test("entity tags are parsed as lists")
    func entityTags() {
        guard case .tags(let tags)? = EntityTag.List("\"a\", W/\"b,c\" ,\"\"") else {
            Issue.record("no list")
            return
        }
        #expect(tags.map(\.opaque) == ["a", "b,c", ""] && tags.map(\.isWeak) == [false, true, false])
        #expect(EntityTag.List("a") == nil && EntityTag.List("\"a\" \"b\"") == nil && EntityTag.List("\"a") == nil)
    }

    @Test(
        "What lacks its scheme is told so, also where a port looks like one",
        arguments: [
            ("127.0.0.1:9123", "begin it with http://"), ("localhost:3000", "begin it with http://"),
            ("example.com", "begin it with http://"), ("http:/example.com", "it lacks //"),
        ])
    func schemes(_ text: String, _ part: String) {
        let error = #expect(throws: HTTPURLError.self) { try HTTPURL(text) }
        #expect(error?.description.contains(part) == true)
    }
}
