import Dispatch
import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Embedding")
struct EmbeddingTests {
    @Test("a link error lists all imports that are unknown or of another type")
    func linkErrors() throws {
        let module = try Guests.module(
            """
            (module
              (import "a" "known" (func (param i32)))
              (import "a" "other" (func (result i64)))
              (import "b" "memory" (memory 1)))
            """)
        var linker = Linker()
        linker.define(module: "a", name: "known", HostFunction([.i32]) { _ in })
        linker.define(module: "a", name: "other", HostFunction([], to: [.i32]) { $0.setResult(1 as UInt32) })
        let error = #expect(throws: LinkError.self) { try linker.link(module) }
        #expect(error?.problems.map { "\($0.wanted.module).\($0.wanted.name)" } == ["a.other", "b.memory"])
        #expect(error?.description.contains("2 imports cannot be resolved") == true)
    }

    @Test("names that differ in their bytes are different, even if they are the same text")
    func exactNames() throws {
        // Å, once as a letter with a ring, once as the sign for ångström.
        let (letter, sign) = ("\u{C5}", "\u{212B}")
        #expect(letter == sign)
        func imports(_ module: String, _ name: String) throws -> Module {
            try Guests.module("(module (func (export \"f\") (import \"\(module)\" \"\(name)\") (result i32)))")
        }
        var linker = Linker()
        linker.define(module: "m", name: letter, HostFunction([], to: [.i32]) { $0.setResult(1 as UInt32) })
        #expect(linker.isDefined(module: "m", name: letter))
        #expect(!linker.isDefined(module: "m", name: sign))
        let unknown = try imports("m", sign)
        #expect(throws: LinkError.self) { try linker.link(unknown) }
        linker.define(module: "m", name: sign, HostFunction([], to: [.i32]) { $0.setResult(2 as UInt32) })
        let store = Store()
        #expect(try linker.link(imports("m", letter)).instantiate(in: store).call("f") == [.i32(1)])
        #expect(try linker.link(imports("m", sign)).instantiate(in: store).call("f") == [.i32(2)])
        let exporter = try Guests.instance(
            """
            (module (func (export "\(letter)") (result i32) (i32.const 3))
              (func (export "\(sign)") (result i32) (i32.const 4)))
            """, in: store)
        linker.define(exporter, as: sign)
        #expect(try linker.link(imports(sign, letter)).instantiate(in: store).call("f") == [.i32(3)])
        #expect(try linker.link(imports(sign, sign)).instantiate(in: store).call("f") == [.i32(4)])
        let other = try imports(letter, letter)
        #expect(throws: LinkError.self) { try linker.link(other) }
    }

    @Test("a host function reads arguments and the caller's memory, and sets results")
    func hostFunctions() throws {
        var linker = Linker()
        linker.define(
            module: "host", name: "sum",
            HostFunction([.i32, .i32], to: [.i64]) { caller in
                let memory = try #require(caller.memory)
                let bytes = try memory.bytes(at: caller.i32(0), count: caller.i32(1))
                caller.setResult(bytes.reduce(UInt64(0)) { $0 + UInt64($1) })
            })
        let instance = try Guests.instance(
            """
            (module (import "host" "sum" (func $sum (param i32 i32) (result i64)))
              (memory (export "memory") 1) (data (i32.const 100) "\\01\\02\\03")
              (func (export "f") (param i32 i32) (result i64)
                (i64.add (i64.const 1) (call $sum (local.get 0) (local.get 1)))))
            """, linker: linker)
        #expect(try instance.call("f", .i32(100), .i32(3)) == [.i64(7)])
        #expect(try instance.trap("f", .i32(65535), .i32(2))?.message == "out of bounds memory access")
    }

