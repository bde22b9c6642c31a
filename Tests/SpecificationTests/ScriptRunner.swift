import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// Runs the commands of one script, in a store of its own.
struct ScriptRunner {
    /// Which edition of WebAssembly a script was written for.
    enum Dialect {
        case webAssembly3
        /// The scripts of the threads proposal, which build on the first edition: one memory and one table, of 32 bits.
        case threads

        var features: Features {
            switch self {
            case .webAssembly3: .all
            case .threads: [.threads]
            }
        }
    }

    private let dialect: Dialect
    private var report = ScriptReport()

    private let store: Store
    private var linker: Linker
    /// The script's names for its modules and instances; the latest ones need none.
    private var definitions: [String: Module] = [:]
    private var instances: [String: Instance] = [:]
    private var latestDefinition: Module?
    private var latestInstance: Instance?

    static func run(_ text: [UInt8], dialect: Dialect) -> ScriptReport {
        do {
            let script = try Script(text)
            var runner = try ScriptRunner(dialect: dialect)
            for command in script.commands { runner.run(command) }
            return runner.report
        } catch {
            let line = (error as? TextFormatError)?.line ?? 1
            let failure = ScriptReport.Failure(line: line, message: "the script cannot be run: \(error)")
            return ScriptReport(failures: [failure])
        }
    }

    private init(dialect: Dialect) throws {
        self.dialect = dialect
        store = Store(limits: StoreLimits(memoryBytes: 8 << 30))
        linker = try SpectestModule.linker(in: store)
    }

    private mutating func fail(_ line: Int, _ message: String) {
        report.failures.append(ScriptReport.Failure(line: line, message: message))
    }

    private mutating func pass() {
        report.passed += 1
    }

    private mutating func run(_ command: Script.Command) {
        let line = command.line
        switch command.kind {
        case .module(let module):
            guard let definition = define(module, line) else {
                latestInstance = nil
                return
            }
            instantiate(definition, name: module.name, line)
        case .definition(let module):
            if define(module, line) != nil { pass() }
        case .instance(let name, let module):
            guard let definition = module.map({ definitions[$0] }) ?? latestDefinition else {
                return fail(line, "there is no module \(module ?? "")")
            }
            instantiate(definition, name: name, line)
        case .register(let name, let instance):
            guard let found = self.instance(instance) else { return fail(line, "there is no instance to register") }
            linker.define(found, as: name)
            pass()
        case .action(let action):
            switch perform(action) {
            case .success: pass()
            case .failure(let failure): fail(line, "\(failure)")
            }
        case .assertReturn(let action, let patterns):
            checkReturn(action, patterns, line)
        case .assertTrap(let action, let expected), .assertExhaustion(let action, let expected):
            checkTrap(perform(action).map { _ in }, expected, line)
        case .assertException(let action):
            checkException(action, line)
        case .assertInstantiationTrap(let module, let expected):
            guard let definition = define(module, line) else { return }
            do {
                let linked = try linker.link(definition)
                checkTrap(Self.instantiate(linked, in: store).map { _ in }, expected, line)
            } catch {
                fail(line, "the module does not link: \(error)")
            }
        case .assertUnlinkable(let module, let expected):
            checkUnlinkable(module, expected, line)
        case .assertMalformed(let module, let expected, _):
            checkMalformed(module, expected, line)
        case .assertInvalid(let module, let expected, _):
            checkInvalid(module, expected, line)
        }
    }

    // MARK: Instances

    private func instance(_ name: String?) -> Instance? {
        name.map { instances[$0] } ?? latestInstance
    }

    private mutating func define(_ module: ScriptModule, _ line: Int) -> Module? {
        switch load(module) {
        case .success(let definition):
            latestDefinition = definition
            if let name = module.name { definitions[name] = definition }
            return definition
        case .failure(let refusal):
            fail(line, "the module is refused: \(refusal)")
            return nil
        }
    }

    private mutating func instantiate(_ definition: Module, name: String?, _ line: Int) {
        do {
            let instance = try linker.link(definition).instantiate(in: store)
            latestInstance = instance
            if let name { instances[name] = instance }
            pass()
        } catch {
            latestInstance = nil
            fail(line, "the module cannot be instantiated: \(error)")
        }
    }

    private static func instantiate(_ linked: LinkedModule, in store: Store) -> Result<Instance, ActionFailure> {
        do {
            return .success(try linked.instantiate(in: store))
        } catch {
            return .failure(.trap(error))
        }
    }

    private mutating func checkUnlinkable(_ module: ScriptModule, _ expected: String, _ line: Int) {
        guard let definition = define(module, line) else { return }
        do {
            _ = try linker.link(definition)
            fail(line, "a module that cannot be linked is linked; expected \"\(expected)\"")
        } catch {
            if error.message.hasPrefix(expected) {
                pass()
            } else {
                fail(line, "expected \"\(expected)\", got: \(error)")
            }
        }
    }

