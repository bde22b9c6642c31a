import CommandLineInterface
import SandboxProtocol
import WAGI
import WASI
import WebAssemblyRuntime

/// The options that limit what a running module may use, for all commands that run modules.
enum LimitOptions {
    static let memory = Option(
        name: "max-memory", valueName: "SIZE",
        summary: "The most linear memory a module may have, as 64MiB or 1GiB; without a unit, bytes.",
        defaultValue: "512MiB")
    static let stack = Option(
        name: "max-stack", valueName: "SIZE", summary: "The most stack for nested calls.", defaultValue: "16MiB")
    static let heap = Option(
        name: "max-heap", valueName: "SIZE", summary: "The most garbage-collected objects.", defaultValue: "256MiB")
    static let tables = Option(
        name: "max-table-elements", valueName: "N", summary: "The most elements of all tables.",
        defaultValue: "10000000")
    static let openFiles = Option(
        name: "max-open-files", valueName: "N", summary: "The most files a module may have open at a time.",
        defaultValue: "1024")

    /// Only for requests.
    static let time = Option(
        name: "timeout", valueName: "TIME",
        summary: "How long a module may take for one request, with waits for its client.", defaultValue: "30s")
    /// Only for requests.
    static let response = Option(
        name: "max-response", valueName: "SIZE", summary: "The length of a response's body.", defaultValue: "1GiB")

    /// Only where modules are given a wwwroot.
    static let transient = Option(
        name: "max-transient", valueName: "SIZE",
        summary: "How much modules may write to their files with --allow-transient-write, all of a process together.",
        defaultValue: "256MiB")

    /// Only where requests are served.
    static let waiting = Option(
        name: "max-waiting", valueName: "N",
        summary: "How many requests may be with a module, or wait for one, at a time; further ones get 503.",
        defaultValue: "\(WAGIConfiguration().maximumWaiting)")

    /// Those that are seldom needed.
    static let further = [stack, heap, tables, openFiles]
    static let all = [memory] + further
    static let ofRequests = [time, response, transient, waiting] + all

    static func storeLimits(_ arguments: ParsedArguments) throws -> StoreLimits {
        let defaults = StoreLimits()
        var limits = StoreLimits(
            memoryBytes: try size(arguments, memory) ?? defaults.memoryBytes,
            tableElements: try count(arguments, tables) ?? defaults.tableElements,
            stackBytes: try size(arguments, stack) ?? defaults.stackBytes,
            heapBytes: try size(arguments, heap) ?? defaults.heapBytes)
        limits.remedies = remedies
        return limits
    }

    /// Sets how many files a module may have open.
    static func limitOpenFiles(_ arguments: ParsedArguments, of configuration: inout WASIConfiguration) throws {
        configuration.descriptorLimit = try descriptorLimit(arguments) ?? configuration.descriptorLimit
        configuration.descriptorRemedy = remedy(openFiles)
    }

    /// The limits of a request.
    static func requestLimits(_ arguments: ParsedArguments) throws -> RequestLimits {
        var limits = RequestLimits()
        limits.time =
            try arguments.value(of: time, expecting: "a time like 30s", Duration.init(parsing:)) ?? limits.time
        limits.responseBytes = Int64(try size(arguments, response) ?? Int(limits.responseBytes))
        limits.store = try storeLimits(arguments)
        limits.openFiles = try descriptorLimit(arguments) ?? limits.openFiles
        limits.openFilesRemedy = remedy(openFiles)
        return limits
    }

    /// The limits of a request, as a sandbox tells them.
    static func requestLimits(_ given: WorkerConfiguration.Limits) -> RequestLimits {
        var limits = RequestLimits()
        limits.time = given.time ?? limits.time
        limits.responseBytes = given.responseBytes.map(Int64.init) ?? limits.responseBytes
        let defaults = StoreLimits()
        limits.store = StoreLimits(
            memoryBytes: given.memoryBytes ?? defaults.memoryBytes,
            tableElements: given.tableElements ?? defaults.tableElements,
            stackBytes: given.stackBytes ?? defaults.stackBytes, heapBytes: given.heapBytes ?? defaults.heapBytes)
        limits.store.remedies = remedies
        limits.openFiles = given.openFiles ?? limits.openFiles
        limits.openFilesRemedy = remedy(openFiles)
        return limits
    }

    /// What was given of the limits that are seldom needed, to be told to another process.
    static func given(_ arguments: ParsedArguments) throws -> WorkerConfiguration.Limits {
        func value(_ option: Option, _ parse: (ParsedArguments, Option) throws -> Int?) throws -> Int? {
            arguments.source(of: option) == .commandLine ? try parse(arguments, option) : nil
        }
        var limits = WorkerConfiguration.Limits()
        limits.stackBytes = try value(stack, size)
        limits.heapBytes = try value(heap, size)
        limits.tableElements = try value(tables, count)
        limits.openFiles = try value(openFiles, count)
        limits.transientBytes = try value(transient, size)
        limits.waitingRequests = try value(waiting) { try waitingRequests($0, $1) }
        return limits
    }

    /// The value of an option, if it was given and is not its default.
    static func given<Value>(
        _ option: Option, _ arguments: ParsedArguments, _ parse: (String) -> Value?
    ) throws -> Value? {
        guard arguments.source(of: option) == .commandLine else { return nil }
        return try arguments.value(of: option, expecting: "a value like \(option.defaultValue ?? "")", parse)
    }

    /// A number of bytes, as `64MiB` says it.
    static func bytes(_ text: String) -> Int? { ByteCount(parsing: text)?.bytes }

    /// Bytes that modules may write to their files; `nil` for the default.
    static func transientBytes(_ arguments: ParsedArguments) throws -> Int? { try size(arguments, transient) }

    /// How many requests may be under way; `nil` for the default.
    static func waitingRequests(_ arguments: ParsedArguments, _ option: Option = waiting) throws -> Int? {
        try arguments.value(
            of: option, expecting: "a whole number from 1 on", { Int($0).flatMap { $0 < 1 ? nil : $0 } })
    }

    private static func descriptorLimit(_ arguments: ParsedArguments) throws -> Int? {
        try count(arguments, openFiles)
    }

    private static let remedies: [StoreLimits.Resource: String] = [
        .memory: remedy(memory), .tables: remedy(tables), .stack: remedy(stack), .heap: remedy(heap),
    ]

    private static func remedy(_ option: Option) -> String { "'--\(option.name)'" }

    static func size(_ arguments: ParsedArguments, _ option: Option) throws -> Int? {
        try arguments.value(of: option, expecting: "a size like 64MiB", { ByteCount(parsing: $0)?.bytes })
    }

    private static func count(_ arguments: ParsedArguments, _ option: Option) throws -> Int? {
        try arguments.value(of: option, expecting: "a whole number", { Int($0).flatMap { $0 < 0 ? nil : $0 } })
    }
}
