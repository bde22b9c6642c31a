import Testing

@Suite(
    "Component model suite: running",
    .enabled(if: ComponentSuite.isAvailable, "\(ComponentSuite.absence)"))
struct SuiteExecutionTests {
    /// All commands of a group, or of a script, that run something, by their types: a command that gets lost is noticed. Of
    /// the asynchronous calls, these are the ones that never wait.
    static let groups: [(name: String, commands: [String: Int])] = [
        (
            "values",
            ["module": 27, "module_definition": 14, "module_instance": 49, "assert_return": 78, "assert_trap": 53]
        ),
        (
            "resources",
            ["module": 5, "module_definition": 3, "module_instance": 11, "assert_return": 5, "assert_trap": 12]
        ),
        ("linking", ["module": 65, "assert_return": 205]),
        ("async/cross-abi-calls", ["module_definition": 1, "module_instance": 24, "assert_return": 24]),
        ("async/trap-on-reenter", ["module": 3, "assert_trap": 3]),
    ]

    @Test("Components of the suite's groups run as it says", arguments: groups.map(\.name))
    func group(name: String) throws {
        var passed: [String: Int] = [:]
        for script in ComponentSuite.scripts where script == name || script.hasPrefix(name + "/") {
            let runner = try SuiteRunner.run(script)
            for failure in runner.failures { Issue.record("\(failure)") }
            passed.merge(runner.passed) { $0 + $1 }
        }
        #expect(passed == Self.groups.first { $0.name == name }?.commands)
    }
}
