import WebAssembly
import WebAssemblyText

/// Runs the commands of one script.
struct ScriptRunner {
    /// Which edition of WebAssembly a script was written for.
    enum Dialect {
        case webAssembly3
        /// The scripts of the threads proposal, which build on the first edition.
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

    static func run(_ text: [UInt8], dialect: Dialect) -> ScriptReport {
        var runner = ScriptRunner(dialect: dialect)
        do throws(TextFormatError) {
            let script = try Script(text)
            for command in script.commands { runner.run(command) }
        } catch {
            runner.fail(error.line, "the script does not parse: \(error)")
        }
        return runner.report
    }

    private init(dialect: Dialect) {
        self.dialect = dialect
    }

    private mutating func fail(_ line: Int, _ message: String) {
        report.failures.append(ScriptReport.Failure(line: line, message: message))
    }

    private mutating func pass() {
        report.passed += 1
    }

    private mutating func postpone(_ feature: String) {
        report.unsupported[feature, default: 0] += 1
    }

    private mutating func run(_ command: Script.Command) {
        let line = command.line
        switch command.kind {
        case .module(let module), .definition(let module):
            switch load(module) {
            case .success: pass()
            case .failure(let refusal): fail(line, "the module is refused: \(refusal)")
            }
        case .assertMalformed(let module, let expected, _):
            checkMalformed(module, expected, line)
        case .assertInvalid(let module, let expected, _):
            checkInvalid(module, expected, line)
        case .assertUnlinkable(let module, _), .assertInstantiationTrap(let module, _):
            switch load(module) {
            case .success: postpone("execution")
            case .failure(let refusal): fail(line, "the module is refused: \(refusal)")
            }
        case .instance, .register, .action, .assertReturn, .assertTrap, .assertExhaustion, .assertException:
            postpone("execution")
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
            binary = try module.assemble()
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
