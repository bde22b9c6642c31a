import CommandLineInterface
import Platform
import WAGI
import WASI
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

extension Command {
    static let run = Command(
        name: "run",
        summary: "Run one WASI module on this terminal.",
        discussion: """
            Runs MODULE, a WebAssembly binary or a module in the text format, with this process's standard input, \
            output and error, and ends with the module's exit code. A trap ends it with code 134, after a message \
            and the calls that led there.

            The module sees no files but those of the directories given, and of the environment only the variables \
            given.

            A command is started by its function '_start'. A reactor, which exports '_initialize' instead, is \
            initialized, and then has the function called that '--invoke' names. With '--invoke', ARGS are that \
            function's arguments, numbers of the types it takes, and its results are printed, one on each line.
            """,
        options: [
            RunOptions.directory, RunOptions.readOnlyDirectory, RunOptions.environment, RunOptions.invoke,
            RunOptions.timeout, RunOptions.trace, RunOptions.traceAll,
        ] + LimitOptions.all,
        arguments: [RunOptions.module, RunOptions.moduleArguments],
        examples: [
            Example("hippo-dev run hello.wasm", "Run a command"),
            Example("hippo-dev run --dir . --dir ~/data::/data tool.wasm -v file.txt", "Give it two directories"),
            Example("hippo-dev run --trace --dir . tool.wasm", "See what it asks of WASI"),
            Example("hippo-dev run --invoke add sum.wat 2 40", "Call one function and print its result"),
        ],
        action: { arguments in
            var run = try ModuleRun(arguments)
            return try run.run()
        }
    )
}

private enum RunOptions {
    static let directory = Option(
        name: "dir", valueName: "HOST[::GUEST]",
        summary: "Give the module a directory, under the path GUEST or its own.", isRepeatable: true)
    static let readOnlyDirectory = Option(
        name: "read-only-dir", valueName: "HOST[::GUEST]",
        summary: "Give the module a directory in which it can change nothing.", isRepeatable: true)
    static let environment = Option(
        name: "env", shortName: "e", valueName: "NAME[=VALUE]",
        summary: "Set a variable of the module's environment; without VALUE, to what it is here.",
        isRepeatable: true)
    static let invoke = Option(
        name: "invoke", valueName: "FUNCTION", summary: "Call an exported function instead of '_start'.")
    static let timeout = Option(
        name: "timeout", valueName: "TIME",
        summary: "End the module after this time, as 500ms, 30s or 5m. No limit by default.")
    static let trace = Option(
        flag: "trace", summary: "Print calls of WASI functions and of the module's exports to standard error.")
    static let traceAll = Option(
        flag: "trace-all", summary: "Print calls of all functions, with those within the module.")
    static let module = Argument("MODULE", summary: "The module's file, .wasm or .wat.")
    static let moduleArguments = Argument(
        "ARGS", summary: "The module's own arguments, even those that look like options.", arity: .rest)
}

/// One run of a module, from its file to its exit code.
private struct ModuleRun {
    private let path: String
    private let words: [String]
    private let invoked: String?
    private let limits: StoreLimits
    private let timeout: Duration?
    private let traced: TracedCalls?
    private let configuration: WASIConfiguration

    init(_ arguments: ParsedArguments) throws {
        guard let path = arguments[RunOptions.module] else { throw UsageError("a MODULE is missing") }
        self.path = path
        words = arguments.values(of: RunOptions.moduleArguments)
        invoked = arguments[RunOptions.invoke]
        limits = try LimitOptions.storeLimits(arguments)
        timeout = try arguments.value(of: RunOptions.timeout, expecting: "a time like 30s", Duration.init(parsing:))

        traced =
            arguments.isSet(RunOptions.traceAll) ? .all : arguments.isSet(RunOptions.trace) ? .boundary : nil

        // In the order of the command line within each option; those that can be written come first.
        let preopens =
            try arguments.convertedValues(of: RunOptions.directory, expecting: "a directory") {
                Preopen(mapping: $0, access: .readWrite)
            }
            + arguments.convertedValues(of: RunOptions.readOnlyDirectory, expecting: "a directory") {
                Preopen(mapping: $0, access: .readOnly)
            }
        for preopen in preopens { try preopen.open() }
        let variables = try arguments.convertedValues(
            of: RunOptions.environment, expecting: "NAME=VALUE, or the NAME of a variable that is set", Self.variable)
        var configuration = WASIConfiguration(
            arguments: [path.split(separator: "/").last.map(String.init) ?? path] + (invoked == nil ? words : []),
            environment: variables,
            preopens: preopens,
            standardInput: .fileDescriptor(STDIN_FILENO),
            standardOutput: .fileDescriptor(STDOUT_FILENO),
            standardError: .fileDescriptor(STDERR_FILENO))
        try LimitOptions.limitOpenFiles(arguments, of: &configuration)
        self.configuration = configuration
    }