    // MARK: Actions

    enum ActionFailure: Error, CustomStringConvertible {
        case trap(Trap)
        case missing(String)

        var description: String {
            switch self {
            case .trap(let trap): "trap: \(trap)"
            case .missing(let what): "there is no \(what)"
            }
        }
    }

    /// A value, and the type by which it was returned.
    struct TypedValue {
        let value: Value
        let type: ValueType
    }

    private func perform(_ action: ScriptAction) -> Result<[TypedValue], ActionFailure> {
        switch action {
        case .invoke(let name, let function, let arguments):
            guard let instance = instance(name) else { return .failure(.missing("instance \(name ?? "")")) }
            guard let found = instance.function(named: function) else {
                return .failure(.missing("exported function \"\(function)\""))
            }
            do {
                let results = try found.call(arguments.map(\.value))
                return .success(zip(results, found.type.results).map(TypedValue.init))
            } catch {
                return .failure(.trap(error))
            }
        case .get(let name, let global):
            guard let instance = instance(name) else { return .failure(.missing("instance \(name ?? "")")) }
            guard let found = instance.global(named: global) else {
                return .failure(.missing("exported global \"\(global)\""))
            }
            return .success([TypedValue(value: found.value, type: found.type.valueType)])
        }
    }

    private mutating func checkReturn(_ action: ScriptAction, _ patterns: [ResultPattern], _ line: Int) {
        switch perform(action) {
        case .failure(let failure):
            fail(line, "\(failure)")
        case .success(let results):
            if results.count == patterns.count && zip(patterns, results).allSatisfy({ $0.matches($1) }) {
                pass()
            } else {
                fail(line, "expected \(patterns), got \(results.map(\.value))")
            }
        }
    }

    private mutating func checkTrap(_ outcome: Result<Void, ActionFailure>, _ expected: String, _ line: Int) {
        switch outcome {
        case .success:
            fail(line, "no trap; expected \"\(expected)\"")
        case .failure(.trap(let trap)) where trap.message.hasPrefix(expected):
            pass()
        case .failure(let failure):
            fail(line, "expected \"\(expected)\", got: \(failure)")
        }
    }

    private mutating func checkException(_ action: ScriptAction, _ line: Int) {
        switch perform(action) {
        case .success:
            fail(line, "no exception")
        case .failure(let failure):
            if case .trap(let trap) = failure, case .uncaughtException = trap.kind { return pass() }
            fail(line, "expected an exception, got: \(failure)")
        }
    }

    // MARK: Modules

    /// Why a module is refused, and at which stage.
    enum Refusal: Error, CustomStringConvertible {
        case text(TextFormatError)
        case binary(ModuleError)

        var description: String {
            switch self {
            case .text(let error): "\(error)"
            case .binary(let error): "\(error)"
            }
        }

        var message: String {
            switch self {
            case .text(let error): error.message
            case .binary(let error): error.message
            }
        }

        var isMalformed: Bool {
            switch self {
            case .text: true
            case .binary(let error): error.kind == .malformed
            }
        }
    }

    private func load(_ module: ScriptModule) -> Result<Module, Refusal> {
        let binary: [UInt8]
        do throws(TextFormatError) {
            binary = try module.assemble(features: dialect.features)
        } catch {
            return .failure(.text(error))
        }
        do throws(ModuleError) {
            return .success(try Module(bytes: binary, features: dialect.features))
        } catch {
            return .failure(.binary(error))
        }
    }

    private mutating func checkMalformed(_ module: ScriptModule, _ expected: String, _ line: Int) {
        switch load(module) {
        case .success:
            fail(line, "a malformed module is accepted; expected \"\(expected)\"")
        case .failure(let refusal):
            if !refusal.isMalformed {
                fail(line, "a malformed module is taken for an invalid one: \(refusal); expected \"\(expected)\"")
            } else {
                checkMessage(refusal, expected, line)
            }
        }
    }

    private mutating func checkInvalid(_ module: ScriptModule, _ expected: String, _ line: Int) {
        switch load(module) {
        case .success:
            fail(line, "an invalid module is accepted; expected \"\(expected)\"")
        case .failure(.text(let error)):
            fail(line, "an invalid module does not parse: \(error); expected \"\(expected)\"")
        case .failure(let refusal):
            if refusal.isMalformed {
                fail(line, "an invalid module is taken for a malformed one: \(refusal); expected \"\(expected)\"")
            } else {
                checkMessage(refusal, expected, line)
            }
        }
    }

    /// As in the reference interpreter, the expected text has to be a prefix of the message.
    private mutating func checkMessage(_ refusal: Refusal, _ expected: String, _ line: Int) {
        if refusal.message.hasPrefix(expected) {
            pass()
        } else {
            fail(line, "expected \"\(expected)\", got: \(refusal)")
        }
    }
}
