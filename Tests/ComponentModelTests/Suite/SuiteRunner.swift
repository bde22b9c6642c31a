import ComponentModel
import JSON
import WebAssembly
import WebAssemblyRuntime

/// Runs the commands of a script that instantiate and call components.
///
/// Each component instance has a store of its own: they do not share anything in these scripts.
struct SuiteRunner {
    private let script: String
    /// The script's names for its components and instances; the latest ones need none.
    private var definitions: [String: Component] = [:]
    private var instances: [String: ComponentInstance] = [:]
    private var latestDefinition: Component?
    private var latestInstance: ComponentInstance?

    /// How many commands of each type came out as they should.
    private(set) var passed: [String: Int] = [:]
    /// What came out otherwise.
    private(set) var failures: [String] = []

    init(_ script: String) {
        self.script = script
    }

    static func run(_ script: String) throws -> SuiteRunner {
        var runner = SuiteRunner(script)
        for command in try ComponentSuite.commands(of: script) {
            do {
                if try runner.run(command) { runner.passed[command.type, default: 0] += 1 }
            } catch {
                runner.failures.append("\(script).wast:\(command.line): \(command.type): \(error)")
            }
        }
        return runner
    }

    /// Runs a command; false if it is about other things than running components.
    private mutating func run(_ command: SuiteCommand) throws -> Bool {
        switch command.type {
        case "module":
            let component = try component(command)
            latestInstance = nil
            let instance = try Self.instantiate(component)
            latestInstance = instance
            if let name = command.json["name"]?.string { instances[name] = instance }
        case "module_definition":
            let component = try component(command)
            latestDefinition = component
            if let name = command.json["name"]?.string { definitions[name] = component }
        case "module_instance":
            let component = command.json["module"]?.string.map { definitions[$0] } ?? latestDefinition
            latestInstance = nil
            guard let component else { throw SuiteError(description: "no such definition") }
            let instance = try Self.instantiate(component)
            latestInstance = instance
            if let name = command.json["instance"]?.string { instances[name] = instance }
        case "assert_return":
            try assertReturn(command)
        case "assert_trap":
            try assertTrap(command)
        case "assert_uninstantiable", "assert_unlinkable":
            let component = try component(command)
            do {
                _ = try Self.instantiate(component)
            } catch {
                return true
            }
            throw SuiteError(description: "it was instantiated")
        default:
            return false
        }
        return true
    }

    private func component(_ command: SuiteCommand) throws -> Component {
        guard let binary = command.binary else { throw SuiteError(description: "no binary") }
        return try Component(bytes: binary)
    }

    private static func instantiate(_ component: Component) throws -> ComponentInstance {
        try ComponentLinker().link(component).instantiate(in: Store())
    }

    /// Calls what an action names, and gives its result with the type.
    private func invoke(_ command: SuiteCommand) throws -> (
        value: ComponentModel.Value?, type: ComponentModel.ValueType?
    ) {
        guard let action = command.json["action"]?.object, action["type"]?.string == "invoke",
            let field = action["field"]?.string
        else { throw SuiteError(description: "not an invocation") }
        let instance = action["module"]?.string.map { instances[$0] } ?? latestInstance
        guard let instance else { throw SuiteError(description: "no such instance") }
        guard let function = instance.function(ExportName(field)) else {
            throw SuiteError(description: "\(field) is not exported")
        }
        let arguments = action["args"]?.array ?? []
        guard arguments.count == function.type.parameters.count else {
            throw SuiteError(description: "\(field) takes \(function.type.parameters.count) arguments")
        }
        let values = try zip(arguments, function.type.parameters).map { try SuiteValue.value($0, as: $1.type) }
        return (try function.call(values), function.type.result)
    }

    private func assertReturn(_ command: SuiteCommand) throws {
        let (value, type) = try invoke(command)
        let expected = command.json["expected"]?.array ?? []
        var wanted: ComponentModel.Value?
        if let type, let json = expected.first { wanted = try SuiteValue.value(json, as: type) }
        guard value == wanted, expected.count == (value == nil ? 0 : 1) else {
            throw SuiteError(
                description: "\(value.map { "\($0)" } ?? "nothing") for \(wanted.map { "\($0)" } ?? "nothing")")
        }
    }

    private func assertTrap(_ command: SuiteCommand) throws {
        do {
            let value = try invoke(command).value
            throw SuiteError(description: "it returned \(value.map { "\($0)" } ?? "nothing")")
        } catch let trap as Trap {
            let prefix = "wasm trap: "
            var text = command.text ?? ""
            if text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
            guard trap.message.contains(text) else {
                throw SuiteError(description: "\"\(trap.message)\" for \"\(text)\"")
            }
        }
    }
}