    @Test("instances of one module share nothing that they can change")
    func isolation() throws {
        let data = String(repeating: "x", count: 40_000)
        let linked = try Linker().link(
            try Guests.module(
                """
                (module (memory (export "memory") 2) (data (i32.const 1000) "\(data)")
                  (global $count (mut i32) (i32.const 5))
                  (func (export "count") (result i32)
                    (i32.store8 (i32.const 1000) (i32.const 33))
                    (i32.store8 (i32.const 100000) (i32.const 33))
                    (global.set $count (i32.add (global.get $count) (i32.const 1)))
                    (global.get $count)))
                """))
        // The memory of an instance that ended is used again: with its first contents.
        for _ in 0..<5 {
            let instance = try linked.instantiate(in: Store())
            let memory = try #require(instance.memory(named: "memory"))
            #expect(try memory.load(1000, as: UInt8.self) == UInt8(ascii: "x"))
            #expect(try memory.load(40_999, as: UInt8.self) == UInt8(ascii: "x"))
            #expect(try memory.load(100_000, as: UInt8.self) == 0)
            #expect(try instance.call("count") == [.i32(6)])
            #expect(try instance.call("count") == [.i32(7)])
        }
    }

    @Test("threads share a module's code")
    func threads() throws {
        let linked = try Linker().link(
            try Guests.module(
                """
                (module
                  (func $f0 (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
                  (func $f1 (param i32) (result i32) (call $f0 (i32.add (local.get 0) (i32.const 1))))
                  (func (export "f") (param i32) (result i32) (call $f1 (local.get 0))))
                """))
        DispatchQueue.concurrentPerform(iterations: 16) { index in
            let result = try? linked.instantiate(in: Store()).function(named: "f")?.call([.i32(UInt32(index))])
            #expect(result == [.i32(UInt32(index + 1) * 3)])
        }
    }

    @Test("what one instance exports, another imports")
    func exports() throws {
        let store = Store()
        var linker = Linker()
        let library = try Guests.instance(
            """
            (module (memory (export "memory") 1) (global (export "g") (mut i64) (i64.const 9))
              (table (export "t") 4 funcref) (elem (i32.const 2) $one)
              (func $one (export "one") (result i32) (i32.load (i32.const 0))))
            """, in: store)
        linker.define(library, as: "library")
        let user = try Guests.instance(
            """
            (module (import "library" "memory" (memory 1)) (import "library" "g" (global $g (mut i64)))
              (import "library" "t" (table 4 funcref)) (import "library" "one" (func $one (result i32)))
              (func (export "direct") (result i32) (i32.store (i32.const 0) (i32.const 41)) (call $one))
              (func (export "indirect") (result i32) (call_indirect (result i32) (i32.const 2)))
              (func (export "global") (global.set $g (i64.const 10))))
            """, linker: linker, in: store)
        #expect(try user.call("direct") == [.i32(41)])
        #expect(try user.call("indirect") == [.i32(41)])
        try user.call("global")
        #expect(library.global(named: "g")?.value == .i64(10))
    }

    @Test("values pass through calls by their bits")
    func values() throws {
        let instance = try Guests.instance(
            """
            (module
              (func (export "f32") (param f32) (result f32) (local.get 0))
              (func (export "f64") (param f64) (result f64) (local.get 0))
              (func (export "v128") (param i32 v128 i32) (result v128 i32) (local.get 1) (local.get 2))
              (func (export "extern") (param externref) (result externref) (local.get 0)))
            """)
        let signalling = Value.f32(bits: 0x7FA0_0001)
        #expect(try instance.call("f32", signalling) == [signalling])
        #expect(try instance.call("f64", .f64(-0.0)) == [.f64(-0.0)])
        let vector = Value.v128(V128(low: 1, high: 2))
        #expect(try instance.call("v128", .i32(1), vector, .i32(3)) == [vector, .i32(3)])
        #expect(try instance.call("extern", .reference(.external(0))) == [.reference(.external(0))])
        #expect(try instance.call("extern", .reference(.null)) == [.reference(.null)])
    }
}
