import Platform
import WASI
import WebAssembly
import WebAssemblyRuntime

/// Prints calls to standard error, each when it begins and when it ends, indented by how deep it is.
final class CallPrinter {
    /// The descriptions of WASI functions that have begun and not ended.
    private var pending: [WASICallDescription] = []
    /// The modules of a component by what precedes the names of their functions; empty for a module that stands alone.
    private let labels: [ObjectIdentifier: String]

    /// - Parameter modules: those of a component, which the printer numbers from 0 in this order.
    init(modules: [Module] = []) {
        let labeled = modules.enumerated().map { number, module in
            (ObjectIdentifier(module), "[\(number)\(module.names.module.map { " \($0)" } ?? "")] ")
        }
        labels = Dictionary(labeled) { first, _ in first }
    }

    func print(_ event: CallEvent) {
        let line =
            switch event.phase {
            case .begins(let arguments): "==> \(begin(arguments, event))"
            case .returns(let results): end(results, event)
            case .throwsError(let error): fail(error, event)
            }
        Self.tell(line, depth: event.depth)
    }

    /// Prints a line, indented by how many calls are around it.
    static func tell(_ line: String, depth: Int) {
        StandardError.tell(String(repeating: "  ", count: min(depth, 40)) + line)
    }

    private func name(of function: TracedFunction) -> String {
        let label = function.module.flatMap { labels[ObjectIdentifier($0)] } ?? ""
        guard let name = function.name else { return "\(label)function \(function.index)" }
        return function.importModule.map { "\($0).\(name)" } ?? label + demangled(name)
    }

    private func begin(_ arguments: [Value], _ event: CallEvent) -> String {
        if let module = event.function.importModule, let name = event.function.name,
            let call = WASICallDescription(module: module, name: name, arguments: arguments)
        {
            pending.append(call)
            return "\(name)(\(call.arguments(in: event.memory)))"
        }
        let list = arguments.map { $0.plainDescription }.joined(separator: ", ")
        return "\(name(of: event.function))(\(list))"
    }

    private func end(_ results: [Value], _ event: CallEvent) -> String {
        let call = event.function.importModule == nil ? nil : pending.popLast()
        let text =
            call?.results(results, in: event.memory)
            ?? results.map { $0.plainDescription }.joined(separator: ", ")
        return text.isEmpty ? "<==" : "<== \(text)"
    }

    private func fail(_ error: any Error, _ event: CallEvent) -> String {
        if event.function.importModule != nil { _ = pending.popLast() }
        if let exit = error as? ProcessExit { return "<== the module ends, with code \(exit.code)" }
        return "<== fails: \(error)"
    }
}
