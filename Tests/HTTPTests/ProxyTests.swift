import Synchronization
import Testing

@testable import HTTP

@Suite("The proxy of the environment")
struct ProxyTests {
    @Test(
        "is asked for plain http, unless a list or the host says otherwise",
        arguments: [
            (["http_proxy": "http://p:1"], "http://example.com/", "http://p:1/"),
            (["HTTP_PROXY": "p:1"], "http://example.com/", "http://p:1/"),
            (["ALL_PROXY": "http://p:1/"], "http://example.com/", "http://p:1/"),
            (["all_proxy": "p"], "http://example.com/", "http://p:1080/"),
            (["HTTP_PROXY": "http://a:1", "http_proxy": "http://b:2"], "http://example.com/", "http://b:2/"),
            (["http_proxy": "http://[::1]:3"], "http://example.com/", "http://[::1]:3/"),
            (["http_proxy": "http://p:1"], "https://example.com/", nil),
            (["http_proxy": "http://p:1"], "http://127.0.0.1:8080/", nil),
            (["http_proxy": "http://p:1"], "http://[::1]:8080/", nil),
            (["http_proxy": "http://p:1"], "http://app.localhost/", nil),
            (["http_proxy": "http://p:1", "NO_PROXY": "example.com"], "http://example.com/", nil),
            (["http_proxy": "http://p:1", "no_proxy": ".example.com, other"], "http://a.example.com/", nil),
            (["http_proxy": "http://p:1", "no_proxy": "example.com"], "http://anexample.com/", "http://p:1/"),
            (["http_proxy": "http://p:1", "no_proxy": "*"], "http://example.com/", nil),
            (["http_proxy": "http://p:1", "no_proxy": "example.com:81"], "http://example.com/", "http://p:1/"),
            (["http_proxy": "http://p:1", "no_proxy": "10.0.0.1"], "http://10.0.0.1/", nil),
            (["http_proxy": ""], "http://example.com/", nil), ([:], "http://example.com/", nil),
        ] as [([String: String], String, String?)])
    func routes(environment: [String: String], url: String, proxy: String?) throws {
        switch ProxySettings(environment: environment).route(to: try HTTPURL(url)) {
        case .direct: #expect(proxy == nil)
        case .proxy(let found): #expect(found.url.description == proxy)
        case .unusable(let problem): Issue.record("\(problem)")
        }
    }

    @Test(
        "that does not speak HTTP is an error, not passed over", arguments: ["socks5://p:1", "https://p:1", "http://"])
    func unusable(proxy: String) throws {
        var configuration = ClientConfiguration()
        configuration.proxies = ProxySettings(environment: ["http_proxy": proxy])
        let request = ClientRequest(.get, try HTTPURL("http://example.com/"))
        let error = #expect(throws: ClientError.self) { try Client(configuration: configuration).send(request) }
        #expect(error?.description.contains("proxy") == true)
    }

    @Test("gets the whole URL, and who one is to it") func request() throws {
        let seen = Mutex<[Request]>([])
        let proxy = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, _, writer in
            seen.withLock { $0.append(request) }
            try writer.respond(Response(text: "from afar"))
        }
        try proxy.start()
        defer { proxy.stop() }
        var configuration = ClientConfiguration()
        configuration.proxies = ProxySettings(environment: ["http_proxy": "http://ada:p%40ss@\(proxy.address)"])
        let client = Client(configuration: configuration)
        for path in ["/a?b=c", "/d"] {
            let response = try client.send(ClientRequest(.get, try HTTPURL("http://nowhere.invalid:81\(path)")))
            #expect(try response.readAll(limit: 100) == Array("from afar".utf8))
        }
        let requests = seen.withLock { $0 }
        // The server reduces an absolute target to its path, and puts its host into the field.
        #expect(requests.map(\.target) == ["/a?b=c", "/d"])
        #expect(requests.allSatisfy { $0.headers["Host"] == "nowhere.invalid:81" })
        #expect(requests.allSatisfy { $0.headers["Proxy-Authorization"] == "Basic YWRhOnBAc3M=" })
    }
}
