import Foundation
import TestSupport
import Testing
import WebAssemblyRuntime

@testable import ComponentModel

/// Lifting, lowering and passing from guest to guest, beside the reference of the Canonical ABI.
@Suite struct VectorTests {
    typealias Value = ComponentModel.Value
    typealias ValueType = ComponentModel.ValueType
    typealias FunctionType = ComponentModel.FunctionType

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let encodings: [CanonicalOptions.StringEncoding] = [.utf8, .utf16, .latin1OrUTF16]

    @Test("Values that the reference has passed come out alike, with the same allocations")
    func recordedVectors() throws {
        let lines = try String(contentsOf: Self.folder.appendingPathComponent("vectors.txt"), encoding: .utf8)
            .split(separator: "\n")
        #expect(lines.count > 3_500)
        for (index, line) in lines.enumerated() {
            do {
                try check(line)
            } catch {
                Issue.record("vectors.txt:\(index + 1): \(error)")
            }
        }
    }

    private static let reference = ProcessInfo.processInfo.environment["HIPPO_COMPONENT_MODEL"]

    @Test(
        "A hundred thousand values that the reference passes now come out alike",
        .enabled(if: reference != nil, "HIPPO_COMPONENT_MODEL names no copy of WebAssembly/component-model"))
    func newVectors() throws {
        let generator = SeededGenerator()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", Self.folder.appendingPathComponent("vectors.py").path, "\(generator.seed)", "100000",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 100_000)
        var failures = 0
        for line in lines where failures < 20 {
            do {
                try check(line)
            } catch {
                failures += 1
                Issue.record("\(line.prefix(2_000)): \(error)")
            }
        }
    }

    private struct Difference: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, _ found: some Any, _ wanted: some Any) {
            description = "\(what): \(found) for \(wanted)"
        }
    }

    /// Passes a vector's value from one guest to another, then from the one to the host, then from the host to the other.
    private func check(_ line: Substring) throws {
        let columns = line.split(separator: "|", omittingEmptySubsequences: false)
        let vector = Vector(columns)
        var layouts = LayoutTable.Builder()
        let plan = FunctionPlan(FunctionType(("v", vector.type)), &layouts)
        let table = layouts.finish()

        let transfer = try Passing(vector, plan, table)
        let passed = transfer.transfer()
        let lifting = try Passing(vector, plan, table)
        let lifted = lifting.lift()
        guard let outcome = vector.outcome else {
            // Allocation may be what the reference failed at.
            guard case .failure = passed else { throw Difference("passing", passed, "a trap") }
            return
        }
        _ = try passed.get()
        try transfer.compare(outcome)
        let value = try lifted.get()
        // Numbers that are no numbers do not equal themselves.
        guard "\(value)" == "\(Value.record([outcome.value]))" else {
            throw Difference("lifting", value, outcome.value)
        }
        guard vector.source == .utf8 else { return }
        let lowering = try Passing(vector, plan, table)
        try lowering.lower(value).get()
        try lowering.compare(outcome)
    }

    private struct Vector {
        struct Outcome {
            let value: Value
            let memory: [UInt8]
            let flats: [UInt64]
            let calls: [[UInt32]]
        }

        let type: ValueType
        let source: CanonicalOptions.StringEncoding
        let target: CanonicalOptions.StringEncoding
        let memory: [UInt8]
        let flats: [UInt64]
        let outcome: Outcome?

        init(_ columns: [Substring]) {
            type = VectorNotation.type(columns[0])
            source = encodings[Int(columns[1]) ?? 0]
            target = encodings[Int(columns[2]) ?? 0]
            memory = VectorNotation.bytes(columns[3])
            flats = columns[4].split(separator: ",").compactMap { UInt64($0, radix: 16) }
            outcome =
                columns.count < 9
                ? nil
                : Outcome(
                    value: VectorNotation.value(columns[5], as: type), memory: VectorNotation.bytes(columns[6]),
                    flats: columns[7].split(separator: ",").compactMap { UInt64($0, radix: 16) },
                    calls: columns[8].split(separator: ";").map { $0.split(separator: ",").compactMap { UInt32($0) } })
        }
    }

    /// Two guests, one of which has the value as its argument.
    private final class Passing {
        private let plan: FunctionPlan
        private let state: ComponentState
        private let target: GuestMemory
        private var source: GuestSide
        private var targetSide: GuestSide
        private let slots: UnsafeMutableRawPointer
        private let targetSlots: UnsafeMutableRawPointer

        init(_ vector: Vector, _ plan: FunctionPlan, _ layouts: LayoutTable) throws {
            self.plan = plan
            let store = Store()
            state = ComponentState(layouts: layouts, resources: [], instanceCount: 2, store: store)
            let memory = try GuestMemory(vector.memory, in: store)
            target = try GuestMemory(in: store)
            source = GuestSide(
                state: state, instance: 0, memory: memory.memory, reallocate: memory.reallocate,
                stringEncoding: vector.source, task: -1)
            targetSide = GuestSide(
                state: state, instance: 1, memory: target.memory, reallocate: target.reallocate,
                stringEncoding: vector.target, task: -1)
            slots = .allocate(byteCount: 16 * 8, alignment: 8)
            targetSlots = .allocate(byteCount: 16 * 8, alignment: 8)
            for index in 0..<16 {
                let bits = index < vector.flats.count ? vector.flats[index] : 0
                slots.storeBytes(of: bits, toByteOffset: index * 8, as: UInt64.self)
                targetSlots.storeBytes(of: 0, toByteOffset: index * 8, as: UInt64.self)
            }
        }

        deinit {
            slots.deallocate()
            targetSlots.deallocate()
        }

        func transfer() -> Result<Void, Trap> {
            Result { () throws(Trap) in
                let from = try source.located(plan.parameters, inMemory: plan.parametersAreInMemory, slots)
                let to = try targetSide.allocated(
                    plan.parameters, inMemory: plan.parametersAreInMemory, targetSlots)
                try source.transfer(plan.parameters, from: from, to: &targetSide, at: to)
            }
        }

        func lift() -> Result<Value, Trap> {
            Result { () throws(Trap) in
                let from = try source.located(plan.parameters, inMemory: plan.parametersAreInMemory, slots)
                return try source.lift(plan.parameters, from: from)
            }
        }

        func lower(_ value: Value) -> Result<Void, Trap> {
            Result { () throws(Trap) in
                let to = try targetSide.allocated(
                    plan.parameters, inMemory: plan.parametersAreInMemory, targetSlots)
                try targetSide.lower(value, plan.parameters, to: to)
            }
        }

        func compare(_ outcome: Vector.Outcome) throws {
            guard target.calls == outcome.calls else { throw Difference("allocations", target.calls, outcome.calls) }
            let image = try target.image
            guard image == outcome.memory else { throw Difference("memory", image, outcome.memory) }
            let flats = outcome.flats.indices.map {
                targetSlots.load(fromByteOffset: $0 * 8, as: UInt64.self)
            }
            guard flats == outcome.flats else { throw Difference("flat values", flats, outcome.flats) }
        }
    }
}
