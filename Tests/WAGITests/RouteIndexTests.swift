import Bindle
import TestSupport
import Testing

@testable import WAGI

@Suite("The table of routes")
struct RouteIndexTests {
    /// What trying one route after the other finds.
    private func first(_ routes: [Route], _ path: String) -> Int? { routes.firstIndex { $0.matches(path) } }

    @Test("the first route that takes a path is found")
    func order() {
        let routes = ["/a", "/a/...", "/a/b", "/a/b/...", "/...", "/c/", "/c", "/é", "/x//y/...", "/c"].map(Route.init)
        let index = RouteIndex(routes)
        for path in [
            "/", "", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/c", "/c/", "/c/d", "/é", "/e\u{301}", "/x//y", "/x//y/z",
            "//",
            "/a//b", "x",
        ] {
            #expect(index.route(for: path) == first(routes, path), "\(path)")
        }
    }

    @Test("any routes and paths are matched as one after the other", arguments: 0..<20)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func path() -> String {
            (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                "/" + ["a", "b", "", "ab"].randomElement(using: &generator)!
            }
            .joined()
        }
        let routes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
            Route(path() + (Bool.random(using: &generator) ? "/..." : ""))
        }
        let index = RouteIndex(routes)
        for _ in 0..<200 {
            let path = path()
            #expect(index.route(for: path) == first(routes, path), "\(path) of \(routes), seed \(seed)")
        }
    }

    @Test("a thousand routes cost a request no more than ten do")
    func manyRoutes() {
        func lookups(_ count: Int, _ path: String) -> Int {
            let index = RouteIndex((0..<count).map { Route("/app/handler\(1000 + $0)/...") } + [Route("/app/...")])
            var lookups = 0
            #expect(index.route(for: path) != nil)
            _ = index.route(for: path) { _ in lookups += 1 }
            return lookups
        }
        for path in ["/app", "/app/handler1003", "/app/handler1003/below/and/further", "/app/other/a/b/c/d/e/f"] {
            #expect(lookups(1000, path) == lookups(10, path), "\(path)")
            #expect(lookups(1000, path) <= 3, "\(path)")
        }
    }

    @Test("a path of nothing but slashes costs no more than another")
    func slashes() {
        let index = RouteIndex([Route("/a/b/..."), Route("/...")])
        var lookups = 0
        #expect(index.route(for: String(repeating: "/", count: 16_000)) { _ in lookups += 1 } == 1)
        #expect(lookups <= 2)
    }
}
