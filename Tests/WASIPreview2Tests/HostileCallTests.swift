import ComponentModel
import Foundation
import TestSupport
import Testing
import WASI
import WASIHTTP
import WASIPreview2
import WebAssemblyRuntime

@Suite("Calls that make no sense")
struct HostileCallTests {
    @Test(
        "whatever a component calls with whatever values, it gets an answer that conforms to the type, or is ended",
        arguments: [true, false])
    func random(isInterrupted: Bool) throws {
        var generator = SeededGenerator()
        let directory = try TemporaryDirectory()
        try directory.write("text", to: "a")
        let functions = (HostInterface.wasiPreview2 + HostInterface.wasiHTTP).flatMap { interface in
            interface.functions.sorted { $0.key < $1.key }.map {
                (name: "\(interface.name) \($0.key)", function: $0.value)
            }
        }
        let drops = (HostInterface.wasiPreview2 + HostInterface.wasiHTTP).flatMap { interface in
            interface.resources.values.sorted { $0.name < $1.name }
        }
        for _ in 0..<15 {
            let component = Component(
                WASIConfiguration(
                    preopens: [Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite)],
                    standardInput: .empty, descriptorLimit: 5))
            let exchange = FakeExchange()
            exchange.parts = [[1, 2, 3]]
            _ = try component.http.begin(exchange, in: component.context)
            // Whatever would wait for ever ends.
            if isInterrupted { component.store.interrupt() }
            var values = RandomValues(generator)
            for _ in 0..<2_000 {
                if Int.random(in: 0..<30, using: &values.generator) == 0 {
                    let type = drops.randomElement(using: &values.generator)!
                    try? type.drop?(HostCall(store: component.store), values.handle())
                    continue
                }
                let (name, function) = functions.randomElement(using: &values.generator)!
                if !isInterrupted, name.contains("block") || name.hasSuffix(" poll") { continue }
                let arguments = function.type.parameters.map { values.value(of: $0.type) }
                do {
                    let result = try function.body(HostCall(store: component.store), arguments)
                    let conforms = function.type.result.map { result?.conforms(to: $0) == true } ?? (result == nil)
                    #expect(conforms, "\(name)(\(arguments)) -> \(String(describing: result))")
                } catch is ResourceError {
                } catch is ProcessExit {
                } catch let trap as Trap {
                    guard case .interrupted = trap.kind else { throw trap }
                }
            }
            generator = values.generator
        }
    }
}

/// Values of any type, odd ones among them.
private struct RandomValues {
    var generator: SeededGenerator

    init(_ generator: SeededGenerator) {
        self.generator = generator
    }

    private mutating func choose<Choice>(_ choices: Choice...) -> Choice { choices.randomElement(using: &generator)! }

    /// A handle that exists, more often than not.
    mutating func handle() -> UInt32 { choose(UInt32.random(in: 0..<40, using: &generator), 0, 1, 2, .max) }

    mutating func value(of type: ValueType) -> Value {
        switch type.kind {
        case .bool: return .bool(choose(true, false))
        case .u8: return .u8(choose(0, 1, 255))
        case .u16: return .u16(choose(0, 1, 80, 200, 103, 599, .max))
        case .u32: return .u32(choose(0, 1, .max))
        case .u64: return .u64(choose(0, 1, 5, 4096, 4097, 1 << 32, 1 << 63, .max))
        case .s32: return .s32(choose(0, -1, .max))
        case .string:
            return .string(
                choose(
                    "", "a", "b", "d", "d/c", "..", "/", "a/", "x\0y", "é", "content-length", "host", "http",
                    "127.0.0.1:1",
                    "?q", "/p q", String(repeating: "long", count: 2_000)))
        case .list(let element):
            if case .u8 = element.kind {
                return .bytes(choose([], [65], Array("12".utf8), [0, 255], [UInt8](repeating: 65, count: 5_000)))
            }
            return .list((0..<choose(0, 1, 2)).map { _ in value(of: element) })
        case .record(let fields): return .record(fields.map { value(of: $0.type) })
        case .tuple(let types): return .record(types.map { value(of: $0) })
        case .flags(let labels): return .flags(UInt32.random(in: 0..<1 << UInt32(labels.count), using: &generator))
        case .enumeration(let labels): return .enumeration(Int.random(in: labels.indices, using: &generator))
        case .variant(let cases):
            let number = Int.random(in: cases.indices, using: &generator)
            return .variant(number, cases[number].type.map { value(of: $0) })
        case .option(let type): return .option(choose(true, false) ? value(of: type) : nil)
        case .result(let ok, let error):
            return choose(true, false) ? .ok(ok.map { value(of: $0) }) : .error(error.map { value(of: $0) })
        case .own, .borrow: return .resource(handle())
        default: preconditionFailure("no function of WASI 0.2 takes that")
        }
    }
}
