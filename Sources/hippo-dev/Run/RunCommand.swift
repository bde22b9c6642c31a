import CommandLineInterface
import Platform
import WebAssembly

extension Command {
    static let run = Command(
        name: "run",
        summary: "Run one WASI module or component on this terminal.",
        discussion: """
            Runs MODULE, a WebAssembly module, a module in the text format or a component, with this process's standard \
            input, output and error, and ends with its exit code. A trap ends it with code 134, after a message \
            and the calls that led there.

            The module sees only the files of the directories given, only the variables given, and of \
            the network only the hosts given.

            A command is started by its function '_start'. A reactor, which exports '_initialize' instead, is \
            initialized, and then has the function called that '--invoke' names. With '--invoke', ARGS are that \
            function's arguments, numbers of the types it takes, and its results are printed, one on each line.

            A component is started by its export 'wasi:cli/run'. With '--invoke', the call is written as a whole, with \
            values of its types: '--invoke 'greet("world", [1, 2])''. The function is searched in all instances that the \
            component exports; 'ns:pkg/interface.greet(…)' names one. Its result is printed in the same notation. ARGS are the \
            component's arguments then, as without '--invoke'.

            '--trace' prints what a component asks of its host, with values in this notation. '--trace-all' prints calls \
            within its core modules, too, each after the module's number and name: '[0 main] greet(1024, 5)'.
            """,
        options: [
            RunOptions.directory, RunOptions.readOnlyDirectory, RunOptions.environment, RunOptions.invoke,
            RunOptions.allowedOutbound, RunOptions.stubImports, RunOptions.timeout, RunOptions.trace,
            RunOptions.traceAll,
        ] + LimitOptions.all,
        arguments: [RunOptions.module, RunOptions.moduleArguments],
        examples: [
            Example("hippo-dev run hello.wasm", "Run a command"),
            Example("hippo-dev run --dir . --dir ~/data::/data tool.wasm -v file.txt", "Give it two directories"),
            Example("hippo-dev run --trace --dir . tool.wasm", "See what it asks of WASI"),
            Example("hippo-dev run --invoke add sum.wat 2 40", "Call one function and print its result"),
            Example("hippo-dev run --invoke 'add(2, 40)' sum.wasm", "Call one of a component"),
        ],
        action: { arguments in
            let settings = try RunSettings(arguments)
            // A guest whose reader has gone is told so by its write, and ends in its own way.
            signal(SIGPIPE, SIG_IGN)
            let binary = try ModuleBinary(contentsOfFile: settings.path)
            return binary.kind == .component
                ? try ComponentRun(binary, settings).run() : try ModuleRun(binary, settings).run()
        }
    )
}

enum RunOptions {
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
        name: "invoke", valueName: "FUNCTION",
        summary: "Call an exported function instead of '_start'; of a component, with its arguments: 'f(1, \"a\")'.")
    static let allowedOutbound = Option(
        name: "allow-outbound", valueName: "URL",
        summary: "Let the module send requests to the host of this URL, and a component open sockets to its port.",
        isRepeatable: true)
    static let stubImports = Option(
        flag: "stub-imports",
        summary: "Imports of a component that are not provided trap when they are called, and not before it starts.")
    static let timeout = Option(
        name: "timeout", valueName: "TIME",
        summary: "End the module after this time, as 500ms, 30s or 5m. No limit by default.")
    static let trace = Option(
        flag: "trace", summary: "Print calls of WASI functions, and of a module's exports, to standard error.")
    static let traceAll = Option(
        flag: "trace-all", summary: "Print calls of all functions, also of functions that no module exports.")
    static let module = Argument("MODULE", summary: "The file of the module or component, .wasm or .wat.")
    static let moduleArguments = Argument(
        "ARGS", summary: "The module's own arguments, even those that look like options.", arity: .rest)
}
