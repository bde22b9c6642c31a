package import ComponentModel
import Content
import Cryptography
import Platform
import TOML
import WASI
import WASIExperimentalHTTP
import WASIHTTP
import WASIPreview2
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// Loads modules and components, each file or content once however many routes it serves.
package struct ModuleLoader {
    /// What was loaded, with its imports resolved.
    enum Loaded: Sendable {
        case module(LinkedModule)
        case component(LinkedComponent, Component)
    }

    private struct Key: Hashable {
        let source: ModuleReference.Source
        let stubsImports: Bool
    }

    /// What is said of a handler whose instances are to be used again, and cannot be.
    package static let noteOnReuse =
        "'reuse' is for components that answer HTTP requests themselves; this one runs once for each request"

    private let linker: Linker
    private var loaded: [Key: Loaded] = [:]

    package init() {
        var linker = Linker()
        linker.defineWASI()
        linker.defineOutboundHTTP()
        self.linker = linker
    }

    /// The interfaces that components may import: made when there is a component.
    private static let componentLinker: ComponentLinker = {
        var linker = ComponentLinker()
        for interface in HostInterface.wasiPreview2 + HostInterface.wasiHTTP { linker.add(interface) }
        return linker
    }()

    /// Reads, validates and links a module or a component. Which of them it is, and whether it is text or binary, its
    /// content says.
    ///
    /// - Parameters:
    ///   - stubsImports: whether imports of a component that are not provided trap when they are called.
    ///   - content: where contents are found.
    mutating func load(
        _ reference: ModuleReference, stubsImports: Bool = false, from content: (any ContentSource)? = nil
    ) throws(LoadError) -> Loaded {
        // Whatever else is known of a content, its digest says which module it is.
        let key = Key(source: reference.source, stubsImports: stubsImports)
        if let known = loaded[key] { return known }
        let result = try link(try binary(of: reference, content), reference.name, stubsImports)
        loaded[key] = result
        return result
    }

    /// Checks that the module or component in a file could be loaded, and has a function to call.
    ///
    /// - Returns: what a component imports and exports; `nil` for a module.
    @discardableResult
    package mutating func check(
        _ reference: ModuleReference, entrypoint: String?, stubsImports: Bool = false
    ) throws(LoadError) -> ComponentWorld? {
        try Self.check(load(reference, stubsImports: stubsImports), entrypoint, reference.name)
    }

    /// Checks that a module or component could be loaded whose binary is in memory, and has a function to call.
    ///
    /// - Returns: what a component imports and exports; `nil` for a module.
    @discardableResult
    package func check(
        _ bytes: [UInt8], name: String, entrypoint: String?, stubsImports: Bool = false
    ) throws(LoadError) -> ComponentWorld? {
        let binary: ModuleBinary
        do { binary = try ModuleBinary(bytes) } catch { throw LoadError("\(error)", file: name) }
        return try Self.check(link(binary, name, stubsImports), entrypoint, name)
    }

    private static func check(
        _ loaded: Loaded, _ entrypoint: String?, _ name: String
    ) throws(LoadError) -> ComponentWorld? {
        switch loaded {
        case .module(let module):
            // A module with sub-routes need not have an answer for its own route.
            guard let problem = module.missing(entrypoint ?? "_start"), module.missing("_routes") != nil else {
                return nil
            }
            throw LoadError("\(problem)", file: name)
        case .component(let linked, let component):
            // Only who asks pays for it: it reads the names of all modules.
            guard let problem = ComponentProgram(linked, entrypoint: entrypoint, reuse: 1).problem else {
                return ComponentWorld(of: component)
            }
            throw LoadError("\(problem)", file: name)
        }
    }

    private func binary(
        of reference: ModuleReference, _ content: (any ContentSource)?
    ) throws(LoadError) -> ModuleBinary {
        do {
            switch reference.source {
            case .content(let file):
                guard let content else { throw ContentError.gone(name: reference.name) }
                return try Self.binary(of: content.open(file, named: reference.name), reference.name)
            case .file(let path): return try ModuleBinary(contentsOfFile: path)
            case .bindle, .image: preconditionFailure("what is fetched is a content when it is loaded")
            }
        } catch let error as ContentError {
            throw LoadError("\(error)", file: reference.name)
        } catch let error as ModuleFileError {
            throw LoadError("the module cannot be read: \(SystemError.reason(error.code))", file: reference.name)
        } catch let error as FileReader.Failure {
            throw LoadError("the module cannot be read: \(error.reason)", file: reference.name)
        } catch {
            throw LoadError("the module cannot be read: \(error)", file: reference.name)
        }
    }

    /// Validates and links what a binary has.
    private func link(_ binary: ModuleBinary, _ name: String, _ stubsImports: Bool) throws(LoadError) -> Loaded {
        do {
            guard binary.kind != .component else {
                return try Self.component(binary, stubsImports)
            }
            return .module(try linker.link(Self.module(binary, name)))
        } catch let error as TextFormatError {
            let located = TOMLError(
                position: SourcePosition(line: error.line, column: error.column), message: error.message,
                sourceLine: error.sourceLine)
            throw LoadError(error.message, file: name, position: located.position, excerpt: located.excerpt)
        } catch let error as ModuleError {
            throw LoadError("the module is not valid: \(error)", file: name)
        } catch let error as ComponentError {
            throw LoadError("the component is not valid: \(error)", file: name)
        } catch let error as LinkError {
            let advice = WASIAdvice.lines(for: error).map { "\n  \($0)" }.joined()
            throw LoadError("\(error)\(advice)", file: name)
        } catch {
            throw LoadError("\(error)", file: name)
        }
    }

    /// What this build has found to be valid before.
    private static let validationRecord = ValidationRecord()

    /// A component of these bytes. A large one that this build has validated and linked before is not validated as a whole
    /// again.
    private static func component(_ binary: ModuleBinary, _ stubsImports: Bool) throws -> Loaded {
        let record = binary.count >= ValidationRecord.leastByteCount ? validationRecord : nil
        let digest = record.map { _ in SHA256.hash(binary.bytes) }
        let isKnown = digest.map { record?.contains($0) ?? false } ?? false
        let component = try Component(binary: binary, isKnownToBeValid: isKnown)
        let linked = try componentLinker.link(component, stubImports: stubsImports)
        if let digest, !isKnown { record?.add(digest) }
        return .component(linked, component)
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
}
