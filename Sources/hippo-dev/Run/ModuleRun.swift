import CommandLineInterface
import Platform
import WASI
import WASIExperimentalHTTP
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// One run of a core module.
struct ModuleRun {
    private let settings: RunSettings
    private let module: Module

    /// - Throws: `RunError` for what is no module.
    init(_ binary: ModuleBinary, _ settings: RunSettings) throws {
        self.settings = settings
        do {
            if binary.bytes.starts(with: [0x00, 0x61, 0x73, 0x6D]) || !settings.path.hasSuffix(".wat") {
                module = try Module(binary: binary)
            } else {
                module = try Module(binary: ModuleBinary(assemble(Array(binary.bytes))))
            }
        } catch {
            throw RunError("\(settings.path): \(error)")
        }
    }

    func run() throws -> ExitCode {
        var linker = Linker()
        linker.defineWASI()
        linker.defineOutboundHTTP()
        let linked: LinkedModule
        do {
            linked = try linker.link(module, traced: settings.traced)
        } catch {
            throw RunError("\(settings.path): \(error)\(WASIAdvice.lines(for: error).map { "\n\($0)" }.joined())")
        }
        let entry = try Entry(of: module, invoking: settings.invoked, settings.words)
        let context = WASIContext(settings.configuration)
        let state = ModuleState(context, OutboundHTTPContext(settings.outboundHTTP))
        let store = Store(limits: settings.limits, hostState: state)
        if settings.traced != nil {
            let printer = CallPrinter()
            store.callObserver = { printer.print($0) }
        }
        return try settings.run(in: store, contextLimits: { context.limitDescriptions }) {
            try entry.call(in: linked.instantiate(in: store))
        }
    }
}

/// What a module that is run has of the host.
private final class ModuleState: WASIContextHolder, OutboundHTTPContextHolder {
    let wasiContext: WASIContext
    let outboundHTTPContext: OutboundHTTPContext

    init(_ wasiContext: WASIContext, _ outboundHTTPContext: OutboundHTTPContext) {
        self.wasiContext = wasiContext
        self.outboundHTTPContext = outboundHTTPContext
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
                throw RunError(
                    "the module exports no function '\(invoked)'\(module.notation(for: invoked) ?? module.functionList)"
                )
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

extension Module {
    fileprivate func exportsFunction(_ name: String) -> Bool {
        export(named: name)?.kind == .function
    }

    /// How a call is written that somebody has written as for a component, `add(2, 40)`, to go after a message.
    fileprivate func notation(for call: String) -> String? {
        guard let parenthesis = call.firstIndex(of: "("), call.hasSuffix(")"),
            exportsFunction(String(call[..<parenthesis]))
        else { return nil }
        let arguments = call[parenthesis...].dropFirst().dropLast().split { $0 == "," || $0 == " " }
        return "; for a core module, the arguments come after the file: --invoke \(call[..<parenthesis]) MODULE"
            + arguments.map { " \($0)" }.joined()
    }

    /// The exported functions, to go after a message.
    fileprivate var functionList: String {
        let names = exports.filter { $0.kind == .function }.map(\.name)
        return names.isEmpty ? "; it exports no functions" : "; it exports \(names.joined(separator: ", "))"
    }
}
