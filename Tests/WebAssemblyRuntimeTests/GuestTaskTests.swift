import Dispatch
import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Tasks of guests")
struct GuestTaskTests {
    /// Suspends its caller with its argument as the reason.
    private static let wait = HostFunction([.i32], to: [.i32]) { caller in
        throw Suspension(Reason(caller.i32(0)))
    }

    private final class Reason: Sendable {
        let number: UInt32

        init(_ number: UInt32) { self.number = number }
    }

    private func instance(_ fields: String, _ more: [String: HostFunction] = [:], in store: Store = Store()) throws
        -> Instance
    {
        var linker = Linker()
        linker.define(module: "host", name: "wait", Self.wait)
        for (name, function) in more { linker.define(module: "host", name: name, function) }
        let module = #"(module $guest (import "host" "wait" (func $wait (param i32) (result i32))) "# + fields + ")"
        return try Guests.instance(module, linker: linker, in: store)
    }

    /// Waits for `n`, then `n - 1` and so on, at a depth of so many calls, and returns the sum of the answers.
    private static let sums = """
        (func $sum (export "sum") (param $n i32) (param $depth i32) (result i32)
          (if (result i32) (local.get $depth)
            (then (call $sum (local.get $n) (i32.sub (local.get $depth) (i32.const 1))))
            (else
              (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
                (else
                  (i32.add (call $wait (local.get $n))
                    (call $sum (i32.sub (local.get $n) (i32.const 1)) (i32.const 3))))))))
        """

    private func reason(_ outcome: GuestTask.Outcome) throws -> UInt32 {
        guard case .suspended(let suspension) = outcome else { throw UnexpectedOutcome(outcome: "\(outcome)") }
        return try #require(suspension.reason as? Reason).number
    }

    private func results(_ outcome: GuestTask.Outcome) throws -> [Value] {
        guard case .returned(let values) = outcome else { throw UnexpectedOutcome(outcome: "\(outcome)") }
        return values
    }

    private struct UnexpectedOutcome: Error {
        let outcome: String
    }

    @Test("three tasks that are suspended go on in another order, each with its own registers")
    func otherOrder() throws {
        let instance = try instance(Self.sums)
        let function = try #require(instance.function(named: "sum"))
        let tasks = try (0..<3).map { _ in try GuestTask(in: instance.store) }
        for (number, task) in tasks.enumerated() {
            #expect(try reason(task.start(function, [.i32(4), .i32(UInt32(number * 10))])) == 4)
            #expect(task.isSuspended)
        }
        // The store does other things meanwhile, on its own stack.
        #expect(try instance.call("sum", .i32(0), .i32(1000)) == [.i32(0)])
        var waits = [4, 4, 4] as [UInt32]
        for number in [2, 0, 1, 1, 2, 0, 0, 2, 1] {
            let outcome = try tasks[number].resume { $0.setResult($0.i32(0) * UInt32(10 * (number + 1))) }
            waits[number] -= 1
            #expect(try reason(outcome) == waits[number])
        }
        for number in [1, 2, 0] {
            let outcome = try tasks[number].resume { $0.setResult($0.i32(0) * UInt32(10 * (number + 1))) }
            #expect(try results(outcome) == [.i32(UInt32(100 * (number + 1)))])
            #expect(!tasks[number].isSuspended)
        }
        // A task that has ended may be used again.
        #expect(try results(tasks[0].start(function, [.i32(0), .i32(0)])) == [.i32(0)])
    }

