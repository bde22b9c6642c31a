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

    /// Reads, validates and links a module: text or binary in a file, binary in a content.
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

    private func validate(_ reference: ModuleReference, _ content: (any ContentSource)?) throws(LoadError) -> Module {
        do {
            switch reference.source {
            case .content(let file):
                guard let content else { throw ContentError.gone(name: reference.name) }
                return try Module(
                    binary: try Self.binary(of: content.open(file, named: reference.name), reference.name))
            case .file(let path) where path.hasSuffix(".wat"):
                let text = try FileReader.bytes(of: path, limit: Self.longestText)
                return try Module(bytes: try assemble(text))
            case .file(let path):
                return try Module(binary: ModuleBinary(contentsOfFile: path))
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

    private static func binary(of content: OpenContent, _ name: String) throws -> ModuleBinary {
        switch content.storage {
        case .bytes(let bytes): return try ModuleBinary(bytes)
        case .file:
            guard content.size <= ModuleBinary.largestFile else {
                throw SystemError(operation: "load", code: EFBIG, path: name)
            }
            return try ModuleBinary(byteCount: content.size) { buffer in
                var filled = 0
                while filled < buffer.count {
                    filled += try content.read(
                        at: filled, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]), named: name)
                }
            }
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
