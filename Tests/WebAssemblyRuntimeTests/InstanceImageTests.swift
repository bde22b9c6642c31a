import Dispatch
import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Images of instances")
struct InstanceImageTests {
    /// A program that has a memory and a table, and one that has neither but imports both, as a component links them.
    private struct Program {
        static let main = """
            (module $main
              (import "host" "next" (func $next (result i32)))
              (memory (export "memory") 2) (table $t (export "table") 6 funcref)
              (global $count (export "count") (mut i32) (i32.const 0))
              (global $hook (export "hook") (mut funcref) (ref.null func))
              (global $external (mut externref) (ref.null extern))
              (tag $e (export "tag") (param i32))
              (type $value (func (result i32)))
              (elem (i32.const 0) $one $next)
              (elem $passive funcref (ref.func $one) (ref.null func))
              (data $bytes "hello")
              (func $one (export "one") (result i32) (i32.const 1))
              (func (export "through") (param i32) (result i32) (call_indirect (type $value) (local.get 0)))
              (func $start
                (global.set $count (call $next))
                (memory.init $bytes (i32.const 70000) (i32.const 0) (i32.const 5)) (data.drop $bytes)
                (drop (memory.grow (i32.const 3)))
                (i32.store (i32.const 250000) (i32.const 77)))
              (start $start)
              (func (export "passive") (result i32)
                (table.init $t $passive (i32.const 5) (i32.const 0) (i32.const 1))
                (call_indirect (type $value) (i32.const 5)))
              (func (export "again") (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 1)))
              (func (export "dropPassive") (elem.drop $passive))
              (func (export "throw") (throw $e (i32.const 9)))
              (func (export "setExternal") (param externref) (global.set $external (local.get 0)))
              (func (export "external") (result externref) (global.get $external))
              (func (export "change")
                (global.set $count (i32.const 99)) (i32.store (i32.const 70000) (i32.const 0))
                (i32.store (i32.const 0) (i32.const 5)) (i32.store (i32.const 250000) (i32.const 0))
                (table.set $t (i32.const 0) (ref.null func)) (global.set $hook (ref.null func)))
              (func (export "grow") (drop (table.grow $t (ref.null func) (i32.const 9)))
                (drop (memory.grow (i32.const 1)))))
            """
        static let library = """
            (module $library
              (import "main" "memory" (memory 1)) (import "main" "table" (table $t 6 funcref))
              (import "main" "count" (global $count (mut i32))) (import "main" "hook" (global $hook (mut funcref)))
              (import "main" "one" (func $one (result i32))) (import "main" "tag" (tag $e (param i32)))
              (import "main" "throw" (func $throw))
              (import "host" "next" (func $next (result i32)))
              (global $own (mut i32) (i32.const 0))
              (elem (i32.const 2) $mine $one $next)
              (func $mine (result i32) (i32.add (global.get $own) (i32.load (i32.const 250000))))
              (func $start (global.set $own (i32.const 1000)) (global.set $hook (ref.func $mine)))
              (start $start)
              (func (export "sum") (result i32)
                (i32.add (i32.add (global.get $count) (global.get $own)) (i32.load8_u (i32.const 70000))))
              (func (export "set") (global.set $own (i32.const 5)))
              (func (export "hook") (result i32)
                (table.set $t (i32.const 5) (global.get $hook)) (call_indirect $t (result i32) (i32.const 5)))
              (func (export "catch") (result i32)
                (block $b (result i32) (try_table (catch $e $b) (call $throw)) (i32.const 0))))
            """

        let main: TranslatedModule
        let library: TranslatedModule
        /// Counts its calls, in all stores.
        let calls = Counter()

        init() throws {
            main = try TranslatedModule(Guests.module(Self.main))
            library = try TranslatedModule(Guests.module(Self.library))
        }

        func instantiate(in store: Store) throws -> [Instance] {
            let calls = calls
            let next = HostFunction([], to: [.i32]) { $0.setResult(calls.next()) }
            let main = try main.instantiate(in: store, imports: [.host(next)])
            func export(_ name: String) throws -> ExternalValue {
                main.export(at: try #require(main.module.exports.firstIndex { $0.name == name }))
            }
            let imports = try ["memory", "table", "count", "hook", "one", "tag", "throw"].map(export)
            return [main, try library.instantiate(in: store, imports: imports + [.host(next)])]
        }
    }

    private final class Counter: @unchecked Sendable {
        private var count: UInt32 = 40

        func next() -> UInt32 {
            count += 1
            return count
        }

        var now: UInt32 { count }
    }

