import CommandLineInterface
import ComponentModel
import Platform
import WAVE

/// The function that a run of a component calls, with its arguments.
struct ComponentCall {
    private let name: ExportName
    private let function: ExportedFunction
    private let arguments: [ComponentModel.Value]
    /// Whether it is the function of a command, whose result says whether the program has succeeded.
    private let isCommand: Bool

    /// - Parameter invoked: a call in WAVE; `nil` to run a command.
    /// - Throws: `RunError` where there is no such function; `UsageError` where the call does not fit it.
    init(_ component: LinkedComponent, invoking invoked: String?, _ settings: RunSettings) throws {
        guard let invoked else {
            guard let name = component.command, let function = component.exportedFunction(name) else {
                throw RunError("\(settings.path): \(component.reasonNotToRun)")
            }
            self.name = name
            self.function = function
            arguments = []
            isCommand = true
            return
        }
        isCommand = false
        do {
            let invocation = try Invocation(parsing: invoked)
            (name, function) = try Self.find(invocation, in: component)
            arguments = try invocation.arguments(function.type.parameters)
        } catch {
            throw UsageError("'--invoke \(invoked)': \(error)")
        }
    }

    /// The one function that a call names.
    private static func find(
        _ invocation: Invocation, in component: LinkedComponent
    ) throws -> (ExportName, ExportedFunction) {
        let all = component.exportedFunctions
        let named = all.filter { name in
            name.function == invocation.function
                && (name.interface.map { invocation.names(interface: $0) } ?? (invocation.interface == nil))
        }
        let texts = { (names: [ExportName]) in names.map { "'\($0.call)'" }.joined(separator: ", ") }
        guard let name = named.first, let function = component.exportedFunction(name) else {
            throw CallError(
                "the component exports no such function"
                    + (all.isEmpty ? "; it exports none" : "; it exports \(texts(all))"))
        }
        guard named.count == 1 else {
            throw CallError("several functions have this name: \(texts(named))")
        }
        if let unwritable = function.type.unwritablePart {
            throw CallError(
                "'\(name.function)' has the type \(function.type), and \(unwritable) cannot be written down")
        }
        return (name, function)
    }

    func run(in instance: ComponentInstance) throws -> ExitCode {
        let result = try instance.call(function, arguments)
        if isCommand { return result == .ok() ? .success : .failure }
        // A function without a result gives what an empty tuple would be, which has no other text in WAVE.
        if let result, let type = function.type.result { print(result.wave(as: type)) } else { print("()") }
        return .success
    }
}

/// What is wrong with a call that can be read.
private struct CallError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension LinkedComponent {
    /// All functions that are exported, by themselves or in instances.
    fileprivate var exportedFunctions: [ExportName] {
        exports.flatMap { export -> [ExportName] in
            switch export.kind {
            case .function: [ExportName(export.name)]
            case .instance(let functions): functions.map { ExportName($0.name, in: export.name) }
            case .other: []
            }
        }
    }

    /// The function of a command, in whatever version.
    fileprivate var command: ExportName? {
        exportedFunctions.first { $0.function == "run" && $0.interface?.hasPrefix("wasi:cli/run@0.2.") == true }
    }

    /// Why there is nothing to be run, and what to do.
    fileprivate var reasonNotToRun: String {
        if exports.contains(where: { $0.name.hasPrefix("wasi:http/incoming-handler@") }) {
            return "the component answers HTTP requests, and is no command: 'hippo-dev up FILE' serves it"
        }
        let names = exports.map(\.name)
        return "the component is a library: it does not export wasi:cli/run. '--invoke' calls a function"
            + (names.isEmpty ? "; it exports nothing" : "; it exports \(names.joined(separator: ", "))")
    }
}

extension ExportName {
    /// How a call of it is written.
    fileprivate var call: String { (interface.map { "\($0)." } ?? "") + "\(function)(…)" }
}

extension FunctionType {
    /// A part of the type that has no text: a handle, a stream or a future.
    fileprivate var unwritablePart: String? {
        (parameters.map(\.type) + [result].compactMap { $0 }).lazy.compactMap(\.unwritablePart).first
    }
}

extension ValueType {
    fileprivate var unwritablePart: String? {
        switch kind {
        case .own, .borrow: "a handle to a resource (\(self))"
        case .stream: "a stream"
        case .future: "a future"
        case .list(let type), .fixedLengthList(let type, _), .option(let type): type.unwritablePart
        case .map(let key, let value): key.unwritablePart ?? value.unwritablePart
        case .record(let fields): fields.lazy.compactMap(\.type.unwritablePart).first
        case .tuple(let types): types.lazy.compactMap(\.unwritablePart).first
        case .variant(let cases): cases.lazy.compactMap { $0.type?.unwritablePart }.first
        case .result(let ok, let error): ok?.unwritablePart ?? error?.unwritablePart
        default: nil
        }
    }
}
