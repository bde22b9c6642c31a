import HTTP
import TestSupport
import Testing

@Suite("Malformed and ambiguous requests")
struct RequestCorpusTests {
    @Test("each gets the answer that RFC 9110 and 9112 ask for, and its connection ends")
    func corpus() throws {
        #expect(RequestCorpus.cases.count >= 300)
        let server = try TestServer(handler: echo)
        #expect(try RequestCorpus.failures(port: server.address.port, readsBodies: true) == [])
        #expect(try server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
    }
}
