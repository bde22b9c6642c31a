import TestSupport
import Testing
import WebAssemblyText

/// Texts made to break the reader: none may crash it, or take time out of proportion.
@Suite("Hostile texts")
struct HostileInputTests {
    /// A text with most constructs in it.
    private static let sample = """
        (module $m (@custom "c" (after data) "x") (@name "sämple")
          (import "env" "f" (func $f (param $p i32) (result i32)))
          (rec (type $s (sub (struct (field $x (mut i8)) (field (ref null $s))))) (type $a (array i16)))
          (type $t (func (param i32 i64) (result f32)))
          (table $t 4 10 funcref (ref.null func)) (table funcref (elem $g $g))
          (memory $mem (export "memory") 1 2) (memory (data "a\\00\\u{1F600}"))
          (global $g (mut i32) (i32.const -0x5)) (tag $e (param i32))
          (export "g" (global $g)) (start $h)
          (elem $el (table $t) (offset (i32.const 0)) funcref (item (ref.func $g)) (ref.null func))
          (elem declare func $g)
          (data $d (i32.const 8) "hi" "there")
          (func $h)
          (func $g (type $t) (param $a i32) (param i64) (result f32) (local $v v128)
            (block $l1 (result i32) (br_if $l1 (i32.const 1) (local.get $a)))
            if $i (result f32) f32.const 0x1.8p-3 else $i f32.const nan:0x1 end $i
            (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get $v)
              (v128.const f32x4 1 2.5e3 -inf nan)))
            (block $h (try_table (catch $e $h) (throw $e (i32.const 1))))
            (try (do nop) (catch $e drop) (catch_all))
            (i32.store offset=4 align=2 (i32.const 0) 
              (call_indirect $t (param i64) (result i32) (i64.const 1) (i32.const 0)))
            (br_table 0 0 (i32.const 0)) (drop (ref.test (ref null $s) (ref.null any))))
        )
        (assert_return (invoke "g" (f64.const 1e10))
          (either (f32.const nan:canonical) (v128.const i16x8 1 2 3 4 5 6 7 8)))
        """

    private static let depth = 300_000

    private func nested(_ open: String, _ middle: String, _ close: String) -> String {
        String(repeating: open, count: Self.depth) + middle + String(repeating: close, count: Self.depth)
    }

    @Test("the sample is a valid text")
    func sample() throws {
        for command in try Script(Self.sample).commands {
            if case .module(let module) = command.kind { _ = try module.assemble() }
        }
    }

    @Test("depth of nesting is limited by memory alone")
    func deepNesting() throws {
        _ = try assemble("(func (param i32) (drop \(nested("(i32.eqz ", "(local.get 0)", ")"))))")
        _ = try assemble("(func \(nested("(block $l ", "(br $l)", ")")))")
        _ = try assemble("(func \(nested("block $l ", "br $l ", "end ")))")
        _ = try assemble("(func \(nested("(if (i32.const 0) (then ", "", "))")))")
        _ = try assemble("(func \(nested("(if (block $l ", "", ") (then))")))")
        _ = try assemble("(func \(nested("(try (do ", "", ") (catch_all))")))")
        _ = try assemble("(global i32 \(nested("(i32.add ", "(i32.const 0)", "(i32.const 0))")))")
        _ = try assemble(nested("(;", "", ";)"))
        _ = try assemble("(module (@a \(nested("(", "x", ")"))))")
    }

    @Test(
        "depth without an end is an error",
        arguments: [
            "(", "(module ", "(func (block ", "(func block ", "(;", "(@a ", "(@a (", "(module (@a) (",
            "(assert_return (either ", "(type (func (param (ref ",
        ])
    func unclosedNesting(text: String) {
        let hostile = String(repeating: text, count: Self.depth / 10)
        #expect(throws: TextFormatError.self) { try assemble(hostile) }
        #expect(throws: TextFormatError.self) { try Script(hostile) }
    }

    @Test("numbers may be of any length")
    func longNumbers() throws {
        let zeros = String(repeating: "0", count: 1_000_000)
        _ = try assemble("(func (drop (i32.const \(zeros)1)))")
        _ = try assemble("(func (drop (f64.const 0.\(zeros)1)))")
        _ = try assemble("(func (drop (f32.const 1\(zeros)e-\(zeros)1000000)))")
        _ = try assemble("(func (drop (f64.const 0x0.\(zeros)1p+\(zeros)4000000)))")
        expectError("(func (drop (i32.const 1\(zeros))))", "constant out of range")
        expectError("(func (drop (f32.const 1\(zeros))))", "constant out of range")
        expectError("(func (drop (f32.const 0x1p9\(zeros))))", "constant out of range")
    }

    @Test("huge counts are just numbers")
    func hugeCounts() throws {
        _ = try assemble("(memory 0xFFFF_FFFF_FFFF_FFFF 0xFFFF_FFFF_FFFF_FFFF) (table 0xFFFF_FFFF_FFFF_FFFF funcref)")
        _ = try assemble("(func (array.new_fixed 4294967295 4294967295) (br 4294967295) (call 4294967295))")
        _ = try assemble("(func (type 4294967295) (local.get 4294967295))")
    }

    @Test("many identifiers, each used from far away")
    func manyIdentifiers() throws {
        let count = 50_000
        let functions = (0..<count).map { "(func $f\($0) (local $x\($0) i32) (call $f\(count - 1 - $0)))" }
        _ = try assemble(functions.joined())
        let blocks = (0..<count).map { "block $l\($0) " }.joined()
        let branches = (0..<count).map { "br $l\($0) " }.joined()
        _ = try assemble("(func \(blocks)\(branches)\(String(repeating: "end ", count: count)))")
    }

    @Test("a text that is cut off is an error or a shorter text, never a crash")
    func truncation() {
        let bytes = Array(Self.sample.utf8)
        for end in 0..<bytes.count {
            _ = try? assemble(Array(bytes[..<end]))
            runAll(Array(bytes[..<end]))
        }
    }

    @Test("a text with bytes changed, dropped, doubled or swapped never crashes")
    func mutations() {
        let original = Array(Self.sample.utf8)
        var generator = SeededGenerator(seed: 2026)
        for _ in 0..<4000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                let length = min(Int.random(in: 1...12, using: &generator), bytes.count - index)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[index] = .random(in: .min ... .max, using: &generator)
                case 1: bytes.removeSubrange(index..<(index + length))
                case 2: bytes.insert(contentsOf: bytes[index..<(index + length)], at: index)
                case 3: bytes.swapAt(index, .random(in: 0..<bytes.count, using: &generator))
                default: bytes[index] = "()\"$;@ 0x-_\\".utf8.randomElement(using: &generator)!
                }
            }
            runAll(bytes)
        }
    }

    /// Reads and assembles as far as that goes.
    private func runAll(_ bytes: [UInt8]) {
        guard let script = try? Script(bytes) else { return }
        for command in script.commands {
            if case .module(let module) = command.kind { _ = try? module.assemble() }
        }
    }
}
