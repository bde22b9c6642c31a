import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Garbage collection")
struct HeapTests {
    private static let lists = """
        (module
          (type $node (struct (field $value i32) (field $next (mut (ref null $node)))))
          (type $bytes (array (mut i8)))
          (global $kept (mut (ref null $node)) (ref.null $node))
          ;; Keeps one node of a hundred in a global and in a local, drops the others, and adds up what was kept.
          (func (export "churn") (param $n i32) (result i64)
            (local $i i32) (local $sum i64) (local $list (ref null $node))
            (loop $more
              (drop (struct.new $node (local.get $i) (ref.null $node)))
              (drop (array.new $bytes (i32.const 7) (i32.and (local.get $i) (i32.const 2047))))
              (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 100)))
                (then
                  (local.set $list (struct.new $node (local.get $i) (local.get $list)))
                  (global.set $kept (struct.new $node (local.get $i) (global.get $kept)))))
              (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
            (i64.add (call $sum (local.get $list)) (call $sum (global.get $kept))))
          (func $sum (param $list (ref null $node)) (result i64) (local $sum i64)
            (loop $more
              (local.set $sum (i64.add (local.get $sum)
                (i64.extend_i32_u (struct.get $node $value (local.get $list)))))
              (br_if $more (i32.eqz (ref.is_null
                (local.tee $list (struct.get $node $next (local.get $list)))))))
            (local.get $sum))
          (func (export "bomb") (local $list (ref null $node))
            (loop $more (local.set $list (struct.new $node (i32.const 1) (local.get $list))) (br $more))))
        """

    @Test("what can be reached is kept, and the rest makes room")
    func collection() throws {
        let instance = try Guests.instance(Self.lists, in: Store(limits: StoreLimits(heapBytes: 8 << 20)))
        // About 100 MB of objects. 64 KB of them are kept.
        let kept = stride(from: UInt64(0), to: 100_000, by: 100).reduce(0, +)
        #expect(try instance.call("churn", .i32(100_000)) == [.i64(2 * kept)])
    }

    @Test("a heap that is full of what is kept is a trap, and not the end of the instance")
    func exhaustion() throws {
        let instance = try Guests.instance(Self.lists, in: Store(limits: StoreLimits(heapBytes: 2 << 20)))
        #expect(try instance.trap("bomb")?.message == "garbage-collected heap exhausted")
        #expect(try instance.trap("churn", .i32(10_000)) == nil)
    }

    @Test("what one store leaves on its stack keeps nothing alive in the next one")
    func stacksAreCleanWhenTheyAreUsedAgain() throws {
        // Fills many slots with references before it traps.
        let locals = (0..<64).map { "(local $l\($0) (ref null $node))" }.joined()
        let copies = (0..<64).map { "(local.set $l\($0) (local.get $list))" }.joined()
        let bomb = """
            (func (export "litter") (local $list (ref null $node)) \(locals)
              (loop $more (local.set $list (struct.new $node (i32.const 1) (local.get $list))) \(copies) (br $more))))
            """
        let module = String(Self.lists.dropLast()) + bomb
        for _ in 0..<20 {
            let instance = try Guests.instance(module, in: Store(limits: StoreLimits(heapBytes: 2 << 20)))
            #expect(try instance.trap("bomb")?.message == "garbage-collected heap exhausted")
            #expect(try instance.trap("churn", .i32(10_000)) == nil)
            #expect(try instance.trap("litter")?.message == "garbage-collected heap exhausted")
        }
    }
}
