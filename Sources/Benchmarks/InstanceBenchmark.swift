import CommandLineInterface
import Foundation
import WASI
import WebAssembly
import WebAssemblyRuntime

/// What a loaded module costs in memory, and each instance of it in time.
enum InstanceBenchmark {
    private static let module = Argument(
        "MODULE", summary: "The module; without one, a handler of about 100 KB is built from C.", arity: .optional)
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How many instances.", defaultValue: "2000")
    private static let function = Option(
        name: "invoke", valueName: "FUNCTION",
        summary: "What each instance is made to call; it should do next to nothing.")

    static let command = Command(
        name: "instance",
        summary: "What a loaded module costs in memory, and an instance in time.",
        discussion: """
            Loads a module and shows what memory that took beside the size of its binary. Then makes instances of it, one \
            after the other, each in a store of its own that is given up at once, as a WAGI request does: first \
            without a call, then with a call of FUNCTION.
            """,
        options: [repetitions, function],
        arguments: [module],
        action: run
    )

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let repetitions = try SaveBenchmark.number(repetitions, arguments[repetitions]) ?? 2000
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("guest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = try arguments[module] ?? Guest.page(into: directory).path
        let function = arguments[function] ?? (arguments[module] == nil ? "touch" : nil)

        let (linked, byteCount) = try measureLoading(path)
        show("an instance, made and given up", try times(repetitions) { _ = try makeInstance(of: linked) })
        if let function {
            let samples = try times(repetitions) {
                _ = try makeInstance(of: linked).function(named: function)?.call()
            }
            show("the same with a call of \(function)", samples)
        }
        print(String(format: "memory after all that   %.1f MB", Double(ResidentMemory.privateBytes()) / 1e6))
        return byteCount > 0 ? .success : .failure
    }

    private static func measureLoading(_ path: String) throws -> (LinkedModule, byteCount: Int) {
        var linker = Linker()
        linker.defineWASI()
        // The linker, the validator's threads and the allocator take memory of their own when they are first used, which
        // is no part of a module's cost: it is loaded once before, and kept.
        let first = try linker.link(Module(binary: ModuleBinary(contentsOfFile: path)))
        defer { withExtendedLifetime(first) {} }
        let before = ResidentMemory.privateBytes()
        let start = ContinuousClock.now
        let binary = try ModuleBinary(contentsOfFile: path)
        let linked = try linker.link(Module(binary: binary))
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        let taken = ResidentMemory.privateBytes() - before
        let byteCount = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        print(
            String(
                format: "binary                  %.3f MB\nloaded in               %.2f ms\n"
                    + "memory for it           %.3f MB, %.2f times its binary",
                Double(byteCount) / 1e6, milliseconds, Double(taken) / 1e6, Double(taken) / Double(max(byteCount, 1))))
        return (linked, byteCount)
    }

    private static func makeInstance(of module: LinkedModule) throws -> Instance {
        try module.instantiate(in: Store(limits: StoreLimits(), hostState: WASIContext(WASIConfiguration())))
    }

    /// Microseconds that each of `count` calls of `body` takes.
    private static func times(_ count: Int, _ body: () throws -> Void) rethrows -> [Double] {
        var samples: [Double] = []
        samples.reserveCapacity(count)
        for _ in 0..<count {
            let start = ContinuousClock.now
            try body()
            samples.append((ContinuousClock.now - start) / .microseconds(1))
        }
        return samples
    }

    private static func show(_ what: String, _ samples: [Double]) {
        print(
            String(
                format: "%@: median %.1f µs, 99th percentile %.1f µs", what, samples.median, samples.percentile(0.99)))
    }
}
