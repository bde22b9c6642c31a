import Platform
import TOML
import WASI
import WASIExperimentalHTTP
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// Loads modules, each file once however many routes it serves.
package struct ModuleLoader {
    private let linker: Linker
    private var loaded: [String: LinkedModule] = [:]

    package init() {
        var linker = Linker()
        linker.defineWASI()
        linker.defineOutboundHTTP()
        self.linker = linker
    }

    /// Reads, validates and links the module in a file, text or binary.
    mutating func load(_ reference: ModuleReference) throws(LoadError) -> LinkedModule {
        if let module = loaded[reference.path] { return module }
        let module = try link(try validate(reference), reference)
        loaded[reference.path] = module
        return module
    }

    /// Checks that the module in a file could be loaded.
    package mutating func check(_ reference: ModuleReference) throws(LoadError) {
        _ = try load(reference)
    }

    /// Checks that a module could be loaded whose binary is in memory.
    package func check(_ binary: [UInt8], name: String) throws(LoadError) {
        let module: Module
        do {
            module = try Module(bytes: binary)
        } catch {
            throw LoadError("the module is not valid: \(error)", file: name)
        }
        _ = try link(module, ModuleReference(path: name))
    }

    /// The most bytes of a module in the text format.
    private static let longestText = 256 << 20

    private func validate(_ reference: ModuleReference) throws(LoadError) -> Module {
        do {
            if reference.path.hasSuffix(".wat") {
                let text = try FileReader.bytes(of: reference.path, limit: Self.longestText)
                return try Module(bytes: try assemble(text))
            }
            return try Module(binary: ModuleBinary(contentsOfFile: reference.path))
        } catch let error as TextFormatError {
            let located = TOMLError(
                position: SourcePosition(line: error.line, column: error.column), message: error.message,
                sourceLine: error.sourceLine)
            throw LoadError(
                error.message, file: reference.name, position: located.position, excerpt: located.excerpt)
        } catch let error as ModuleError {
            throw LoadError("the module is not valid: \(error)", file: reference.name)
        } catch let error as ModuleFileError {
            throw LoadError("the module cannot be read: \(SystemError.reason(error.code))", file: reference.name)
        } catch let error as FileReader.Failure {
            throw LoadError("the module cannot be read: \(error.reason)", file: reference.name)
        } catch {
            throw LoadError("the module cannot be read: \(error)", file: reference.name)
        }
    }

    private func link(_ module: Module, _ reference: ModuleReference) throws(LoadError) -> LinkedModule {
        do {
            return try linker.link(module)
        } catch {
            let advice = WASIAdvice.lines(for: error).map { "\n  \($0)" }.joined()
            throw LoadError("\(error)\(advice)", file: reference.name)
        }
    }
}
