import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// What a fuzzer's bytes can be fed to. An input is a finding if it ends the process, takes long, or takes much memory. The
/// targets end the process where what comes out is wrong.
enum FuzzTarget: String, CaseIterable {
    /// The bytes are a module, which is decoded, validated, and translated as far as calling its functions does.
    case decoder
    /// The bytes are a component, which is decoded and validated.
    case component
    /// The bytes are the body of a function in a module that has something of everything.
    case validator
    /// The bytes are a module in the text format, or a script.
    case text
    /// The bytes decide which valid module is made. It has to do the same in two forms.
    case executor
    /// The bytes are calls of WASI and what they pass.
    case wasi
    /// The bytes are requests on a connection, heads and bodies.
    case requests
    /// The bytes are responses on a connection, heads and bodies.
    case responses
    /// The bytes are a chunked body.
    case chunks
    /// The bytes are the output of a module: a header block.
    case cgi
    case toml
    case json
    /// The bytes are the HIPPOFACTS of a project, which is expanded.
    case hippofacts
    /// The bytes are a version range and versions.
    case ranges
    case tar
    case gzip

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// What libFuzzer calls. A function of C has no context, so that each target has its own.
    var test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32 {
        switch self {
        case .decoder: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), FuzzTarget.decode) }
        case .component: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), ComponentBinaries.run) }
        case .validator: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), FuzzTarget.validate) }
        case .text: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), FuzzTarget.read) }
        case .executor: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), FuzzTarget.execute) }
        case .wasi: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), WASICalls.run) }
        case .requests: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), HTTPMessages.runRequests) }
        case .responses: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), HTTPMessages.runResponses) }
        case .chunks: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), ChunkedBodies.run) }
        case .cgi: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), CGIOutputs.run) }
        case .toml: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), TOMLDocuments.run) }
        case .json: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), JSONDocuments.run) }
        case .hippofacts: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), HippofactsProjects.run) }
        case .ranges: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), VersionRanges.run) }
        case .tar: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), TarArchives.run) }
        case .gzip: { FuzzTarget.run(UnsafeBufferPointer(start: $0, count: $1), GzipFiles.run) }
        }
    }

    private static func run(_ input: UnsafeBufferPointer<UInt8>, _ test: (UnsafeBufferPointer<UInt8>) -> Void) -> Int32
    {
        test(input)
        return 0
    }

    static let limits = StoreLimits(
        memoryBytes: 4 << 20, tableElements: 10000, stackBytes: 256 << 10, heapBytes: 1 << 20)

    private static func decode(_ input: UnsafeBufferPointer<UInt8>) {
        guard let module = try? Module(bytes: input) else { return }
        _ = module.names
        _ = module.sourceLocation(at: input.count / 2)
        exercise(module)
    }

    private static func validate(_ input: UnsafeBufferPointer<UInt8>) {
        guard let module = try? Module(bytes: ValidatorModule.bytes(body: input)) else { return }
        exercise(module)
    }

    /// Calls what the module exports with zeros, each function until its first jump backwards or call.
    private static func exercise(_ module: Module) {
        guard let linked = try? Linker().link(module) else { return }
        let store = Store(limits: limits)
        store.interrupt()
        guard let instance = try? linked.instantiate(in: store) else { return }
        for export in module.exports.prefix(100) where export.kind == .function {
            guard let function = instance.function(named: export.name) else { continue }
            let arguments = function.type.parameters.map(Value.default(of:))
            guard arguments.allSatisfy({ $0 != nil }) else { continue }
            _ = try? function.call(arguments.compactMap { $0 })
        }
    }

    private static func read(_ input: UnsafeBufferPointer<UInt8>) {
        let text = Array(input)
        if let bytes = try? assemble(text) { _ = try? Module(bytes: bytes) }
        guard let script = try? Script(text) else { return }
        for command in script.commands {
            switch command.kind {
            case .module(let module), .definition(let module), .assertInstantiationTrap(let module, _),
                .assertMalformed(let module, _, _), .assertInvalid(let module, _, _), .assertUnlinkable(let module, _):
                if let bytes = try? module.assemble() { _ = try? Module(bytes: bytes) }
            default: break
            }
        }
    }

    private static func execute(_ input: UnsafeBufferPointer<UInt8>) {
        let direct = ExecutorCase(input, form: .direct)
        let detached = ExecutorCase(input, form: .detached)
        guard direct.outcome == detached.outcome || detached.wasShortOfMemory else {
            fatalError("the forms of a program differ:\n\(direct.outcome)\n\(detached.outcome)")
        }
    }
}

extension Value {
    /// Zero or null, or nil for a type without null.
    static func `default`(of type: ValueType) -> Value? {
        switch type.kind {
        case .i32: .i32(0 as UInt32)
        case .i64: .i64(0 as UInt64)
        case .f32: .f32(bits: 0)
        case .f64: .f64(bits: 0)
        case .v128: .v128(V128(low: 0, high: 0))
        case .reference(let type): type.isNullable ? .reference(.null) : nil
        }
    }
}
