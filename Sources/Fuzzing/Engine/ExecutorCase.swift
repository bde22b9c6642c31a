import WebAssembly
import WebAssemblyRuntime

/// A module made from a fuzzer's bytes, and what its functions do when they are called in order.
struct ExecutorCase {
    let module: GeneratedModule
    /// A line for each call and each memory.
    let outcome: String

    /// Whether objects found no room, after which nothing can be compared.
    var wasShortOfMemory: Bool { outcome.contains(Trap(kind: .heapExhausted).message) }

    init(_ input: UnsafeBufferPointer<UInt8>, form: GeneratedModule.Form) {
        module = GeneratedModule(from: input, form: form)
        do {
            // The second form has little room for objects, so that collections come often.
            outcome = try ExecutorCase.run(module, heapBytes: form == .direct ? 4 << 20 : 32 << 10)
        } catch {
            let bytes = module.bytes.map { String($0, radix: 16) }.joined(separator: " ")
            fatalError("the generated module cannot be run: \(error)\n\(bytes)")
        }
    }

    private static func run(_ generated: GeneratedModule, heapBytes: Int) throws -> String {
        let module = try Module(bytes: generated.bytes)
        let limits = StoreLimits(memoryBytes: 4 << 20, tableElements: 10000, stackBytes: 4 << 20, heapBytes: heapBytes)
        let instance = try Linker().link(module).instantiate(in: Store(limits: limits))
        var lines: [String] = []
        for name in generated.exportedFunctions {
            guard let function = instance.function(named: name) else { fatalError("an export is missing") }
            do {
                let results = try function.call()
                lines.append("\(name): \(results.map(ExecutorCase.text).joined(separator: " "))")
            } catch {
                lines.append("\(name): trap \(error.message)")
            }
        }
        for name in ["memory", "memory64"] {
            guard let memory = instance.memory(named: name) else { fatalError("a memory is missing") }
            let bytes = try memory.bytes(at: 0 as UInt64, count: UInt64(memory.byteCount))
            var sum: UInt64 = 0xCBF2_9CE4_8422_2325
            for word in bytes.bindMemory(to: UInt64.self) { sum = (sum ^ word) &* 0x100_0000_01B3 }
            lines.append("\(name): \(memory.byteCount) bytes, \(sum)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ value: Value) -> String {
        switch value {
        case .i32(let bits): "\(bits)"
        case .i64(let bits): "\(bits)"
        default: fatalError("generated functions return integers")
        }
    }
}