    @Test("new stores have the instances as they were, without running anything")
    func state() throws {
        let program = try Program()
        let image: InstanceImage
        do {
            let instances = try program.instantiate(in: Store())
            image = try #require(InstanceImage(of: instances))
            // What is done later is not in the image.
            try instances[0].call("change")
        }
        #expect(program.calls.now == 41)
        for change in ["", "change", "grow", "dropPassive", "host", "", ""] {
            let instances = try image.instantiate(in: Store())
            let (main, library) = (instances[0], instances[1])
            let calls = program.calls.now
            let memory = try #require(main.memory(named: "memory"))
            #expect(memory.byteCount == 5 * 65536)
            #expect(try memory.string(at: 70000, count: 5) == "hello")
            #expect(try memory.load(0, as: UInt32.self) == 0)
            #expect(main.table(named: "table")?.count == 6)
            #expect(try library.call("sum") == [.i32(41 + 1000 + UInt32(UInt8(ascii: "h")))])
            #expect(try library.call("hook") == [.i32(1077)])
            #expect(try main.call("through", .i32(0)) == [.i32(1)])
            #expect(try main.call("through", .i32(2)) == [.i32(1077)])
            #expect(try main.call("through", .i32(3)) == [.i32(1)])
            #expect(try main.call("through", .i32(1)) == [.i32(calls + 1)])
            #expect(try main.call("through", .i32(4)) == [.i32(calls + 2)])
            #expect(try main.call("passive") == [.i32(1)])
            #expect(try library.call("catch") == [.i32(9)])
            #expect(try main.trap("again")?.message == "out of bounds memory access", "the segment was dropped")
            try library.call("set")
            // What one changes, the other sees, and no other store.
            try memory.store(3 as UInt32, at: 250000)
            #expect(try main.call("through", .i32(2)) == [.i32(8)])
            switch change {
            case "": break
            case "host": try main.table(named: "table")?.setElement(at: 0, to: .null)
            default: try main.call(change)
            }
        }
    }

    @Test("sets of instances that live at once are apart")
    func apart() throws {
        let program = try Program()
        let image = try #require(InstanceImage(of: program.instantiate(in: Store())))
        let sets = try (0..<5).map { _ in try image.instantiate(in: Store()) }
        for (number, set) in sets.enumerated() {
            try set[0].memory(named: "memory")?.store(UInt32(number), at: 250000)
        }
        for (number, set) in sets.enumerated() {
            #expect(try set[1].call("hook") == [.i32(1000 + UInt32(number))])
        }
        // Two in one store as well.
        let store = sets[0][0].store
        let more = try image.instantiate(in: store)
        #expect(try more[1].call("hook") == [.i32(1077)])
        #expect(try sets[0][1].call("hook") == [.i32(1000)])
    }

