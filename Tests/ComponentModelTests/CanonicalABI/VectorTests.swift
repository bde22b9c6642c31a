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

    @Test("Values that the reference has passed come out alike, with the same allocations")
    func recordedVectors() throws {
        try checkRecorded("vectors.txt", leastCount: 3_500)
    }

    @Test("Handles that the reference has passed come out alike, in the values and in the tables of both guests")
    func recordedHandles() throws {
        try checkRecorded("handle-vectors.txt", leastCount: 1_400)
    }

    private func checkRecorded(_ name: String, leastCount: Int) throws {
        let lines = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
            .split(separator: "\n")
        #expect(lines.count > leastCount)
        for (index, line) in lines.enumerated() {
            do {
                try check(line)
            } catch {
                Issue.record("\(name):\(index + 1): \(error)")
            }
        }
    }

    private static let reference = ProcessInfo.processInfo.environment["HIPPO_COMPONENT_MODEL"]

    @Test(
        "A hundred thousand values that the reference passes now come out alike",
        .enabled(if: reference != nil, "HIPPO_COMPONENT_MODEL names no copy of WebAssembly/component-model"),
        arguments: [[], ["--handles"]])
    func newVectors(options: [String]) throws {
        let generator = SeededGenerator()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", Self.folder.appendingPathComponent("vectors.py").path] + options
            + ["\(generator.seed)", "100000"]
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
        let vector = Vector(line.split(separator: "|", omittingEmptySubsequences: false))
        var layouts = LayoutTable.Builder()
        for resource in VectorNotation.resources { _ = layouts.number(of: resource) }
        let plan = FunctionPlan(
            vector.resultPlace == nil ? FunctionType(("v", vector.type)) : FunctionType(to: vector.type), &layouts)
        let table = layouts.finish()

        let transfer = try VectorPassing(vector, plan, table)
        let passed = transfer.transfer()
        let lifting = try VectorPassing(vector, plan, table)
        let lifted = lifting.lift()
        guard let outcome = vector.outcome else {
            guard case .failure = passed else { throw Difference("passing", passed, "a trap") }
            if case .success = lifted, vector.trapsInLifting { throw Difference("lifting", lifted, "a trap") }
            if case .failure = lifted, !vector.trapsInLifting { throw Difference("lifting", lifted, "a value") }
            return
        }
        _ = try passed.get()
        try compare(transfer, outcome)
        let value = try lifted.get()
        // Numbers that are no numbers do not equal themselves.
        let wanted = vector.resultPlace == nil ? Value.record([outcome.value]) : outcome.value
        guard "\(value)" == "\(wanted)" else { throw Difference("lifting", value, wanted) }
        let left = lifting.sourceHandles(outcome.sourceHandles)
        guard left == outcome.sourceHandles else { throw Difference("handles left", left, outcome.sourceHandles) }
        guard vector.source == .utf8 else { return }
        let lowering = try VectorPassing(vector, plan, table)
        try lowering.lower(value).get()
        try compare(lowering, outcome, isLowering: true)
    }

    private func compare(_ passing: VectorPassing, _ outcome: Vector.Outcome, isLowering: Bool = false) throws {
        func same<Found: Equatable>(_ what: String, _ found: Found, _ wanted: Found) throws {
            guard found == wanted else { throw Difference(what, found, wanted) }
        }
        try same("allocations", passing.target.calls, outcome.calls)
        try same("memory", passing.target.image, outcome.memory)
        try same("flat values", passing.targetFlats(outcome.flats.count), outcome.flats)
        try same("handles given", passing.targetHandles(outcome.targetHandles), outcome.targetHandles)
        try same("borrowed handles", passing.borrowCount, outcome.borrowCount)
        if isLowering { return }
        try same("handles left", passing.sourceHandles(outcome.sourceHandles), outcome.sourceHandles)
    }
}
