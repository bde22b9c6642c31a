import Foundation
import HTTP
import SandboxProtocol
import TestSupport
import Testing

@testable import WAGI

/// Which responses get the script that reloads pages, and what becomes of them.
struct ScriptInsertionTests {
    static let navigation: Headers = [
        "Host": "127.0.0.1:3000", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate",
    ]

    private static func insertion(_ headers: Headers = navigation, method: HTTP.Method = .get) -> ScriptInsertion? {
        ScriptInsertion(for: Request(method: method, target: "/", headers: headers, id: 7), revision: "s-3")
    }

    private static func with(_ fields: (String, String)..., base: Headers = navigation) -> Headers {
        var headers = base
        for (name, value) in fields { headers.set(name, value) }
        return headers
    }

    @Test("Only navigations are for pages") func onlyNavigationsAreForPages() {
        #expect(Self.insertion() != nil)
        #expect(Self.insertion(method: .post) != nil)
        #expect(Self.insertion(Self.with(("Sec-Fetch-Dest", "iframe"))) != nil)
        #expect(Self.insertion(method: .head) == nil)
        #expect(Self.insertion(Self.with(("Range", "bytes=0-9"))) == nil)
        for destination in ["empty", "script", "style", "image", "object", ""] {
            let fields = Self.with(("Sec-Fetch-Dest", destination), ("Sec-Fetch-Mode", "cors"))
            #expect(Self.insertion(fields) == nil, "\(destination)")
        }
        // As service workers pass navigations on, which scripts cannot make.
        #expect(Self.insertion(Self.with(("Sec-Fetch-Dest", "empty"))) != nil)
        // Without these fields, as browsers send to addresses of other machines.
        let plain: Headers = ["Accept": "text/html,application/xhtml+xml", "Upgrade-Insecure-Requests": "1"]
        #expect(Self.insertion(plain) != nil)
        #expect(Self.insertion(["Accept": "text/html"]) == nil)
        #expect(Self.insertion(["Accept": "*/*", "Upgrade-Insecure-Requests": "1"]) == nil)
        #expect(Self.insertion([:]) == nil)
    }

