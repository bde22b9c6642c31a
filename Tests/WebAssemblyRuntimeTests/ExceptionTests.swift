import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Exceptions")
struct ExceptionTests {
    @Test("an exception goes through the host and other instances to what catches it")
    func throughOthers() throws {
        let store = Store()
        let tag = Tag(
            TagType(type: CanonicalType(FunctionType(parameters: [.i32], results: []))), in: store)
        var linker = Linker()
        linker.define(module: "host", name: "tag", tag)
        let thrower = try Guests.instance(
            """
            (module (import "host" "tag" (tag $t (param i32)))
              (func (export "throw") (param i32) (throw $t (local.get 0))))
            """, linker: linker, in: store)
        linker.define(thrower, as: "thrower")
        let throwing = try #require(thrower.function(named: "throw"))
        linker.define(
            module: "host", name: "throw",
            HostFunction([.i32]) { caller in
                try throwing.call([.i32(caller.i32(0) + 1)])
            })
        let catcher = try Guests.instance(
            """
            (module (import "host" "tag" (tag $t (param i32)))
              (import "host" "throw" (func $host (param i32)))
              (import "thrower" "throw" (func $direct (param i32)))
              (func (export "host") (param i32) (result i32)
                (block $caught (result i32)
                  (try_table (catch $t $caught) (call $host (local.get 0)))
                  (i32.const -1)))
              (func (export "direct") (param i32) (result i32)
                (block $caught (result i32)
                  (try_table (catch $t $caught) (call $direct (local.get 0)))
                  (i32.const -1)))
              (func (export "uncaught") (call $direct (i32.const 1))))
            """, linker: linker, in: store)
        #expect(try catcher.call("direct", .i32(7)) == [.i32(7)])
        #expect(try catcher.call("host", .i32(7)) == [.i32(8)])
        #expect(try catcher.trap("uncaught")?.message == "unhandled exception")
        #expect(try catcher.call("direct", .i32(9)) == [.i32(9)], "the store goes on working")
    }
}
