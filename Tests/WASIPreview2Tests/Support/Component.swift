import ComponentModel
import Testing
import WASI
import WASIExperimentalHTTP
import WASIHTTP
import WASIPreview2
import WebAssemblyRuntime

typealias Value = ComponentModel.Value
typealias ValueType = ComponentModel.ValueType

/// Calls functions of WASI as a component would, without there being one. Each call is checked against the function's type,
/// arguments and result.
struct Component {
    let store: Store
    let context: WASIPreview2Context
    let http: HTTPContext

    private static let interfaces: [String: HostInterface] = Dictionary(
        uniqueKeysWithValues: (HostInterface.wasiPreview2 + HostInterface.wasiHTTP).map { ($0.name, $0) })

    init(
        _ configuration: WASIConfiguration = WASIConfiguration(), sockets: SocketPolicy = .nothing,
        policy: OutboundHTTPPolicy? = nil
    ) {
        context = WASIPreview2Context(configuration, socketPolicy: sockets)
        http = HTTPContext(context, policy: policy)
        store = Store(hostState: context)
    }

    /// - Parameter name: interface and function: `cli/exit exit`, `io/streams [method]input-stream.read`.
    @discardableResult
    func call(
        _ name: String, _ arguments: Value..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Value {
        let parts = name.split(separator: " ").map(String.init)
        let interface = try #require(Self.interfaces["wasi:" + parts[0]], sourceLocation: sourceLocation)
        let function = try #require(interface.functions[parts[1]], "no \(name)", sourceLocation: sourceLocation)
        #expect(function.type.parameters.count == arguments.count, sourceLocation: sourceLocation)
        for (parameter, argument) in zip(function.type.parameters, arguments) {
            #expect(
                argument.conforms(to: parameter.type), "\(parameter.label): \(argument)", sourceLocation: sourceLocation
            )
        }
        let result = try function.body(HostCall(store: store), arguments)
        if let type = function.type.result {
            let value = try #require(result, sourceLocation: sourceLocation)
            #expect(value.conforms(to: type), "result of \(name): \(value)", sourceLocation: sourceLocation)
            return value
        }
        #expect(result == nil, sourceLocation: sourceLocation)
        return .record([])
    }

    /// Drops a handle that owns a resource.
    func drop(_ interface: String, _ resource: String, _ handle: Value) throws {
        let type = try #require(Self.interfaces["wasi:" + interface]?.resources[resource])
        let drop = try #require(type.drop)
        try drop(HostCall(store: store), handle.resource)
    }

    /// The result of a function that is to succeed.
    @discardableResult
    func ok(
        _ name: String, _ arguments: Value..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Value {
        let result = try self.result(name, arguments, sourceLocation)
        try #require(result.caseNumber == 0, "\(name): \(result)", sourceLocation: sourceLocation)
        return result.payload ?? .record([])
    }

    /// The error of a function that is to fail.
    @discardableResult
    func failure(
        _ name: String, _ arguments: Value..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Value {
        let result = try self.result(name, arguments, sourceLocation)
        try #require(result.caseNumber == 1, "\(name): \(result)", sourceLocation: sourceLocation)
        return result.payload ?? .record([])
    }

    private func result(_ name: String, _ arguments: [Value], _ sourceLocation: SourceLocation) throws -> Value {
        switch arguments.count {
        case 0: try call(name, sourceLocation: sourceLocation)
        case 1: try call(name, arguments[0], sourceLocation: sourceLocation)
        case 2: try call(name, arguments[0], arguments[1], sourceLocation: sourceLocation)
        case 3: try call(name, arguments[0], arguments[1], arguments[2], sourceLocation: sourceLocation)
        case 4:
            try call(
                name, arguments[0], arguments[1], arguments[2], arguments[3], sourceLocation: sourceLocation)
        default:
            try call(
                name, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                sourceLocation: sourceLocation)
        }
    }

    // MARK: Streams

    /// All that comes until the stream is closed.
    func readAll(_ stream: Value) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let result = try call("io/streams [method]input-stream.blocking-read", stream, .u64(1 << 20))
            guard result.caseNumber == 0, let piece = result.payload?.bytes else {
                #expect(result.payload == .variant(1, nil))
                return bytes
            }
            bytes += piece
        }
    }

    func write(_ text: String, to stream: Value) throws {
        try ok("io/streams [method]output-stream.blocking-write-and-flush", stream, .bytes(Array(text.utf8)))
    }

    /// What a failure with `last-operation-failed` has with it.
    func error(of failure: Value) throws -> Value {
        try #require(failure.caseNumber == 0, "\(failure)")
        return try #require(failure.payload)
    }

    /// The message of a trap that a call is to end with.
    func trap(_ name: String, _ arguments: Value...) throws -> String {
        var message: String?
        do {
            _ = try result(name, arguments, #_sourceLocation)
        } catch let error as ResourceError {
            message = error.description
        }
        return try #require(message)
    }
}

extension Value {
    /// Whether this is a value of a type.
    func conforms(to type: ValueType) -> Bool {
        switch (self, type.kind) {
        case (.bool, .bool), (.s8, .s8), (.u8, .u8), (.s16, .s16), (.u16, .u16), (.s32, .s32), (.u32, .u32),
            (.s64, .s64), (.u64, .u64), (.f32, .f32), (.f64, .f64), (.char, .char), (.string, .string),
            (.resource, .own), (.resource, .borrow):
            return true
        case (.bytes, .list(let element)):
            if case .u8 = element.kind { return true } else { return false }
        case (.list(let values), .list(let element)):
            if case .u8 = element.kind { return false }
            return values.allSatisfy { $0.conforms(to: element) }
        case (.record(let values), .record(let fields)):
            return values.count == fields.count && zip(values, fields).allSatisfy { $0.conforms(to: $1.type) }
        case (.record(let values), .tuple(let types)):
            return values.count == types.count && zip(values, types).allSatisfy { $0.conforms(to: $1) }
        case (.flags(let bits), .flags(let labels)):
            return labels.count == 32 || bits >> UInt32(labels.count) == 0
        case (.variant(let number, nil), .enumeration(let labels)):
            return labels.indices.contains(number)
        case (.variant(let number, let payload), .variant(let cases)):
            return cases.indices.contains(number) && Self.conforms(payload, to: cases[number].type)
        case (.variant(let number, let payload), .option(let type)):
            return number == 0 ? payload == nil : number == 1 && Self.conforms(payload, to: type)
        case (.variant(let number, let payload), .result(let ok, let error)):
            return (0...1).contains(number) && Self.conforms(payload, to: number == 0 ? ok : error)
        default:
            return false
        }
    }

    private static func conforms(_ payload: Value?, to type: ValueType?) -> Bool {
        switch (payload, type) {
        case (nil, nil): true
        case (let payload?, let type?): payload.conforms(to: type)
        default: false
        }
    }

    static func text(_ text: String) -> Value { .bytes(Array(text.utf8)) }
}
