import Bindle
import Testing

@testable import WAGI

/// Which requests a route takes, and what it makes of their paths.
struct RouteTests {
    @Test(
        "Takes",
        arguments: [
            ("/foo", "/foo"), ("/foo/", "/foo/"), ("/", "/"), ("/foo/...", "/foo"), ("/foo/...", "/foo/"),
            ("/foo/...", "/foo/bar/baz"), ("/...", "/"), ("/...", "/foo"), ("/...", "/foo/bar"), ("/ü/...", "/ü/x"),
        ])
    func takes(route: String, path: String) {
        #expect(Route(route).matches(path))
    }

    @Test(
        "Refuses",
        arguments: [
            ("/foo", "/foo/"), ("/foo", "/foobar"), ("/foo/", "/foo"), ("/", "/foo"), ("/foo/...", "/foobar"),
            ("/foo/...", "/fo"), ("/foo", "/Foo"), ("/foo/...", "/"), ("/...", "*"),
        ])
    func refuses(route: String, path: String) {
        #expect(!Route(route).matches(path))
    }

    @Test(
        "Splits",
        arguments: [
            ("/foo", "/foo", "/foo", ""), ("/foo/...", "/foo", "/foo", ""), ("/foo/...", "/foo/a/b", "/foo", "/a/b"),
            ("/...", "/a%20b", "/", "/a%20b"), ("/...", "/", "/", "/"),
        ])
    func splits(route: String, path: String, scriptName: String, pathInfo: String) {
        #expect(Route(route).scriptName == scriptName)
        #expect(Route(route).pathInfo(of: path) == pathInfo)
    }

    @Test(
        "Appends subroutes",
        arguments: [
            ("/foo", "/bar", "/foo/bar"), ("/foo/...", "/bar", "/foo/bar"), ("/foo/", "/bar", "/foo/bar"),
            ("/...", "/bar/...", "/bar/..."), ("/", "bar", "/bar"), ("/foo", "bar/...", "/foo/bar/..."),
            ("/foo", "/", "/foo/"),
        ])
    func appendsSubroutes(route: String, subpath: String, whole: String) {
        #expect(Route(route).appending(subpath).description == whole)
    }

    @Test("Subroutes are tried last declared first") func subroutesAreTriedLastDeclaredFirst() throws {
        let list = try SubrouteList(Array("/one first\n\n  /two/...\tsecond  \r\n/three third".utf8))
        #expect(list.entries.map(\.path) == ["/three", "/two/...", "/one"])
        #expect(list.entries.map(\.function) == ["third", "second", "first"])
    }

    @Test("Other lines are errors", arguments: ["/one", "/one first third", "/one first\n/two"])
    func otherLinesAreErrors(output: String) {
        #expect(throws: SubrouteList.Malformed.self) { try SubrouteList(Array(output.utf8)) }
    }
}