    @Test("an image of instances that an image made is the same again")
    func imageOfImage() throws {
        let program = try Program()
        let first = try #require(InstanceImage(of: program.instantiate(in: Store())))
        let made = try first.instantiate(in: Store())
        try made[1].call("set")
        let second = try #require(InstanceImage(of: made))
        for _ in 0..<3 { #expect(try second.instantiate(in: Store())[1].call("hook") == [.i32(5 + 77)]) }
        #expect(try first.instantiate(in: Store())[1].call("hook") == [.i32(1077)])
    }

    @Test("values of the host are kept, as they are numbers")
    func hostValues() throws {
        let program = try Program()
        let instances = try program.instantiate(in: Store())
        let value = Value.reference(.external(12))
        try instances[0].call("setExternal", value)
        let image = try #require(InstanceImage(of: instances))
        #expect(try image.instantiate(in: Store())[0].call("external") == [value])
    }

    @Test("there is no image of what belongs to one store")
    func refusals() throws {
        let store = Store()
        var linker = Linker()
        linker.define(
            module: "host", name: "memory",
            try Memory(MemoryType(limits: Limits(minimum: 1, maximum: nil)), in: store))
        let hostMemory = try Guests.instance(
            #"(module (import "host" "memory" (memory 1)))"#, linker: linker, in: store)
        #expect(InstanceImage(of: [hostMemory]) == nil)

        let program = try Program()
        let instances = try program.instantiate(in: Store())
        #expect(InstanceImage(of: [instances[1]]) == nil, "the other one is missing")

        let objects = try Guests.instance(
            """
            (module (type $t (struct (field i32)))
              (global (mut (ref null $t)) (struct.new $t (i32.const 1))))
            """)
        #expect(InstanceImage(of: [objects]) == nil)

        let other = try Guests.instance(
            #"(module (table (export "t") 1 funcref))"#)
        try other.table(named: "t")?
            .setElement(at: 0, to: .function(Function(HostFunction([]) { _ in }, in: other.store)))
        #expect(InstanceImage(of: [other]) == nil)
    }

    @Test("limits hold for instances that an image makes, and leave nothing behind")
    func limits() throws {
        let program = try Program()
        let image = try #require(InstanceImage(of: program.instantiate(in: Store())))
        for _ in 0..<3 {
            #expect(throws: Trap.self) { try image.instantiate(in: Store(limits: StoreLimits(memoryBytes: 4 << 16))) }
            #expect(throws: Trap.self) { try image.instantiate(in: Store(limits: StoreLimits(tableElements: 5))) }
            let store = Store(limits: StoreLimits(memoryBytes: 5 << 16))
            #expect(try image.instantiate(in: store)[1].call("hook") == [.i32(1077)])
            #expect(store.memoryBytesInUse == 5 << 16)
        }
    }

    @Test("threads make instances from one image")
    func threads() throws {
        let program = try Program()
        let image = try #require(InstanceImage(of: program.instantiate(in: Store())))
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            for round in 0..<50 {
                let set = try? image.instantiate(in: Store())
                let value = UInt32(number * 1000 + round)
                try? set?[0].memory(named: "memory")?.store(value, at: 250000)
                #expect((try? set?[1].call("hook")) == [.i32(1000 + value)])
            }
        }
    }

    /// A table with so many elements that they are put into their places only when somebody looks.
    private static let largeTable = """
        (module (table $t (export "table") 100 200 funcref) (type $value (func (result i32)))
          (elem (i32.const 0) \((0..<90).map { "$f\($0)" }.joined(separator: " ")))
          \((0..<90).map { "(func $f\($0) (result i32) (i32.const \($0)))" }.joined(separator: "\n"))
          (elem $passive func $f7)
          (func $call (export "call") (param i32) (result i32) (call_indirect (type $value) (local.get 0)))
          (func (export "tail") (param i32) (result i32) (return_call_indirect (type $value) (local.get 0)))
          (func (export "isNull") (param i32) (result i32) (ref.is_null (table.get (local.get 0))))
          (func (export "clear") (param i32) (table.set (local.get 0) (ref.null func)))
          (func (export "fill") (param i32) (table.fill (local.get 0) (ref.null func) (i32.const 2)))
          (func (export "copy") (param i32) (table.copy (local.get 0) (i32.const 50) (i32.const 2)))
          (func (export "init") (param i32) (table.init $t $passive (local.get 0) (i32.const 0) (i32.const 1)))
          (func (export "grow") (param i32) (drop (table.grow (ref.null func) (local.get 0)))))
        """

    @Test(
        "a large table that an image made is as if all its elements were there",
        arguments: ["", "clear", "fill", "copy", "init", "grow", "host", "import", "image"])
    func largeTable(change: String) throws {
        let translated = try TranslatedModule(Guests.module(Self.largeTable))
        let user = try TranslatedModule(
            Guests.module(
                """
                (module (import "main" "table" (table 100 funcref)) (elem (i32.const 20) $f)
                  (func $f (result i32) (i32.const 1000)))
                """))
        var image = try #require(InstanceImage(of: [translated.instantiate(in: Store(), imports: [])]))
        // The second time in a block that is used again.
        for _ in 0..<3 {
            let instance = try image.instantiate(in: Store())[0]
            func value(_ index: UInt32) throws -> UInt32? {
                // Half of them by one form, half by the other.
                guard let function = instance.function(named: index % 2 == 0 ? "call" : "tail") else { return nil }
                guard case .i32(let value)? = try? function.call([.i32(index)]).first else { return nil }
                return value
            }
            #expect(try value(30) == 30)
            #expect(try instance.call("isNull", .i32(31)) == [.i32(0)])
            #expect(try instance.call("isNull", .i32(95)) == [.i32(1)])
            #expect(try instance.trap("call", .i32(95))?.message == "uninitialized element 95")
            var expected = (0..<100).map { $0 < 90 ? UInt32($0) : nil }
            switch change {
            case "":
                break
            case "host":
                let table = try #require(instance.table(named: "table"))
                try table.setElement(at: 20, to: .null)
                try table.setElement(at: 95, to: table.element(at: 40))
                (expected[20], expected[95]) = (nil, 40)
            case "import":
                _ = try user.instantiate(in: instance.store, imports: [instance.export(at: 0)])
                expected[20] = 1000
            case "image":
                image = try #require(InstanceImage(of: [instance]))
            default:
                try instance.call(change, .i32(20))
                switch change {
                case "clear": expected[20] = nil
                case "fill": (expected[20], expected[21]) = (nil, nil)
                case "copy": (expected[20], expected[21]) = (50, 51)
                case "init": expected[20] = 7
                default: expected += [UInt32?](repeating: nil, count: 20)
                }
            }
            for (index, element) in expected.enumerated() { #expect(try value(UInt32(index)) == element) }
        }
    }
}