    @Test(
        "a call of any form goes on behind itself",
        arguments: ["direct", "indirect", "reference", "tail", "tailIndirect", "tailReference", "crossing"])
    func forms(name: String) throws {
        let store = Store()
        let inner = try instance(
            """
            (type $wait (func (param i32) (result i32)))
            (table funcref (elem $wait))
            (func (export "direct") (param i32) (result i32) (i32.add (local.get 0) (call $wait (i32.const 7))))
            (func (export "indirect") (param i32) (result i32)
              (i32.add (local.get 0) (call_indirect (type $wait) (i32.const 7) (i32.const 0))))
            (func (export "reference") (param i32) (result i32)
              (i32.add (local.get 0) (call_ref $wait (i32.const 7) (ref.func $wait))))
            (func $tail (param i32 i64) (result i32) (return_call $wait (i32.const 7)))
            (func (export "tail") (param i32) (result i32)
              (i32.add (local.get 0) (call $tail (i32.const 0) (i64.const 0))))
            (func $tailIndirect (result i32) (return_call_indirect (type $wait) (i32.const 7) (i32.const 0)))
            (func (export "tailIndirect") (param i32) (result i32) (i32.add (local.get 0) (call $tailIndirect)))
            (func $tailReference (result i32) (return_call_ref $wait (i32.const 7) (ref.func $wait)))
            (func (export "tailReference") (param i32) (result i32) (i32.add (local.get 0) (call $tailReference)))
            """, in: store)
        var linker = Linker()
        linker.define(inner, as: "inner")
        let outer = try Guests.instance(
            """
            (module (import "inner" "tail" (func $tail (param i32) (result i32))) (memory 1)
              (func (export "crossing") (param i32) (result i32)
                (i32.store (i32.const 8) (call $tail (local.get 0))) (i32.load (i32.const 8))))
            """, linker: linker, in: store)
        let function = try #require(inner.function(named: name) ?? outer.function(named: name))
        let tasks = try (0..<2).map { _ in try GuestTask(in: store) }
        for (number, task) in tasks.enumerated() {
            #expect(try reason(task.start(function, [.i32(UInt32(number * 100))])) == 7)
        }
        for (number, task) in tasks.enumerated() {
            #expect(try results(task.resume { $0.setResult(35 as UInt32) }) == [.i32(UInt32(number * 100 + 35))])
        }
    }

    @Test("a trap in one task leaves the others, and names the calls of its own")
    func trap() throws {
        let instance = try instance(
            """
            (func $inner (param i32) (if (i32.eq (call $wait (local.get 0)) (i32.const 0)) (then unreachable)))
            (func $outer (export "f") (param i32) (call $inner (local.get 0)))
            """)
        let function = try #require(instance.function(named: "f"))
        let tasks = try (0..<3).map { _ in try GuestTask(in: instance.store) }
        for task in tasks { _ = try task.start(function, [.i32(1)]) }
        let trap = #expect(throws: Trap.self) { try tasks[1].resume { $0.setResult(0 as UInt32) } }
        #expect(trap?.message == "unreachable")
        #expect(trap?.frames.map(\.functionName) == ["inner", "outer"])
        struct Failure: TracedError { let isTraced = true }
        let failure = #expect(throws: Trap.self) { try tasks[0].resume { _ in throw Failure() } }
        #expect(failure?.hostError is Failure)
        #expect(failure?.frames.map(\.functionName) == ["inner", "outer"])
        #expect(try results(tasks[2].resume { $0.setResult(1 as UInt32) }).isEmpty)
        #expect(try reason(tasks[1].start(function, [.i32(5)])) == 5)
    }

    @Test("a task may wait again in the rest of the host's work, and that may call the guest")
    func waitAgain() throws {
        let instance = try instance(
            """
            (global $count (mut i32) (i32.const 0))
            (func (export "count") (result i32)
              (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
            (func (export "f") (result i32) (i32.mul (call $wait (i32.const 1)) (i32.const 2)))
            """)
        let task = try GuestTask(in: instance.store)
        #expect(try reason(task.start(#require(instance.function(named: "f")))) == 1)
        for number in 2..<5 as Range<UInt32> {
            let outcome = try task.resume { caller in
                #expect(caller.i32(0) == 1)
                try caller.instance?.call("count")
                throw Suspension(Reason(number))
            }
            #expect(try reason(outcome) == number)
        }
        let outcome = try task.resume { caller in
            guard case .i32(let count)? = try caller.instance?.call("count").first else { return }
            caller.setResult(count)
        }
        #expect(try results(outcome) == [.i32(8)])
    }