    @Test(
        "Html is a page",
        arguments: [
            ["Content-Type": "text/html"], ["content-type": "Text/HTML; charset=\"utf-8\""],
            ["Content-Type": "text/html", "Content-Encoding": "identity"],
            ["Content-Type": "text/html", "Content-Disposition": "inline"],
        ] as [Headers])
    func htmlIsAPage(headers: Headers) throws {
        let response = try #require(Self.insertion()).apply(
            to: Response(headers: headers, body: .bytes(Array("<p>".utf8))))
        guard case .bytes(let bytes) = response.body else { throw CocoaError(.fileReadUnknown) }
        let script = "<script src=\"/.hippo/reload.js\" data-revision=\"s-3\" data-request=\"7\" async></script>"
        #expect(String(decoding: bytes, as: UTF8.self) == script + "<p>")
        #expect(response.headers["Vary"] == "Sec-Fetch-Dest, Sec-Fetch-Mode")
    }

    @Test(
        "Whatever else is left alone",
        arguments: [
            (200, [:]), (200, ["Content-Type": "text/plain"]), (200, ["Content-Type": "application/xhtml+xml"]),
            (200, ["Content-Type": "text/html; charset=UTF-16"]),
            (200, ["Content-Type": "text/html", "Content-Encoding": "gzip"]),
            (200, ["Content-Type": "text/html", "Content-Disposition": "attachment; filename=a.html"]),
            (206, ["Content-Type": "text/html", "Content-Range": "bytes 0-1/2"]), (204, ["Content-Type": "text/html"]),
        ] as [(Int, Headers)])
    func whateverElseIsLeftAlone(status: Int, headers: Headers) throws {
        let response = try #require(Self.insertion()).apply(
            to: Response(status: Status(status), headers: headers, body: .bytes(Array("<p>".utf8))))
        guard case .bytes(let bytes) = response.body else { throw CocoaError(.fileReadUnknown) }
        #expect(bytes == Array("<p>".utf8))
        #expect(response.headers.map(\.name) == headers.map(\.name))
    }

    @Test("Text in sixteen bits is left alone") func textInSixteenBitsIsLeftAlone() throws {
        let wide: [UInt8] = [0xFF, 0xFE, 0x3C, 0x00]
        let response = try #require(Self.insertion()).apply(
            to: Response(headers: ["Content-Type": "text/html"], body: .bytes(wide)))
        guard case .bytes(let bytes) = response.body else { throw CocoaError(.fileReadUnknown) }
        #expect(bytes == wide)
    }

    @Test("An entity tag holds for one revision") func anEntityTagHoldsForOneRevision() throws {
        var headers: Headers = ["Content-Type": "text/html", "ETag": "\"a/b\"", "Content-Length": "3"]
        let element = try #require(Self.insertion()?.element(for: .ok, &headers, bodyBeginning: []))
        #expect(headers["ETag"] == "W/\"hippo-s-3/s/a/b\"")
        #expect(headers["Content-Length"] == String(3 + element.count))
        // The same revision: the app sees its own tag.
        let again = try #require(Self.insertion(Self.with(("If-None-Match", "W/\"hippo-s-3/s/a/b\""))))
        #expect(again.request.headers["If-None-Match"] == "\"a/b\"")
        let unchanged = again.apply(to: Response(status: .notModified, headers: ["ETag": "\"a/b\""]))
        #expect(unchanged.headers["ETag"] == "W/\"hippo-s-3/s/a/b\"")
        // Another one, or a tag of the app's own: the page has to be sent.
        for tag in ["W/\"hippo-s-2/s/a/b\"", "\"a/b\""] {
            let other = try #require(Self.insertion(Self.with(("If-None-Match", tag), ("If-Modified-Since", "x"))))
            #expect(other.request.headers["If-None-Match"] == nil)
            #expect(other.request.headers["If-Modified-Since"] == nil)
        }
        // What is fetched is not the page.
        let fetch = Request(target: "/", headers: ["If-None-Match": "W/\"hippo-s-3/w/a\"", "If-Modified-Since": "x"])
        #expect(ScriptInsertion.withoutPageTags(fetch).headers.isEmpty)
        let own = Request(target: "/", headers: ["If-None-Match": "\"a\""])
        #expect(ScriptInsertion.withoutPageTags(own).headers["If-None-Match"] == "\"a\"")
        #expect(PageTag(text: PageTag(original: "W/\"x\"", revision: "s-3").text)?.original == "W/\"x\"")
    }

    @Test("The policies of a page allow the script and nothing else")
    func thePoliciesOfAPageAllowTheScriptAndNothingElse() throws {
        var headers: Headers = [
            "Content-Type": "text/html",
            "Content-Security-Policy":
                "default-src 'none'; img-src 'self'; script-src 'nonce-QUJD' , connect-src https:",
            "Content-Security-Policy-Report-Only": "worker-src",
        ]
        let element = try #require(Self.insertion()?.element(for: .ok, &headers, bodyBeginning: []))
        #expect(String(decoding: element, as: UTF8.self).contains("nonce=\"QUJD\""))
        let own = "127.0.0.1:3000/.hippo/"
        #expect(
            headers["Content-Security-Policy"]
                == "default-src \(own); img-src 'self'; script-src 'nonce-QUJD' \(own), connect-src https: \(own)")
        #expect(headers["Content-Security-Policy-Report-Only"] == "worker-src \(own)")
    }

    @Test("A policy to which addresses mean nothing gets a nonce") func aPolicyToWhichAddressesMeanNothingGetsANonce()
        throws
    {
        var headers: Headers = [
            "Content-Type": "text/html", "Content-Security-Policy": "script-src 'sha256-x' 'strict-dynamic'",
        ]
        let element = try #require(Self.insertion()?.element(for: .ok, &headers, bodyBeginning: []))
        let policy = try #require(headers["Content-Security-Policy"])
        let nonce = try #require(
            policy.split(separator: " ").last.map { String($0.dropFirst("'nonce-".count).dropLast()) })
        #expect(policy == "script-src 'sha256-x' 'strict-dynamic' 127.0.0.1:3000/.hippo/ 'nonce-\(nonce)'")
        #expect(String(decoding: element, as: UTF8.self).contains(" nonce=\"\(nonce)\""))
    }

    @Test("The answer to a form says so") func theAnswerToAFormSaysSo() throws {
        var headers: Headers = ["Content-Type": "text/html"]
        let element = try #require(Self.insertion(method: .post)?.element(for: .ok, &headers, bodyBeginning: []))
        #expect(String(decoding: element, as: UTF8.self).contains("data-method=\"POST\""))
    }

    @Test("A file gets it behind its document type") func aFileGetsItBehindItsDocumentType() throws {
        let directory = try TemporaryDirectory()
        let file = try OpenFile(path: directory.write("<!doctype html><p>", to: "a.html").path)
        let response = try #require(Self.insertion()).apply(
            to: Response(headers: ["Content-Type": "text/html"], body: .file(file, 0..<file.size)))
        guard case .pieces(let pieces) = response.body, pieces.count == 3, case .file(_, 0..<15) = pieces[0],
            case .bytes = pieces[1], case .file(_, 15..<18) = pieces[2]
        else {
            Issue.record("\(response.body)")
            return
        }
        // A comment that is longer than anybody looks: at the end, then.
        let long = try OpenFile(
            path: directory.write("<!--\(String(repeating: "x", count: 20000))--><p>", to: "b.html").path)
        let other = try #require(Self.insertion()).apply(
            to: Response(headers: ["Content-Type": "text/html"], body: .file(long, 0..<long.size)))
        guard case .pieces(let parts) = other.body, case .file(_, 0..<20010) = parts[0] else {
            Issue.record("\(other.body)")
            return
        }
    }
}
