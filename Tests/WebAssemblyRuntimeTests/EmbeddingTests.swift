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

    @Test("an instance begins as the first did, whatever the one before has changed")
    func reuse() throws {
        let linked = try Linker().link(
            try Guests.module(
                """
                (module
                  (type $value (func (result i32)))
                  (memory (export "memory") 40)
                  (data (i32.const 16) "near") (data (i32.const 2000000) "far")
                  (data $passive "abcd")
                  (global $count (mut i32) (i32.const 5)) (global (export "constant") i64 (i64.const 7))
                  (global $vector (mut v128) (v128.const i64x2 1 2))
                  (table $t (export "table") 4 8 funcref)
                  (elem (i32.const 1) $one $two) (elem $more func $two $one)
                  (func $one (result i32) (i32.const 1))
                  (func $two (result i32) (i32.const 2))
                  (func (export "sum") (result i32)
                    (i32.add (call_indirect (type $value) (i32.const 1)) (call_indirect (type $value) (i32.const 2))))
                  (func (export "count") (result i32)
                    (global.set $count (i32.add (global.get $count) (i32.const 1)))
                    (global.set $vector (v128.const i64x2 3 4))
                    (global.get $count))
                  (func (export "vector") (result i64) (i64x2.extract_lane 1 (global.get $vector)))
                  (func (export "write")
                    (i32.store (i32.const 16) (i32.const 0)) (i32.store (i32.const 1000000) (i32.const 1))
                    (i32.store8 (i32.const 2000001) (i32.const 0)))
                  (func (export "passive") (result i32)
                    (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 4)) (data.drop $passive)
                    (table.init $t $more (i32.const 2) (i32.const 0) (i32.const 1)) (elem.drop $more)
                    (i32.load (i32.const 0)))
                  (func (export "set") (table.set (i32.const 1) (ref.func $two)))
                  (func (export "fill") (table.fill (i32.const 1) (ref.func $two) (i32.const 2)))
                  (func (export "copy") (table.copy (i32.const 1) (i32.const 2) (i32.const 1)))
                  (func (export "grow") (result i32) (table.grow (ref.func $one) (i32.const 3))))
                """))
        for change in ["", "write", "passive", "set", "fill", "copy", "grow", "host", ""] {
            let instance = try linked.instantiate(in: Store())
            let memory = try #require(instance.memory(named: "memory"))
            #expect(try memory.string(at: 16, count: 4) == "near")
            #expect(try memory.string(at: 2_000_000, count: 3) == "far")
            #expect(try memory.load(1_000_000, as: UInt32.self) == 0)
            #expect(try memory.load(0, as: UInt32.self) == 0)
            #expect(try instance.call("sum") == [.i32(3)])
            #expect(try instance.call("vector") == [.i64(2)])
            #expect(try instance.call("count") == [.i32(6)])
            let table = try #require(instance.table(named: "table"))
            #expect(table.count == 4)
            #expect(try table.element(at: 3) == .null)
            switch change {
            case "": break
            case "passive": #expect(try instance.call("passive") == [.i32(0x6463_6261)])
            case "host": try table.setElement(at: 3, to: table.element(at: 1))
            default: try instance.call(change)
            }
        }
    }

    @Test("a limit of table elements holds for each instance")
    func reuseWithinLimits() throws {
        let linked = try Linker().link(try Guests.module("(module (table 100 funcref))"))
        for _ in 0..<3 {
            _ = try linked.instantiate(in: Store())
            #expect(throws: Trap.self) { try linked.instantiate(in: Store(limits: StoreLimits(tableElements: 99))) }
        }
    }

    @Test("an instance that was not finished leaves nothing behind")
    func reuseAfterFailure() throws {
        let linked = try Linker().link(
            try Guests.module(
                """
                (module (memory 1) (table 1 funcref) (func $f) (global $g (mut i32) (i32.const 3))
                  (func $start (global.set $g (i32.sub (global.get $g) (i32.const 3)))
                    (if (i32.eqz (global.get $g)) (then unreachable)))
                  (start $start)
                  (elem (i32.const 0) $f) (data (i32.const 0) "x"))
                """))
        for _ in 0..<3 { #expect(throws: Trap.self) { try linked.instantiate(in: Store()) } }
        let unfit = try Linker().link(
            try Guests.module("(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))"))
        for _ in 0..<3 { #expect(throws: Trap.self) { try unfit.instantiate(in: Store()) } }
    }

    @Test("objects that globals begin with belong to one store each")
    func reuseWithObjects() throws {
        let linked = try Linker().link(
            try Guests.module(
                """
                (module (type $box (struct (field (mut i32))))
                  (global $box (ref $box) (struct.new $box (i32.const 1)))
                  (func (export "count") (result i32)
                    (struct.set $box 0 (global.get $box)
                      (i32.add (struct.get $box 0 (global.get $box)) (i32.const 1)))
                    (struct.get $box 0 (global.get $box))))
                """))
        for _ in 0..<3 { #expect(try linked.instantiate(in: Store()).call("count") == [.i32(2)]) }
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
