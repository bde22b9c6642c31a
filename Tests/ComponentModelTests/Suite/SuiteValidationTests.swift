import ComponentModel
import Foundation
import TestSupport
import Testing

@Suite(
    "Component model suite: decoding and validation",
    .enabled(if: ComponentSuite.isAvailable, "\(ComponentSuite.absence)"))
struct SuiteValidationTests {
    @Test("script", arguments: ComponentSuite.scripts.filter { ComponentSuite.refused[$0] == nil })
    func script(script: String) throws {
        for command in try ComponentSuite.commands(of: script) {
            guard let binary = command.binary else { continue }
            do throws(ComponentError) {
                _ = try Component(bytes: binary)
                if command.type == "assert_malformed" || command.type == "assert_invalid" {
                    print("ACCEPTED \(script):\(command.line) \(command.type) \(command.text ?? "")")
                }
            } catch {
                if command.type != "assert_malformed" && command.type != "assert_invalid" {
                    print("REFUSED \(script):\(command.line) \(command.type) \(error)")
                } else {
                    let kind: ComponentError.Kind = command.type == "assert_malformed" ? .malformed : .invalid
                    if error.kind != kind {
                        print("KIND \(script):\(command.line) \(command.type) \(command.text ?? "") -- \(error)")
                    } else if !error.message.contains(command.text ?? "") {
                        print("TEXT \(script):\(command.line) \(command.type) \(command.text ?? "") -- \(error)")
                    }
                }
            }
        }
    }
}