    private static func variable(_ text: String) -> (String, String)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty else { return nil }
        if parts.count == 2 { return (name, parts[1]) }
        return getenv(name).map { (name, String(cString: $0)) }
    }

    mutating func run() throws -> ExitCode {
        // A module whose reader has gone is told so by its write, and ends in its own way.
        signal(SIGPIPE, SIG_IGN)
        let module = try load()
        var linker = Linker()
        linker.defineWASI()
        let linked: LinkedModule
        do {
            linked = try linker.link(module, traced: traced)
        } catch {
            throw RunError("\(path): \(error)\(WASIAdvice.lines(for: error).map { "\n\($0)" }.joined())")
        }
        let entry = try Entry(of: module, invoking: invoked, words)
        let context = WASIContext(configuration)
        let store = Store(limits: limits, hostState: context)
        if traced != nil {
            let printer = CallPrinter()
            store.callObserver = { printer.print($0) }
        }
        let timer = DeadlineTimer()
        let ticket = timeout.map { timeout in
            timer.schedule(store, limit: timeout) {
                StandardError.tell("error: \(Self.timeoutMessage(timeout))")
                exit(134)
            }
        }
        do {
            defer { if let ticket { timer.cancel(ticket) } }
            return try entry.call(in: linked.instantiate(in: store))
        } catch let trap as Trap {
            if let exit = trap.hostError as? ProcessExit {
                // A program that fails may do so because it was refused something.
                let limits = exit.code == 0 ? [] : store.limitDescriptions + context.limitDescriptions
                for limit in limits { StandardError.tell("note: \(limit)") }
                return ExitCode(rawValue: Int32(exit.code & 0xFF))
            }
            for limit in context.limitDescriptions { StandardError.tell("note: \(limit)") }
            StandardError.tell("error: \(describe(trap))")
            return ExitCode(rawValue: 134)
        }
    }

    private func load() throws -> Module {
        do {
            let binary = try ModuleBinary(contentsOfFile: path)
            if binary.bytes.starts(with: [0x00, 0x61, 0x73, 0x6D]) || !path.hasSuffix(".wat") {
                return try Module(binary: binary)
            }
            return try Module(binary: ModuleBinary(assemble(Array(binary.bytes))))
        } catch let error as ModuleFileError {
            throw error
        } catch {
            throw RunError("\(path): \(error)")
        }
    }

    /// What happened, then the calls that led there.
    private func describe(_ trap: Trap) -> String {
        if case .interrupted = trap.kind, let timeout {
            return Trap(
                kind: .limitExceeded(Self.timeoutMessage(timeout)), frames: trap.frames,
                omittedCallCount: trap.omittedCallCount
            ).description
        }
        return "\(path) trapped: \(trap)"
    }

    private static func timeoutMessage(_ timeout: Duration) -> String {
        let seconds = (timeout / .milliseconds(1)).rounded() / 1000
        return "the module was ended after \(seconds) seconds; '--timeout' sets how long it may run"
    }
}

/// How a run of a module begins.
private enum Entry {
    /// The command's start, or what is there to be done when it has none.
    case function(named: String)
    /// A function with arguments, after initialization if there is any.
    case invocation(of: String, [Value], initializes: Bool)
    /// All that the module does, it does while it is instantiated.
    case instantiation

    init(of module: Module, invoking invoked: String?, _ words: [String]) throws {
        let initializes = module.exportsFunction("_initialize")
        if let invoked {
            guard let export = module.export(named: invoked), export.kind == .function else {
                throw RunError("the module exports no function '\(invoked)'\(module.functionList)")
            }
            let parameters = module.functionType(of: Int(export.index)).parameters
            guard parameters.count == words.count else {
                throw UsageError(
                    "'\(invoked)' takes \(parameters.count) argument\(parameters.count == 1 ? "" : "s") "
                        + "(\(parameters.map(\.description).joined(separator: ", "))), and \(words.count) were given")
            }
            let values = try zip(words, parameters).map { word, type in
                guard let value = Value(parsing: word, as: type) else {
                    throw UsageError("'\(word)' is no \(type), which '\(invoked)' takes")
                }
                return value
            }
            self = .invocation(of: invoked, values, initializes: initializes && invoked != "_initialize")
        } else if module.exportsFunction("_start") {
            self = .function(named: "_start")
        } else if initializes {
            self = .function(named: "_initialize")
        } else if module.startFunction != nil {
            self = .instantiation
        } else {
            throw RunError(
                "the module exports neither '_start' nor '_initialize': name a function to call by '--invoke'"
                    + module.functionList)
        }
    }

    func call(in instance: Instance) throws -> ExitCode {
        switch self {
        case .instantiation:
            break
        case .function(let name):
            try instance.function(named: name)?.call()
        case .invocation(let name, let values, let initializes):
            if initializes { try instance.function(named: "_initialize")?.call() }
            for result in try instance.function(named: name)?.call(values) ?? [] { print(result.plainDescription) }
        }
        return .success
    }
}

/// A module that cannot be run.
private struct RunError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Module {
    fileprivate func exportsFunction(_ name: String) -> Bool {
        export(named: name)?.kind == .function
    }

    /// The exported functions, to go after a message.
    fileprivate var functionList: String {
        let names = exports.filter { $0.kind == .function }.map(\.name)
        return names.isEmpty ? "; it exports no functions" : "; it exports \(names.joined(separator: ", "))"
    }
}

extension Preopen {
    /// Reads `HOST::GUEST`, or `HOST` for a directory that has the same path for the guest.
    fileprivate init?(mapping text: String, access: Access) {
        guard let separator = text.firstRange(of: "::") else {
            guard !text.isEmpty else { return nil }
            self.init(hostPath: text, guestPath: text, access: access)
            return
        }
        let (host, guest) = (String(text[..<separator.lowerBound]), String(text[separator.upperBound...]))
        guard !host.isEmpty, !guest.isEmpty else { return nil }
        self.init(hostPath: host, guestPath: guest, access: access)
    }
}
