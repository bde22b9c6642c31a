import Foundation
import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Guests and hosts that call each other")
struct NestingTests {
    /// A guest whose function calls itself through the host as many times as its argument says.
    private static func instance(stackBytes: Int = 16 << 20) throws -> Instance {
        var linker = Linker()
        linker.define(
            module: "host", name: "again",
            HostFunction([.i32], to: [.i32]) { caller in
                let results = try caller.instance?.function(named: "f")?.call([.i32(caller.i32(0))])
                guard case .i32(let result)? = results?.first else { return }
                caller.setResult(result)
            })
        return try Guests.instance(
            """
            (module (import "host" "again" (func $again (param i32) (result i32)))
              (func $f (export "f") (param i32) (result i32)
                (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                  (else (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1))))))))
            """, linker: linker, in: Store(limits: StoreLimits(stackBytes: stackBytes)))
    }

    /// What `body` returns on a thread with a stack of so many bytes.
    private static func onThread<Result: Sendable>(
        stackBytes: Int, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Swift.Result { try body() }) }
            thread.stackSize = stackBytes
            thread.start()
        }
    }

    @Test("on a large stack, they nest deep", arguments: [8 << 20, 64 << 20])
    func deep(stackBytes: Int) async throws {
        let depth = UInt32(stackBytes >> 14)
        let results = try await Self.onThread(stackBytes: stackBytes) {
            try Self.instance().call("f", .i32(depth))
        }
        #expect(results == [.i32(depth)])
    }

    @Test("the thread's stack bounds them, however small it is", arguments: [256 << 10, 1 << 20, 8 << 20])
    func endless(stackBytes: Int) async throws {
        let (traps, shallow) = try await Self.onThread(stackBytes: stackBytes) {
            let instance = try Self.instance()
            let traps = try (0..<2).map { _ in try instance.trap("f", .i32(UInt32.max)) }
            return (traps, try instance.call("f", .i32(3)))
        }
        for trap in traps {
            #expect(trap?.message == "call stack exhausted")
            #expect(
                trap?.limitDescriptions.first?.hasPrefix("guests and host functions that called each other") == true)
            // A recursion is one line, also through the host.
            #expect(trap?.frames.count == 1)
            #expect(try #require(trap?.frames.first?.callCount) > 10)
        }
        #expect(shallow == [.i32(3)], "the instance goes on working")
    }

    @Test("a small register stack bounds them first, and is named")
    func registers() async throws {
        let trap = try await Self.onThread(stackBytes: 64 << 20) {
            try Self.instance(stackBytes: 64 << 10).trap("f", .i32(UInt32.max))
        }
        #expect(trap?.message == "call stack exhausted")
        #expect(trap?.limitDescriptions == ["the limit of 65536 bytes of stack was reached"])
    }

    @Test("a host function that calls itself through a reference ends as well")
    func hostAlone() async throws {
        let message = try await Self.onThread(stackBytes: 1 << 20) { () -> String? in
            let store = Store()
            final class Itself: @unchecked Sendable { var function: Function? }
            let itself = Itself()
            itself.function = Function(HostFunction([]) { _ in try itself.function?.call() }, in: store)
            defer { itself.function = nil }
            do {
                try itself.function?.call()
                return nil
            } catch let trap as Trap {
                return trap.message
            }
        }
        #expect(message == "call stack exhausted")
    }
}
