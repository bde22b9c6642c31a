import Testing

@testable import Platform

/// Variables as users write them.
struct EnvironmentVariablesTests {
    @Test("Variables lose their quotes") func variablesLoseTheirQuotes() throws {
        for (text, value) in [
            ("A=b", "b"), ("A=\"b c\"", "b c"), ("A='b'", "b"), ("A=", ""), ("A=b=c", "b=c"), ("A='", "'"),
        ] {
            let variable = try EnvironmentVariables.parse(text)
            #expect(variable.name == "A")
            #expect(variable.value == value)
        }
        for text in ["A", "=b", ""] {
            #expect(throws: EnvironmentVariables.Malformed.self) { try EnvironmentVariables.parse(text) }
        }
    }

    @Test("Files of variables") func filesOfVariables() throws {
        let variables = try EnvironmentVariables.parse(file: "# comment\n\nA=1\r\n  B=\"2 3\"  \n")
        #expect(variables.map(\.name) == ["A", "B"])
        #expect(variables.map(\.value) == ["1", "2 3"])
        let error = try #require(throws: EnvironmentVariables.Malformed.self) {
            try EnvironmentVariables.parse(file: "A=1\nnonsense")
        }
        #expect(error.lineNumber == 2)
    }

    @Test("Files of variables may be made for a shell") func filesOfVariablesMayBeMadeForAShell() throws {
        let text = "export A=1\nexport\tB='2 3'\nexported=4\n"
        #expect(
            try EnvironmentVariables.parse(file: text).map { "\($0.name)=\($0.value)" } == [
                "A=1", "B=2 3", "exported=4",
            ])
        // As wagi has it, whose files keep their quotes.
        #expect(
            try EnvironmentVariables.parse(file: text, .kept).map { "\($0.name)=\($0.value)" } == [
                "A=1", "B='2 3'", "exported=4",
            ])
        let error = try #require(throws: EnvironmentVariables.Malformed.self) {
            try EnvironmentVariables.parse(file: "export A")
        }
        #expect(error.description == "line 1: \"export A\" is not a variable: write NAME=VALUE")
    }
}
