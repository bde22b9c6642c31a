import ComponentModel
import Platform
import WAVE

/// Prints what a component asks of its host to standard error: each call when it begins, with its arguments, and when it
/// ends, with its result.
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
            let texts = zip(function.type.parameters, arguments).map { "\($0.label): \(text($1, $0.type))" }
            StandardError.tell("==> \(name)(\(texts.joined(separator: ", ")))")
            do {
                let result = try function.body(call, arguments)
                let description = result.flatMap { value in function.type.result.map { " \(text(value, $0))" } }
                StandardError.tell("<==\(description ?? "")")
                return result
            } catch {
                StandardError.tell("<== \(error)")
                throw error
            }
        }
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
