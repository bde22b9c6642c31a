import ComponentModel
import Foundation
import TestSupport
import Testing
import WebAssembly

@Suite(
    "Component model suite: decoding and validation",
    .enabled(if: ComponentSuite.isAvailable, "\(ComponentSuite.absence)"))
struct SuiteValidationTests {
    /// What is refused by name, by script and line. All else of these scripts is run.
    private static let gated: [String: [Int: String]] = [
        "async/during-sync-call-may-block-if-other-ready-threads": [12: "thread.new-indirect"],
        "async/during-sync-call-no-exclusive-resume": [8: "thread.new-indirect", 124: "thread.suspend"],
        "async/during-sync-call-no-sibling-resume": [16: "thread.new-indirect", 162: "thread.suspend"],
        "async/trap-if-block-and-sync": [5: "thread.new-indirect"],
        "async/trap-if-sync-and-waitable-set": [3: "thread.new-indirect"],
        "binary/binary": [974: "thread.new-indirect"],
        "validation/indicies": [251: "thread.new-indirect"],
    ]

    /// How many commands of each type the groups have, so that one that is lost is noticed.
    private static let counts: [String: [String: Int]] = [
        "async": [
            "action": 1, "assert_invalid": 4, "assert_return": 100, "assert_trap": 69, "assert_uninstantiable": 2,
            "module": 21, "module_definition": 14, "module_instance": 99,
        ],
        "binary": ["assert_invalid": 18, "assert_malformed": 70, "module": 31, "module_definition": 4],
        "linking": ["assert_invalid": 2, "assert_return": 205, "module": 65],
        "resources": [
            "assert_return": 5, "assert_trap": 12, "module": 5, "module_definition": 3, "module_instance": 11,
        ],
        "validation": ["assert_invalid": 356, "assert_malformed": 5, "module": 46, "module_definition": 54],
        "values": [
            "assert_return": 78, "assert_trap": 53, "module": 27, "module_definition": 14, "module_instance": 49,
        ],
    ]

    private static let runnable = ComponentSuite.scripts.filter { ComponentSuite.refused[$0] == nil }

    @Test("Components are accepted and refused as the script says", arguments: runnable)
    func script(script: String) throws {
        for command in try ComponentSuite.commands(of: script) {
            guard let binary = command.binary else { continue }
            let gate = Self.gated[script]?[command.line]
            let expected: ComponentError.Kind? =
                switch command.type {
                case "assert_malformed": .malformed
                case "assert_invalid": .invalid
                default: gate == nil ? nil : .unsupported
                }
            var failure: ComponentError?
            do throws(ComponentError) {
                _ = try Component(bytes: binary)
            } catch {
                failure = error
            }
            let place = "\(script).wast:\(command.line): \(command.type) \"\(command.text ?? "")\""
            #expect(failure?.kind == expected, "\(place): \(failure?.description ?? "it is accepted")")
            if let gate { #expect(failure?.message.contains(gate) == true, "\(place)") }
        }
    }

    @Test("The suite is complete, and has the commands that it had when this was written")
    func completeness() throws {
        #expect(ComponentSuite.scripts.count == 63)
        var counts: [String: [String: Int]] = [:]
        for script in Self.runnable {
            let group = String(script.prefix { $0 != "/" })
            for command in try ComponentSuite.commands(of: script) {
                counts[group, default: [:]][command.type, default: 0] += 1
                // All that is not text has a binary.
                if command.json["filename"] != nil, command.json["module_type"]?.string != "text" {
                    #expect(command.binary != nil, "\(script).wast:\(command.line)")
                }
            }
        }
        #expect(counts == Self.counts)
    }

    @Test("Errors say what the suite says", arguments: ["validation/", "binary/"])
    func wording(group: String) throws {
        var total = 0
        var worded = 0
        for script in Self.runnable where script.hasPrefix(group) {
            for command in try ComponentSuite.commands(of: script) {
                guard let binary = command.binary, let text = command.text, !text.isEmpty else { continue }
                total += 1
                do throws(ComponentError) {
                    _ = try Component(bytes: binary)
                } catch {
                    if error.message.contains(text) { worded += 1 }
                }
            }
        }
        // Where they do not, it is the wording of core modules, or what the suite says is not so.
        #expect(total > 50)
        #expect(total - worded <= 10)
    }

    @Test("A component that is cut anywhere is refused, unless a whole section ends there", arguments: runnable)
    func cuts(script: String) throws {
        for command in try ComponentSuite.commands(of: script) {
            guard let binary = command.binary, let whole = try? Component(bytes: binary) else { continue }
            // A valid component's sections can be told apart.
            let ends = try sectionEnds(of: whole)
            for end in 0..<binary.count {
                do throws(ComponentError) {
                    _ = try Component(bytes: binary[..<end])
                    #expect(ends.contains(end), "\(script).wast:\(command.line), cut at \(end), is accepted")
                } catch {
                    #expect(error.offset <= end, "\(script).wast:\(command.line), cut at \(end): \(error)")
                }
            }
        }
    }

    @Test("Components of which some bytes are others are refused or accepted, with an error that is in them")
    func mutations() throws {
        var generator = SeededGenerator()
        let binaries = try Self.runnable.flatMap { try ComponentSuite.commands(of: $0) }.compactMap(\.binary)
            .filter { $0.count > 8 }
        for _ in 0..<5000 {
            guard var bytes = binaries.randomElement(using: &generator) else { return }
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 8..<bytes.count, using: &generator)
                bytes[place] = .random(in: 0 ... .max, using: &generator)
            }
            do throws(ComponentError) {
                _ = try Component(bytes: bytes)
            } catch {
                #expect(error.offset <= bytes.count, "\(error)")
            }
        }
    }

    private func sectionEnds(of component: Component) throws -> Set<Int> {
        var reader = ByteReader(component.binary, in: component.range)
        try reader.skip(8)
        var ends: Set<Int> = [8]
        while !reader.isAtEnd {
            try reader.skip(1)
            try reader.skip(Int(try reader.readU32()))
            ends.insert(reader.position)
        }
        return ends
    }
}

@Suite struct SuiteAvailabilityTests {
    @Test("The suite and wasm-tools are there where HIPPO_REQUIRE_DATA says that they have to be")
    func availability() {
        #expect(ComponentSuite.isAvailable || !TestTool.areRequired, "\(ComponentSuite.absence)")
    }
}
