import Testing
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

@testable import WASI

/// What calls of WASI functions say to people.
struct CallDescriptionTests {
    @Test("Every function is described", arguments: Edition.allCases) func everyFunctionIsDescribed(_ edition: Edition)
    {
        let counts = Dictionary(
            uniqueKeysWithValues: WASIFunction.all(of: edition).map { ($0.name, $0.parameters.count) })
        for (name, count) in counts { #expect(WASICallDescription.argumentCounts[name] == count, "\(name)") }
    }

    @Test("Errors have the names of the specification") func errorsHaveTheNamesOfTheSpecification() {
        #expect(ErrorNumber.success.symbol == "success")
        #expect(ErrorNumber.noEntry.symbol == "ENOENT")
        #expect(ErrorNumber.argumentListTooLong.symbol == "E2BIG")
        #expect(ErrorNumber.notCapable.symbol == "ENOTCAPABLE")
        #expect(ErrorNumber.interrupted.symbol == "EINTR")
    }

    private static let module = """
        (module (memory (export "memory") 1)
          (data (i32.const 0) "\\40\\00\\00\\00\\03\\00\\00\\00\\50\\00\\00\\00\\02\\00\\00\\00")
          (data (i32.const 0x20) "\\04\\00\\00\\00")
          (data (i32.const 0x40) "a\\"b") (data (i32.const 0x50) "c\\0a")
          (data (i32.const 0x60) "\\ff\\00") (data (i32.const 0x100) "\(String(repeating: "x", count: 100))"))
        """

    private static func memory() throws -> Memory {
        let instance = try Linker().link(Module(bytes: assemble(module))).instantiate(in: Store())
        return try #require(instance.memory(named: "memory"))
    }

    private static func call(_ name: String, _ arguments: Value...) throws -> WASICallDescription {
        try #require(WASICallDescription(module: "wasi_snapshot_preview1", name: name, arguments: arguments))
    }

    @Test("What is written is shown") func whatIsWrittenIsShown() throws {
        let memory = try Self.memory()
        let call = try Self.call("fd_write", .i32(1), .i32(0), .i32(2), .i32(0x20))
        #expect(call.arguments(in: memory) == #"fd=1, iovs="a\"bc\n""#)
        #expect(call.results([.i32(0)], in: memory) == "success, nwritten=4")
        #expect(call.results([.i32(8)], in: memory) == "EBADF")
        #expect(call.results([.i32(1000)], in: memory) == "1000")
    }

    @Test("What has been read is shown") func whatHasBeenReadIsShown() throws {
        let memory = try Self.memory()
        let call = try Self.call("fd_read", .i32(0), .i32(0), .i32(2), .i32(0x20))
        #expect(call.arguments(in: memory) == "fd=0, iovs=5 bytes")
        #expect(call.results([.i32(0)], in: memory) == #"success, nread=4, "a\"bc""#)
    }

    @Test("Paths are text") func pathsAreText() throws {
        let memory = try Self.memory()
        let call = try Self.call("path_unlink_file", .i32(3), .i32(0x40), .i32(3))
        #expect(call.arguments(in: memory) == #"fd=3, path="a\"b""#)
        #expect(call.results([.i32(44)], in: memory) == "ENOENT")
        let long = try Self.call("path_unlink_file", .i32(3), .i32(0x100), .i32(100))
        #expect(long.arguments(in: memory).hasSuffix(#"xxx"… (100 bytes)"#))
        let invalid = try Self.call("path_unlink_file", .i32(3), .i32(0x60), .i32(2))
        #expect(invalid.arguments(in: memory) == #"fd=3, path="\xff\x00""#)
    }

    @Test("Places out of bounds are said to be") func placesOutOfBoundsAreSaidToBe() throws {
        let memory = try Self.memory()
        let path = try Self.call("path_unlink_file", .i32(3), .i32(65_530), .i32(100))
        #expect(path.arguments(in: memory) == "fd=3, path=(out of bounds)")
        let write = try Self.call("fd_write", .i32(1), .i32(65_530), .i32(.max), .i32(.max))
        #expect(write.arguments(in: memory) == "fd=1, iovs=\"\"")
        #expect(write.results([.i32(0)], in: memory) == "success")
        #expect(write.arguments(in: nil) == "fd=1, iovs=\"\"")
    }

    @Test("Other functions are not described") func otherFunctionsAreNotDescribed() {
        #expect(WASICallDescription(module: "env", name: "fd_close", arguments: [.i32(1)]) == nil)
        #expect(WASICallDescription(module: "wasi_snapshot_preview1", name: "x", arguments: []) == nil)
        #expect(WASICallDescription(module: "wasi_snapshot_preview1", name: "fd_close", arguments: []) == nil)
    }
}
