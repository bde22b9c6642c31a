import Testing
import WebAssembly
import WebAssemblyRuntime

/// Operations on ranges that are so long that they are done in pieces.
@Suite("Operations on long ranges")
struct BulkOperationTests {
    private static let byteCount = 5 << 19

    @Test(
        "memory is copied as if all were read first",
        arguments: [(0, 7), (7, 0), (0, 1 << 20), (1 << 20, 0)])
    func copies(to target: Int, from source: Int) throws {
        let instance = try Guests.instance(
            """
            (module (memory (export "memory") 80)
              (func (export "copy") (param i32 i32 i32)
                (memory.copy (local.get 0) (local.get 1) (local.get 2)))
              (func (export "fill") (param i32 i32 i32)
                (memory.fill (local.get 0) (local.get 1) (local.get 2))))
            """)
        let memory = try #require(instance.memory(named: "memory"))
        var expected = (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8)) }
        try memory.write(expected, at: 0)
        let count = Self.byteCount - max(target, source) - 1
        try instance.call("copy", .i32(UInt32(target)), .i32(UInt32(source)), .i32(UInt32(count)))
        expected.replaceSubrange(target..<target + count, with: Array(expected[source..<source + count]))
        #expect(try memory.bytes(at: UInt64(0), count: UInt64(Self.byteCount)).elementsEqual(expected))
        try instance.call("fill", .i32(1), .i32(0x1FF), .i32(3 << 19))
        expected.replaceSubrange(1..<1 + (3 << 19), with: repeatElement(0xFF, count: 3 << 19))
        #expect(try memory.bytes(at: UInt64(0), count: UInt64(Self.byteCount)).elementsEqual(expected))
    }

    @Test("tables are copied as if all were read first", arguments: [(0, 5), (5, 0), (150_000, 0), (0, 150_000)])
    func tables(to target: Int, from source: Int) throws {
        let instance = try Guests.instance(
            """
            (module (table $t 500000 i31ref)
              (func (export "set") (local $i i32)
                (loop $next
                  (table.set $t (local.get $i) (ref.i31 (local.get $i)))
                  (br_if $next
                    (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500000)))))
              (func (export "copy") (param i32 i32 i32)
                (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
              (func (export "fill") (param i32 i32)
                (table.fill $t (local.get 0) (ref.i31 (i32.const 9)) (local.get 1)))
              ;; The first place from the first on whose number is not as far from its own as it should be.
              (func (export "check") (param $from i32) (param $to i32) (param $distance i32) (result i32)
                (block $out
                  (loop $next
                    (br_if $out (i32.eq (local.get $from) (local.get $to)))
                    (br_if $out
                      (i32.ne
                        (i31.get_u (table.get $t (local.get $from)))
                        (i32.add (local.get $from) (local.get $distance))))
                    (local.set $from (i32.add (local.get $from) (i32.const 1)))
                    (br $next)))
                (local.get $from))
              (func (export "get") (param i32) (result i32) (i31.get_u (table.get $t (local.get 0)))))
            """)
        try instance.call("set")
        let count = UInt32(500_000 - max(target, source))
        try instance.call("copy", .i32(UInt32(target)), .i32(UInt32(source)), .i32(count))
        let distance = UInt32(bitPattern: Int32(source - target))
        #expect(
            try instance.call("check", .i32(UInt32(target)), .i32(UInt32(target) + count), .i32(distance))
                == [.i32(UInt32(target) + count)])
        try instance.call("fill", .i32(100), .i32(300_000))
        #expect(try instance.call("get", .i32(100)) == [.i32(9)])
        #expect(try instance.call("get", .i32(300_099)) == [.i32(9)])
        #expect(try instance.call("get", .i32(300_100)) != [.i32(9)])
    }

    @Test("arrays are copied as if all were read first", arguments: [(0, 5), (5, 0), (150_000, 0), (0, 150_000)])
    func arrays(to target: Int, from source: Int) throws {
        let instance = try Guests.instance(
            """
            (module (type $a (array (mut i64))) (global $x (mut (ref null $a)) (ref.null $a))
              (func (export "set") (local $i i32)
                (global.set $x (array.new_default $a (i32.const 500000)))
                (loop $next
                  (array.set $a (global.get $x) (local.get $i) (i64.extend_i32_u (local.get $i)))
                  (br_if $next
                    (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500000)))))
              (func (export "copy") (param i32 i32 i32)
                (array.copy $a $a (global.get $x) (local.get 0) (global.get $x) (local.get 1) (local.get 2)))
              (func (export "fill") (param i32 i32)
                (array.fill $a (global.get $x) (local.get 0) (i64.const -9) (local.get 1)))
              ;; The first place from the first on whose number is not as far from its own as it should be.
              (func (export "check") (param $from i32) (param $to i32) (param $distance i32) (result i32)
                (block $out
                  (loop $next
                    (br_if $out (i32.eq (local.get $from) (local.get $to)))
                    (br_if $out
                      (i64.ne
                        (array.get $a (global.get $x) (local.get $from))
                        (i64.extend_i32_u (i32.add (local.get $from) (local.get $distance)))))
                    (local.set $from (i32.add (local.get $from) (i32.const 1)))
                    (br $next)))
                (local.get $from))
              (func (export "get") (param i32) (result i64) (array.get $a (global.get $x) (local.get 0))))
            """)
        try instance.call("set")
        let count = UInt32(500_000 - max(target, source))
        try instance.call("copy", .i32(UInt32(target)), .i32(UInt32(source)), .i32(count))
        let distance = UInt32(bitPattern: Int32(source - target))
        #expect(
            try instance.call("check", .i32(UInt32(target)), .i32(UInt32(target) + count), .i32(distance))
                == [.i32(UInt32(target) + count)])
        try instance.call("fill", .i32(100), .i32(300_000))
        #expect(try instance.call("get", .i32(100)) == [.i64(UInt64(bitPattern: -9))])
        #expect(try instance.call("get", .i32(300_099)) == [.i64(UInt64(bitPattern: -9))])
        #expect(try instance.call("get", .i32(300_100)) != [.i64(UInt64(bitPattern: -9))])
    }

    @Test("a guest that was interrupted does not go on to fill or copy")
    func interruption() throws {
        let store = Store()
        var linker = Linker()
        linker.define(module: "host", name: "interrupt", HostFunction([]) { $0.store.interrupt() })
        let instance = try Guests.instance(
            """
            (module (import "host" "interrupt" (func $interrupt)) (memory (export "memory") 80)
              (func (export "f")
                (call $interrupt) (memory.fill (i32.const 0) (i32.const 1) (i32.const 5000000))))
            """, linker: linker, in: store)
        #expect(try instance.trap("f")?.message == "interrupted")
        #expect(try instance.memory(named: "memory")?.bytes(at: UInt64(0), count: UInt64(1)).first == 0)
    }
}
