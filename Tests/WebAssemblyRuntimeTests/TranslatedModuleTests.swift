import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Translated modules")
struct TranslatedModuleTests {
    /// A library that another module uses, made for one store.
    private func library(_ text: String, in store: Store) throws -> Instance {
        try TranslatedModule(Guests.module(text)).instantiate(in: store, imports: [])
    }

    @Test("all linkings of a module share its code, and each has its own host functions")
    func linkings() throws {
        let translated = try TranslatedModule(
            Guests.module(
                """
                (module (import "host" "number" (func $number (result i32)))
                  (func (export "f") (result i32) (i32.add (call $number) (i32.const 1))))
                """))
        let linkings = try (0..<3).map { number in
            var linker = Linker()
            linker.define(
                module: "host", name: "number",
                HostFunction([], to: [.i32]) { $0.setResult(UInt32(number * 10)) })
            return try linker.link(translated)
        }
        for _ in 0..<3 {
            for (number, linked) in linkings.enumerated() {
                #expect(linked.translated === translated)
                #expect(try linked.instantiate(in: Store()).call("f") == [.i32(UInt32(number * 10 + 1))])
            }
        }
    }

    @Test("a block that is used again has the host functions of the new instance")
    func hostFunctionsAnew() throws {
        let translated = try TranslatedModule(
            Guests.module(
                """
                (module (import "host" "number" (func $number (result i32)))
                  (table funcref (elem $number))
                  (func (export "direct") (result i32) (call $number))
                  (func (export "indirect") (result i32) (call_indirect (result i32) (i32.const 0))))
                """))
        for number in 0..<4 as Range<UInt32> {
            let function = HostFunction([], to: [.i32]) { $0.setResult(number) }
            let instance = try translated.instantiate(in: Store(), imports: [.host(function)])
            #expect(try instance.call("direct") == [.i32(number)])
            #expect(try instance.call("indirect") == [.i32(number)])
        }
    }

    @Test("exports are found by their index, for the imports of others")
    func exportsByIndex() throws {
        let store = Store()
        let exporter = try library(
            """
            (module (func (export "f") (result i32) (i32.const 1)) (memory (export "m") 1 2)
              (table (export "t") 3 funcref) (global (export "g") i32 (i32.const 7)) (tag (export "e")))
            """, in: store)
        let kinds = exporter.module.exports.indices.map { exporter.export(at: $0).type.kind }
        #expect(kinds == exporter.module.exports.map(\.kind))
        guard case .global(let global) = exporter.export(at: 3) else {
            Issue.record("the fourth export is a global")
            return
        }
        #expect(global.value == .i32(7))
    }

    /// A library and its user in a store of their own, as a component has them.
    private func pair(_ library: TranslatedModule, _ user: TranslatedModule) throws -> (Instance, Instance) {
        let store = Store()
        let exporter = try library.instantiate(in: store, imports: [])
        let imports = exporter.module.exports.indices.map { exporter.export(at: $0) }
        return (exporter, try user.instantiate(in: store, imports: imports))
    }

    @Test("a module that imports functions, a memory, a table and globals of others begins anew in each store")
    func importsOfInstances() throws {
        let library = try TranslatedModule(
            Guests.module(
                """
                (module (memory (export "memory") 1) (table (export "table") 4 funcref)
                  (global (export "base") i32 (i32.const 2)) (global (export "count") (mut i32) (i32.const 10))
                  (func (export "load") (result i32) (i32.load (i32.const 100)))
                  (elem (i32.const 0) $own) (func $own (result i32) (i32.const 1))
                  (func (export "through") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))
                """))
        let user = try TranslatedModule(
            Guests.module(
                """
                (module (import "l" "memory" (memory 1)) (import "l" "table" (table 4 funcref))
                  (import "l" "base" (global $base i32)) (import "l" "count" (global $count (mut i32)))
                  (import "l" "load" (func $load (result i32)))
                  (import "l" "through" (func $through (param i32) (result i32)))
                  (global $twice (mut i32) (i32.mul (global.get $base) (i32.const 2)))
                  (elem (global.get $base) $load $mine) (data (i32.const 100) "\\05")
                  (func $mine (result i32) (global.get $twice))
                  (func (export "run") (result i32)
                    (global.set $count (i32.add (global.get $count) (i32.const 1)))
                    (global.set $twice (i32.add (global.get $twice) (i32.const 1)))
                    (i32.store (i32.const 100) (i32.add (call $load) (i32.const 1)))
                    (i32.add (global.get $count)
                      (i32.add (call $through (i32.const 2)) (call $through (i32.const 3)))))
                  (func (export "clear") (table.set (i32.const 0) (ref.null func))))
                """))
        for _ in 0..<4 {
            let (exporter, instance) = try pair(library, user)
            #expect(try exporter.call("through", .i32(0)) == [.i32(1)])
            #expect(try exporter.trap("through", .i32(1))?.message == "uninitialized element 1")
            #expect(try instance.call("run") == [.i32(11 + 6 + 5)])
            #expect(try instance.call("run") == [.i32(12 + 7 + 6)])
            try instance.call("clear")
            #expect(try exporter.trap("through", .i32(0))?.message == "uninitialized element 0")
        }
    }

    @Test("what begins with a reference from elsewhere is made again for each instance")
    func importedReferences() throws {
        let library = try TranslatedModule(
            Guests.module(
                """
                (module (global (export "f") funcref (ref.func $f)) (global $n (mut i32) (i32.const 0))
                  (func $f (result i32)
                    (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
                """))
        let user = try TranslatedModule(
            Guests.module(
                """
                (module (import "l" "f" (global $f funcref))
                  (table 2 funcref (global.get $f)) (global $again funcref (global.get $f))
                  (table $other 1 funcref)
                  (elem $passive funcref (item (global.get $again)))
                  (func (export "run") (result i32)
                    (table.init $other $passive (i32.const 0) (i32.const 0) (i32.const 1))
                    (i32.add (call_indirect (result i32) (i32.const 0))
                      (call_indirect $other (result i32) (i32.const 0)))))
                """))
        for _ in 0..<4 { #expect(try pair(library, user).1.call("run") == [.i32(3)]) }
    }

    @Test("a segment that does not fit into an imported table leaves nothing behind for the next instance")
    func failure() throws {
        let user = try TranslatedModule(
            Guests.module(
                """
                (module (import "l" "t" (table $t 1 funcref)) (table $own 1 funcref) (func $f (result i32) (i32.const 5))
                  (elem (table $own) (i32.const 0) func $f) (elem (table $t) (i32.const 1) func $f)
                  (func (export "set") (table.set $own (i32.const 0) (ref.null func)))
                  (func (export "run") (result i32) (call_indirect $own (result i32) (i32.const 0))))
                """))
        let long = try TranslatedModule(Guests.module(#"(module (table (export "t") 2 funcref))"#))
        let short = try TranslatedModule(Guests.module(#"(module (table (export "t") 1 funcref))"#))
        for _ in 0..<3 {
            let instance = try pair(long, user).1
            #expect(try instance.call("run") == [.i32(5)])
            try instance.call("set")
            #expect(throws: Trap.self) { try pair(short, user) }
        }
    }

    @Test("a store ends though its instances import from each other")
    func noCycle() throws {
        weak var store: Store?
        do {
            let exporter = try library(#"(module (func (export "f")))"#, in: Store())
            var linker = Linker()
            linker.define(exporter, as: "l")
            let user = try linker.link(Guests.module(#"(module (import "l" "f" (func)))"#))
                .instantiate(in: exporter.store)
            store = user.store
            #expect(store != nil)
        }
        #expect(store == nil)
    }
}
