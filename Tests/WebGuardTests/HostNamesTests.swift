import HTTP
import Testing
import WebGuard

@Suite("Names of a listener")
struct HostNamesTests {
    @Test(
        "are addresses, and names that no stranger can own",
        arguments: [
            "127.0.0.1", "127.0.0.1:3000", "192.168.1.5:80", "[::1]", "[::1]:3000", "localhost", "LOCALHOST:3000",
            "localhost.:3000", "stable.hello.localhost:3000", "laptop", "laptop.local:3000", "app.test", "a.internal",
            "router.home.arpa",
        ])
    func localNames(field: String) {
        #expect(HostNames().accept(hostField: field))
    }

    @Test(
        "are no names of the public web, and nothing malformed",
        arguments: [
            "evil.example", "evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example", "", ":3000", ".",
            "[::1", "[evil.example]", "[::1]x", "localhost:30a", "localhost:3000:80", "evil.example.",
            "localhost@evil.example", "127.1.example",
        ])
    func foreignNames(field: String) {
        #expect(!HostNames().accept(hostField: field))
    }

    @Test("are further ones that are allowed, in any case and at any port")
    func allowedNames() {
        let names = HostNames(allowing: ["Demo.Example.com"], machineName: "build.corp.example")
        #expect(names.accept(hostField: "demo.example.com:8080"))
        #expect(names.accept(hostField: "DEMO.example.com."))
        #expect(names.accept(hostField: "build.corp.example"))
        #expect(!names.accept(hostField: "x.demo.example.com"))
        #expect(!names.accept(hostField: "example.com"))
    }

    @Test("are all names where that is said")
    func everyName() {
        #expect(HostNames.all.accept(hostField: "evil.example"))
        #expect(HostNames(allowing: ["a.example", "*"]).accept(hostField: "b.example"))
    }

    @Test("are not asked for where a request of HTTP/1.0 has no Host")
    func noHostField() {
        #expect(HostNames().accept(Request(target: "/", version: .http10)))
    }
}
