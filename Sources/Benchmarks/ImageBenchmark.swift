import CommandLineInterface
import ComponentModel
import Foundation
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// What instances cost that an image makes, beside those that are instantiated: in time, and in memory while they are idle.
enum ImageBenchmark {
    private static let component = Argument(
        "COMPONENT", summary: "A component to measure as well. What it imports traps when it is called.",
        arity: .optional)
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "How many instances.", defaultValue: "2000")

    static let command = Command(
        name: "image",
        summary: "What an instance made by an image costs, beside one that is instantiated.",
        discussion: """
            Makes sets of instances that import from each other: two small modules, a program of 20 MB that its start \
            function fills, with a table of 10,000 functions, and the core modules of COMPONENT. Each set has a store of its \
            own that is given up at once. Then shows the memory of the process (PSS) with one and with 32 of them.
            """,
        options: [repetitions],
        arguments: [component],
        action: run
    )

    /// How a set of instances is made without an image.
    private struct InstanceSet {
        let name: String
        let make: (Store) throws -> [Instance]
    }

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let repetitions = try SaveBenchmark.number(repetitions, arguments[repetitions]) ?? 2000
        var sets = [try pair("two small modules", small), try pair("a program of 20 MB", large())]
        if let path = arguments[component] { sets.append(try linked(path)) }
        print(
            """
            | set | instantiated | image taken | by the image | and 1 MiB written | while others live | memory with 1 | with 32 |
            | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
            """)
        for set in sets { try measure(set, repetitions) }
        return .success
    }

    private static func measure(_ set: InstanceSet, _ repetitions: Int) throws {
        let first = try set.make(Store())
        // Few of those that take long.
        let single = try median(3) { _ = try set.make(Store()) }
        let instantiated = try median(max(3, min(repetitions, Int(1e6 / single)))) { _ = try set.make(Store()) }
        var image: InstanceImage?
        let taken = median(3) { image = InstanceImage(of: first) }
        guard let image else {
            print("| \(set.name) | \(text(instantiated)) | impossible |")
            return
        }
        let made = try median(repetitions) { _ = try image.instantiate(in: Store()) }
        let written = try median(repetitions) { try write(to: image.instantiate(in: Store())) }
        var stores: [Store] = []
        func add() throws {
            let store = Store()
            _ = try image.instantiate(in: store)
            stores.append(store)
        }
        try add()
        let one = ResidentMemory.proportionalBytes()
        let start = ContinuousClock.now
        for _ in 1..<32 { try add() }
        let fresh = (ContinuousClock.now - start) / .microseconds(31)
        let all = ResidentMemory.proportionalBytes()
        withExtendedLifetime(stores) {}
        let columns = [instantiated, taken, made, written, fresh].map(text)
        print(
            "| \(set.name) | \(columns.joined(separator: " | ")) | "
                + String(
                    format: "%.1f MB | %.1f MB, %.2f times |", Double(one) / 1e6, Double(all) / 1e6,
                    Double(all) / Double(one)))
    }

    /// Writes to pages all over the first memory, 1 MiB of them if it has so many.
    private static func write(to instances: [Instance]) throws {
        for instance in instances {
            let memories = instance.module.exports.indices.lazy.compactMap { index -> Memory? in
                if case .memory(let memory) = instance.export(at: index) { memory } else { nil }
            }
            guard let memory = memories.first else { continue }
            let pageCount = memory.byteCount >> 12
            for page in stride(from: 0, to: pageCount, by: max(1, pageCount / 256)) {
                try memory.store(1 as UInt8, at: UInt32(page << 12))
            }
            return
        }
    }

    /// Microseconds.
    private static func median(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
        var samples: [Double] = []
        for _ in 0..<count {
            let start = ContinuousClock.now
            try body()
            samples.append((ContinuousClock.now - start) / .microseconds(1))
        }
        return samples.median
    }

    private static func text(_ microseconds: Double) -> String { String(format: "%.1f µs", microseconds) }

    // MARK: Sets

    /// A module that stands alone, and one that imports all that it exports.
    private static func pair(_ name: String, _ main: String) throws -> InstanceSet {
        let main = try TranslatedModule(Module(bytes: assemble(main)))
        let user = try TranslatedModule(
            Module(
                bytes: assemble(
                    """
                    (module (import "main" "memory" (memory 1)) (import "main" "table" (table 8 funcref))
                      (import "main" "stack" (global $stack (mut i32))) (import "main" "f" (func $f (result i32)))
                      (elem (i32.const 4) $own $f) (func $own (result i32) (global.get $stack))
                      (func (export "run") (result i32) (call $f)))
                    """)))
        return InstanceSet(name: name) { store in
            let exporter = try main.instantiate(in: store, imports: [])
            let imports = exporter.module.exports.indices.map { exporter.export(at: $0) }
            return [exporter, try user.instantiate(in: store, imports: imports)]
        }
    }

    private static let small = """
        (module (memory (export "memory") 2) (table (export "table") 8 funcref)
          (global (export "stack") (mut i32) (i32.const 1024)) (func $f (export "f") (result i32) (i32.const 1))
          (elem (i32.const 0) $f $f) (data (i32.const 16) "hello"))
        """

    private static func large() -> String {
        let functions = (0..<10_000).map { "(func $t\($0) (result i32) (i32.const \($0)))" }
        return """
            (module (memory (export "memory") 320) (table (export "table") 10010 funcref)
              (global (export "stack") (mut i32) (i32.const 1024)) (func $f (export "f") (result i32) (i32.const 1))
              \(functions.joined(separator: "\n"))
              (elem (i32.const 10) \((0..<10_000).map { "$t\($0)" }.joined(separator: " ")))
              (func $start (local $place i32)
                (loop $l
                  (i32.store (local.get $place) (i32.or (local.get $place) (i32.const 1)))
                  (local.set $place (i32.add (local.get $place) (i32.const 4)))
                  (br_if $l (i32.lt_u (local.get $place) (i32.const 20971520)))))
              (start $start))
            """
    }

    private static func linked(_ path: String) throws -> InstanceSet {
        let component = try Component(binary: ModuleBinary(contentsOfFile: path))
        let linked = try ComponentLinker().link(component, stubImports: true)
        return InstanceSet(name: (path as NSString).lastPathComponent) { store in
            try linked.instantiate(in: store).coreInstances
        }
    }
}
