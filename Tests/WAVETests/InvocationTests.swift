import ComponentModel
import Testing
import WAVE

@Suite struct InvocationTests {
    @Test("A call has a function's name and its arguments")
    func plain() throws {
        let invocation = try Invocation(parsing: #"f-g (1, "a", [2])"#)
        #expect(invocation.interface == nil)
        #expect(invocation.function == "f-g")
        let values = try invocation.arguments([
            ValueType.Field("a", .u8), ValueType.Field("b", .string), ValueType.Field("c", .bytes),
        ])
        #expect(values == [.u8(1), .string("a"), .bytes([2])])
    }

    @Test(
        "The interface may stand before the function, its version behind either",
        arguments: [
            ("ns:pkg/iface.f()", "ns:pkg/iface"), ("ns:pkg/iface@1.2.3.f()", "ns:pkg/iface@1.2.3"),
            ("ns:pkg/iface.f@1.2.3()", "ns:pkg/iface@1.2.3"), ("iface.f()", "iface"),
        ])
    func interfaces(_ text: String, _ interface: String) throws {
        let invocation = try Invocation(parsing: text)
        #expect(invocation.interface == interface)
        #expect(invocation.function == "f")
        #expect(invocation.names(interface: interface))
        #expect(!invocation.names(interface: "ns:pkg/other"))
    }

    @Test("An interface without a version names every version of it")
    func versions() throws {
        let invocation = try Invocation(parsing: "ns:pkg/iface.f()")
        #expect(invocation.names(interface: "ns:pkg/iface@0.1.0"))
        #expect(try !Invocation(parsing: "ns:pkg/iface@1.0.0.f()").names(interface: "ns:pkg/iface@0.1.0"))
    }

    @Test("Options at the end may be left out")
    func optional() throws {
        let parameters = [
            ValueType.Field("a", .u8), ValueType.Field("b", .option(.u8)), ValueType.Field("c", .option(.string)),
        ]
        #expect(try Invocation(parsing: "f(1)").arguments(parameters) == [.u8(1), .none, .none])
        #expect(try Invocation(parsing: "f(1, some(2),)").arguments(parameters) == [.u8(1), .some(.u8(2)), .none])
    }

    @Test(
        "A call that does not fit says what the function takes",
        arguments: [
            ("f()", 3, "takes 1 argument (path: string), and 0 are given"),
            (#"f("a", 2)"#, 8, "takes 1 argument (path: string)"), (#"f("a""#, 6, "')'"),
            (#"f("a") g"#, 8, "ends before 'g'"), ("f(1)", 3, "a string"),
        ])
    func refused(_ text: String, _ column: Int, _ part: String) throws {
        let invocation = try Invocation(parsing: text)
        let error = #expect(throws: WAVEError.self) {
            _ = try invocation.arguments([ValueType.Field("path", .string)])
        }
        #expect(error?.column == column, "\(text): \(error?.description ?? "")")
        #expect(error?.message.contains(part) == true, "\(text): \(error?.description ?? "")")
    }

    @Test("Without arguments, the name alone is not a call")
    func nameAlone() {
        let error = #expect(throws: WAVEError.self) { _ = try Invocation(parsing: "f") }
        #expect(error?.message.contains("'f()'") == true)
    }
}
