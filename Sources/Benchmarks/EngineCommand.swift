import CommandLineInterface
import Foundation

/// The speed of the WebAssembly engine beside others.
enum EngineCommand {
    private static let engine = Option(
        name: "engine", valueName: "NAME", summary: "hippo-dev, wasmkit, wasmtime, wasmtime-baseline or node.",
        isRepeatable: true)
    private static let repetitions = Option(
        name: "repeat", valueName: "N", summary: "Runs of each guest on each engine.", defaultValue: "5")
    private static let only = Option(name: "only", valueName: "GUEST", summary: "Only this guest.", isRepeatable: true)
    private static let quickJS = Option(
        name: "quickjs", valueName: "FILE", summary: "A QuickJS module, to run a script.")
    private static let cpython = Option(name: "cpython", valueName: "FILE", summary: "A CPython module, to run two.")
    private static let hippoDev = Option(
        name: "hippo-dev", valueName: "FILE", summary: "The program to measure, instead of the one beside this.")
    private static let python = Option(
        name: "python", valueName: "FILE", summary: "A Python that has the package wasmtime.", defaultValue: "python3")

    static let command = Command(
        name: "engine",
        summary: "Time WASI modules beside other engines.",
        discussion: """
            Builds the guests from source with clang and Debian's wasi-libc, runs each on each engine, the engines taking \
            turns, and prints the medians. The time is that of the whole process for hippo-dev and wasmkit, and that of \
            compiling and running for engines that Python or Node host. Without --engine, those two are compared.
            """,
        options: [engine, repetitions, only, quickJS, cpython, hippoDev, python],
        action: run
    )

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        guard let repetitions = arguments[repetitions].flatMap({ Int($0) }), repetitions > 0 else {
            throw UsageError("--repeat wants a whole number above 0")
        }
        let engines = try arguments.values(of: engine).map { name in
            guard let engine = Engine(rawValue: name) else { throw UsageError("unknown engine '\(name)'") }
            return engine
        }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("guests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }

        var guests = try Guest.build(into: directory)
        guests += Guest.interpreters(
            quickJS: arguments[quickJS].map { URL(fileURLWithPath: $0) },
            cpython: arguments[cpython].map { URL(fileURLWithPath: $0) })
        let wanted = arguments.values(of: only)
        if !wanted.isEmpty { guests.removeAll { !wanted.contains($0.name) } }

        EngineBenchmark(
            programs: Programs(
                hippoDev: arguments[hippoDev] ?? Programs.besideThisProgram("hippo-dev"),
                python: arguments[python] ?? "python3"),
            engines: engines.isEmpty ? [.hippoDev, .wasmkit] : engines,
            guests: guests,
            repetitions: repetitions
        ).run()
        return .success
    }
}
