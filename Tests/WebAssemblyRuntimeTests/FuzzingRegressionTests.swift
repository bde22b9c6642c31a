import Testing
import WebAssembly
import WebAssemblyRuntime

/// What fuzzing has found.
@Suite("Regressions")
struct FuzzingRegressionTests {
    @Test("an array of a global's initial value that does not fit is a trap, and takes no memory before")
    func hugeArrayInConstantExpression() throws {
        let trap = #expect(throws: Trap.self) {
            try Guests.instance(
                """
                (module (type $a (array f32))
                  (global (ref $a) (array.new $a (f32.const 1) (i32.const -19))))
                """)
        }
        #expect(trap?.message == "garbage-collected heap exhausted")
    }
}
