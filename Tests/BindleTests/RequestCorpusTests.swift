import HTTP
import TestSupport
import Testing

@Suite("Malformed and ambiguous requests to the Bindle server")
struct BindleRequestCorpusTests {
    @Test("each gets the answer that RFC 9110 and 9112 ask for, and its connection ends")
    func corpus() throws {
        let server = try RunningServer(.immutable)
        let port = try #require(
            SocketAddress.parse(server.url.dropFirst("http://".count).dropLast("/v1".count).description)?.port)
        #expect(try RequestCorpus.failures(port: port, readsBodies: false) == [])
    }
}
