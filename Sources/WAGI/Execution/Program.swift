import ComponentModel
import WASIExperimentalHTTP
import WebAssembly
import WebAssemblyRuntime

/// What a handler runs for each request.
enum Program: Sendable {
    /// A function of a core module, as a CGI program.
    case module(LinkedModule, function: String)
    case component(ComponentProgram)

    /// What is called, as it is named in logs and pages.
    var function: String {
        switch self {
        case .module(_, let function): function
        case .component(let program): program.entrypoint
        }
    }

    /// What every request would come to at once; `nil` if there is something to call.
    var problem: GuestFailure? {
        switch self {
        case .module(let module, let function): module.missing(function)
        case .component(let program): program.problem
        }
    }

    /// Why a wish to use instances again has no effect; `nil` if it has, or if there is none.
    func noteOnReuse(_ count: Int) -> String? {
        if count == 1 { return nil }
        if case .component(let program) = self, case .incomingHandler? = program.entry { return nil }
        return ModuleLoader.noteOnReuse
    }

    /// The core modules that run.
    var translatedModules: [TranslatedModule] {
        switch self {
        case .module(let module, _): [module.translated]
        case .component(let program): program.linked.modules
        }
    }
}

extension LinkedModule {
    /// Whether the module imports the functions for outbound HTTP.
    var sendsRequests: Bool { module.imports.contains { $0.module == Linker.outboundHTTPModuleName } }

    /// Runs one function in an instance of its own, after `_initialize` if the module is a reactor.
    ///
    /// - Parameter whenReady: called when the instance is there.
    /// - Throws: `GuestFailure`; the error of a host function unchanged.
    func run(_ function: String, in store: Store, whenReady: () -> Void = {}) throws {
        if let failure = missing(function) { throw failure }
        do {
            let instance = try instantiate(in: store)
            whenReady()
            if function != "_start", isFunctionToRun("_initialize") {
                try instance.function(named: "_initialize")?.call()
            }
            try instance.function(named: function)?.call()
        } catch {
            if let failure = try GuestFailure(error) { throw failure }
        }
    }

    /// What a call of this function would come to at once; `nil` if the module has it.
    func missing(_ function: String) -> GuestFailure? {
        guard !isFunctionToRun(function) else { return nil }
        return .notAFunction(
            name: function, exports: module.exports.filter { $0.kind == .function }.map(\.name),
            hasStart: module.startFunction != nil)
    }

    /// Whether the module exports a function of this name that takes no arguments.
    private func isFunctionToRun(_ name: String) -> Bool {
        guard let export = module.export(named: name), export.kind == .function else { return false }
        return module.functionType(of: Int(export.index)).parameters.isEmpty
    }
}