    @Test("a host function that one task calls may run others")
    func tasksInTasks() throws {
        final class Others: @unchecked Sendable { var inner: GuestTask? }
        let others = Others()
        let start = HostFunction([], to: [.i32]) { caller in
            let inner = try GuestTask(in: caller.store)
            others.inner = inner
            let function = try #require(caller.instance?.function(named: "inner"))
            guard case .suspended = try inner.start(function) else { return }
            caller.setResult(1 as UInt32)
        }
        let instance = try instance(
            """
            (import "host" "start" (func $start (result i32)))
            (func (export "inner") (result i32) (i32.add (call $wait (i32.const 5)) (i32.const 1)))
            (func (export "outer") (result i32)
              (i32.add (i32.mul (call $start) (i32.const 100)) (call $wait (i32.const 6))))
            """, ["start": start])
        let outer = try GuestTask(in: instance.store)
        #expect(try reason(outer.start(#require(instance.function(named: "outer")))) == 6)
        #expect(try results(#require(others.inner).resume { $0.setResult(20 as UInt32) }) == [.i32(21)])
        #expect(try results(outer.resume { $0.setResult(3 as UInt32) }) == [.i32(103)])
        others.inner = nil
    }

    @Test("a guest that a host function called, or that runs in no task, cannot be suspended")
    func refusals() throws {
        let again = HostFunction([], to: [.i32]) { caller in
            guard case .i32(let result)? = try caller.instance?.call("f").first else { return }
            caller.setResult(result)
        }
        let instance = try instance(
            """
            (import "host" "again" (func $again (result i32)))
            (func (export "f") (result i32) (call $wait (i32.const 1)))
            (func (export "nested") (result i32) (call $again))
            """, ["again": again])
        #expect(
            try instance.trap("f")?.message == "cannot suspend the guest: the guest does not run in a task")
        let task = try GuestTask(in: instance.store)
        let trap = #expect(throws: Trap.self) { try task.start(#require(instance.function(named: "nested"))) }
        #expect(
            trap?.message
                == "cannot suspend the guest: another host function, which called the guest, has not returned")
        #expect(trap?.frames.count == 2)
        #expect(try reason(task.start(#require(instance.function(named: "f")))) == 1, "the task goes on working")
    }

    @Test("an exception that the rest of the host's work throws is caught by the guest")
    func exceptions() throws {
        let instance = try instance(
            """
            (tag $e (param i32))
            (func (export "throw") (throw $e (i32.const 40)))
            (func (export "f") (result i32)
              (i32.add (i32.const 2)
                (block $caught (result i32)
                  (try_table (result i32) (catch $e $caught) (call $wait (i32.const 1))))))
            """)
        let task = try GuestTask(in: instance.store)
        _ = try task.start(#require(instance.function(named: "f")))
        #expect(try results(task.resume { try $0.instance?.call("throw") }) == [.i32(42)])
    }

    @Test("a deadline ends tasks that run, that wait, and those that begin")
    func interruption() throws {
        let instance = try instance(
            """
            (func (export "wait") (result i32) (call $wait (i32.const 1)))
            (func $loop (export "loop") (loop $l (br $l)))
            (func $recursion (export "recursion")
              (drop (call $wait (i32.const 0))) (call $endless))
            (func $endless (call $leaf) (call $leaf) (return_call $endless))
            (func $leaf)
            """)
        let store = instance.store
        let waiting = try GuestTask(in: store)
        _ = try waiting.start(#require(instance.function(named: "wait")))
        let running = try GuestTask(in: store, stackBytes: 64 << 10)
        _ = try running.start(#require(instance.function(named: "recursion")))
        let queue = DispatchQueue(label: "deadline")
        queue.asyncAfter(deadline: .now() + .milliseconds(20)) { store.interrupt() }
        #expect(#expect(throws: Trap.self) { try running.resume { _ in } }?.message == "interrupted")
        #expect(#expect(throws: Trap.self) { try waiting.resume { _ in } }?.message == "interrupted")
        let loop = try #require(instance.function(named: "loop"))
        #expect(#expect(throws: Trap.self) { try waiting.start(loop) }?.message == "interrupted")
        store.clearInterrupt()
        #expect(try reason(waiting.start(#require(instance.function(named: "wait")))) == 1)
    }

    @Test("a task's stack has a limit of its own")
    func stackLimit() throws {
        let instance = try instance(#"(func $f (export "f") (param i32) (call $f (local.get 0)))"#)
        let function = try #require(instance.function(named: "f"))
        let counts = try [64 << 10, 1 << 20].map { byteCount in
            let task = try GuestTask(in: instance.store, stackBytes: byteCount)
            let trap = #expect(throws: Trap.self) { try task.start(function, [.i32(1)]) }
            #expect(trap?.message == "call stack exhausted")
            return try #require(trap?.frames.first?.callCount)
        }
        #expect(counts[1] > 10 * counts[0])
    }

    @Test("objects that only a waiting task refers to are kept")
    func objects() throws {
        let instance = try instance(
            """
            (type $list (struct (field i32) (field (ref null $list))))
            (func (export "f") (param $n i32) (result i32) (local $list (ref null $list)) (local $sum i32)
              (local.set $list (struct.new $list (local.get $n) (struct.new $list (i32.const 1) (ref.null $list))))
              (drop (call $wait (i32.const 1)))
              (loop $l
                (local.set $sum (i32.add (local.get $sum) (struct.get $list 0 (local.get $list))))
                (local.set $list (struct.get $list 1 (local.get $list)))
                (br_if $l (i32.eqz (ref.is_null (local.get $list)))))
              (local.get $sum))
            (func (export "waste") (loop $l (drop (struct.new $list (i32.const 5) (ref.null $list))) (br $l)))
            """, in: Store(limits: StoreLimits(heapBytes: 1 << 20)))
        let function = try #require(instance.function(named: "f"))
        let tasks = try (0..<3).map { _ in try GuestTask(in: instance.store) }
        for (number, task) in tasks.enumerated() { _ = try task.start(function, [.i32(UInt32(number * 10))]) }
        let store = instance.store
        DispatchQueue(label: "deadline").asyncAfter(deadline: .now() + .milliseconds(50)) { store.interrupt() }
        #expect(try instance.trap("waste")?.message == "interrupted")
        store.clearInterrupt()
        for (number, task) in tasks.enumerated() {
            #expect(try results(task.resume { _ in }) == [.i32(UInt32(number * 10 + 1))])
        }
    }

    @Test("a suspended call is traced when it returns")
    func traced() throws {
        var linker = Linker()
        linker.define(module: "host", name: "wait", Self.wait)
        let module = try Guests.module(
            """
            (module (import "host" "wait" (func $wait (param i32) (result i32)))
              (func (export "f") (param i32) (result i32) (call $wait (local.get 0))))
            """)
        let store = Store()
        var events: [String] = []
        store.callObserver = { event in
            let name = event.function.name ?? ""
            switch event.phase {
            case .begins(let values): events.append("\(event.depth) \(name)(\(values))")
            case .returns(let values): events.append("\(event.depth) \(name): \(values)")
            case .throwsError: events.append("error")
            }
        }
        let instance = try linker.link(module, traced: .boundary).instantiate(in: store)
        let function = try #require(instance.function(named: "f"))
        let tasks = try (0..<2).map { _ in try GuestTask(in: store) }
        for task in tasks { _ = try task.start(function, [.i32(1)]) }
        for task in tasks { _ = try task.resume { $0.setResult(2 as UInt32) } }
        let (one, two) = ("\([Value.i32(1)])", "\([Value.i32(2)])")
        let begins = ["0 f(\(one))", "1 wait(\(one))"]
        let ends = ["1 wait: \(two)", "0 f: \(two)"]
        #expect(events == begins + begins + ends + ends)
    }
}
