import Content
import Platform
import TOML
import WASI
import WASIExperimentalHTTP
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// Loads modules, each file or content once however many routes it serves.
package struct ModuleLoader {
    private let linker: Linker
    private var loaded: [ModuleReference.Source: LinkedModule] = [:]

    package init() {
        var linker = Linker()
        linker.defineWASI()
        linker.defineOutboundHTTP()
        self.linker = linker
    }

    /// Reads, validates and links a module. Whether it is text or binary, its content says.
    ///
    /// - Parameter content: where contents are found.
    mutating func load(
        _ reference: ModuleReference, from content: (any ContentSource)? = nil
    ) throws(LoadError) -> LinkedModule {
        // Whatever else is known of a content, its digest says which module it is.
        if let module = loaded[reference.source] { return module }
        let module = try link(try validate(reference, content), reference)
        loaded[reference.source] = module
        return module
    }

    /// Checks that the module in a file could be loaded, and has a function to call.
    package mutating func check(_ reference: ModuleReference, entrypoint: String?) throws(LoadError) {
        try Self.check(load(reference), entrypoint, reference.name)
    }

    /// Checks that a module could be loaded whose binary is in memory, and has a function to call.
    package func check(_ binary: [UInt8], name: String, entrypoint: String?) throws(LoadError) {
        let module: Module
        do {
            module = try Module(bytes: binary)
        } catch {
            throw LoadError("the module is not valid: \(error)", file: name)
        }
        try Self.check(link(module, ModuleReference(path: name)), entrypoint, name)
    }

    private static func check(_ module: LinkedModule, _ entrypoint: String?, _ name: String) throws(LoadError) {
        // A module with sub-routes need not have an answer for its own route.
        guard let problem = module.missing(entrypoint ?? "_start"), module.missing("_routes") != nil else { return }
        throw LoadError("\(problem)", file: name)
    }

    private func validate(_ reference: ModuleReference, _ content: (any ContentSource)?) throws(LoadError) -> Module {
        do {
            switch reference.source {
            case .content(let file):
                guard let content else { throw ContentError.gone(name: reference.name) }
                return try Self.module(
                    Self.binary(of: content.open(file, named: reference.name), reference.name), reference.name)
            case .file(let path):
                return try Self.module(try ModuleBinary(contentsOfFile: path), reference.name)
            case .bindle, .image: preconditionFailure("what is fetched is a content when it is loaded")
            }
        } catch let error as ContentError {
            throw LoadError("\(error)", file: reference.name)
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

    /// A module of these bytes, which are text if they look so.
    private static func module(_ bytes: ModuleBinary, _ name: String) throws -> Module {
        switch ModuleFormat(beginning: bytes.bytes, name: name) {
        case .binary: try Module(binary: bytes)
        case .text: try Module(bytes: assemble(Array(bytes.bytes)))
        }
    }

    private static func binary(of content: OpenContent, _ name: String) throws -> ModuleBinary {
        switch content.storage {
        case .bytes(let bytes): return try ModuleBinary(bytes)
        case .file:
            guard content.size <= ModuleBinary.largestFile else {
                throw SystemError(operation: "load", code: EFBIG, path: name)
            }
            let binary = try ModuleBinary(byteCount: content.size) { buffer in
                var filled = 0
                while filled < buffer.count {
                    filled += try content.read(
                        at: filled, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]), named: name)
                }
            }
            // What was read of a file that somebody wrote to meanwhile may be a part of one module and a part of another.
            guard content.isIntact else { throw ContentError.damaged(name: name) }
            return binary
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
