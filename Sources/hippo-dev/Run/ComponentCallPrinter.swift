import ComponentModel
import WASI
import WAVE

/// Prints what a component asks of its host to standard error: each call when it begins, with its arguments, and when it
/// ends, with its result. It is indented by the calls around it that are printed, too.
enum ComponentCallPrinter {
    /// The interface, with its functions printed.
    static func printing(_ interface: HostInterface) -> HostInterface {
        var functions: [String: HostFunction] = [:]
        for (name, function) in interface.functions {
            functions[name] = printing(function, "\(interface.name).\(name)")
        }
        return HostInterface(
            interface.name, version: interface.version, resources: interface.resources, functions: functions)
    }

    private static func printing(_ function: HostFunction, _ name: String) -> HostFunction {
        HostFunction(function.type, isRepeatable: function.isRepeatable) { call, arguments in
            let depth = call.store.tracedCallCount
            let texts = zip(function.type.parameters, arguments).map { "\($0.label): \(text($1, $0.type))" }
            CallPrinter.tell("==> \(name)(\(texts.joined(separator: ", ")))", depth: depth)
            do {
                let result = try function.body(call, arguments)
                let description = result.flatMap { value in function.type.result.map { " \(text(value, $0))" } }
                CallPrinter.tell("<==\(description ?? "")", depth: depth)
                return result
            } catch {
                CallPrinter.tell("<== \(failure(error))", depth: depth)
                throw error
            }
        }
    }

    private static func failure(_ error: any Error) -> String {
        guard let exit = error as? ProcessExit else { return "fails: \(error)" }
        return "the component ends, with code \(exit.code)"
    }

    private static let longestText = 200

    private static func text(_ value: Value, _ type: ValueType) -> String {
        // Bytes are text most often.
        if case .bytes(let bytes) = value, let text = String(validating: bytes, as: UTF8.self) {
            return shortened(Value.string(text).wave(as: .string))
        }
        return shortened(value.wave(as: type))
    }

    private static func shortened(_ text: String) -> String {
        text.count > longestText ? "\(text.prefix(longestText))…" : text
    }
}
