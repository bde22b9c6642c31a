import Hippofacts
import TOML
import Testing

@Suite("What reading a HIPPOFACTS costs")
struct ReadingCostTests {
    @Test("Reading a valid HIPPOFACTS makes no error, however many handlers it has")
    func noErrors() throws {
        var text = """
            [bindle]
            name = "app"
            version = "1.0.0"
            authors = ["A <a@example.com>"]

            [annotations]
            key = "value"

            """
        for number in 0..<200 {
            text += """
                [[handler]]
                name = "module-\(number).wasm"
                route = "/route-\(number)/..."
                entrypoint = "main"
                files = ["assets/**/*", "pages/\(number)/*.html"]

                """
        }
        let count = ErrorCount()
        let facts = try ErrorCount.$current.withValue(count) {
            try Hippofacts(parsing: Array(text.utf8), file: "HIPPOFACTS")
        }
        #expect(count.value == 0)
        #expect(facts.entries.count == 200)
        ErrorCount.$current.withValue(count) {
            _ = try? Hippofacts(parsing: Array((text + "[[handler]]\nname = 1\n").utf8), file: "HIPPOFACTS")
        }
        #expect(count.value > 0)
    }
}
