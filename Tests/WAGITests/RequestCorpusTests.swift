import TestSupport
import Testing

@Suite("Malformed and ambiguous requests to modules")
struct ModuleRequestCorpusTests {
    @Test("each gets the answer that RFC 9110 and 9112 ask for, and its connection ends")
    func corpus() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n", at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (call $copy (i32.const 0)))
            """)
        let app = try ServedApplication(module)
        #expect(try RequestCorpus.failures(port: app.server.address.port, readsBodies: true) == [])
    }
}
