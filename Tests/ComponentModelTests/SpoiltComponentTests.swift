import Dispatch
import TestSupport
import Testing
import WebAssemblyRuntime

@testable import ComponentModel

/// The linker relies on what the validator has checked: what passes it never ends the process, whatever it says.
@Suite(.enabled(if: ComponentSuite.isAvailable, "\(ComponentSuite.absence)"))
struct SpoiltComponentTests {
    @Test("Components of the suite with bytes changed are refused, trap or run")
    func spoilt() throws {
        var generator = SeededGenerator()
        let binaries = try ComponentSuite.scripts.filter { ComponentSuite.refused[$0] == nil }.flatMap { script in
            try ComponentSuite.commands(of: script).filter { $0.type.hasPrefix("module") }.compactMap(\.binary)
        }.filter { (9..<6_000).contains($0.count) }
        var callCount = 0
        for _ in 0..<3_000 {
            guard var bytes = binaries.randomElement(using: &generator) else { break }
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 8..<bytes.count, using: &generator)
                let greatest: UInt8 = Bool.random(using: &generator) ? 12 : .max
                bytes[place] = UInt8.random(in: 0...greatest, using: &generator)
            }
            guard let component = try? Component(bytes: bytes),
                let linked = try? ComponentLinker().link(component, stubImports: true)
            else { continue }
            callCount += call(linked)
        }
        #expect(callCount > 100)
    }

    /// Calls all exported functions of an instance, for a moment, and tells how many there are.
    private func call(_ linked: LinkedComponent) -> Int {
        let store = Store(limits: StoreLimits(memoryBytes: 64 << 20))
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + 0.3)
        timer.setEventHandler { store.interrupt() }
        timer.resume()
        defer { timer.cancel() }
        guard let instance = try? linked.instantiate(in: store) else { return 0 }
        for export in linked.exports {
            guard case .function(let type) = export.kind else { continue }
            let arguments = type.parameters.map { parameter -> ComponentModel.Value in
                switch parameter.type.kind {
                case .string: .string("aé☃")
                case .u32: .u32(3)
                case .bool: .bool(true)
                default: .list([])
                }
            }
            _ = try? instance.function(ExportName(export.name))?.call(arguments)
        }
        return linked.exports.count
    }
}
