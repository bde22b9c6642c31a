import TOML
import Testing

@testable import WAGI

/// Reading `modules.toml`, and variables.
struct ModulesFileTests {
    @Test("Everything that a module can have") func everythingThatAModuleCanHave() throws {
        let handlers = try read(
            """
            [[module]]
            route = "/..."
            module = "fileserver.wasm"
            [[module]]
            route = "/x"
            module = "file:///srv/a%20b.wat"
            entrypoint = "serve"
            argv = "${SCRIPT_NAME} ${ARGS}"
            volumes = { "/data" = "/srv/data", "/" = "root" }
            allowed_hosts = ["https://example.com", "http://localhost:8080"]
            http_max_concurrency = 4
            """)
        #expect(handlers.map(\.route.description) == ["/...", "/x"])
        #expect(handlers.map(\.module.name) == ["fileserver.wasm", "/srv/a b.wat"])
        #expect(handlers[1].entrypoint == "serve")
        #expect(handlers[1].argumentTemplate == "${SCRIPT_NAME} ${ARGS}")
        #expect(handlers[1].volumes.map(\.guestPath) == ["/data", "/"])
        #expect(handlers[1].volumes.map(\.hostPath) == ["/srv/data", "root"])
        #expect(handlers[1].allowedHosts == ["https://example.com", "http://localhost:8080"])
        #expect(handlers[1].maximumRequestConcurrency == 4)
    }

    @Test(
        "Mistakes are reported where they stand",
        arguments: [
            ("", 1, 1, "there is no [[module]]"),
            ("[[module]]\nroute = \"/\"", 1, 3, "[[module]] has no 'module'"),
            ("[[module]]\nmodule = \"a\"", 1, 3, "[[module]] has no 'route'"),
            ("[[module]]\nmodule = \"a\"\nroute = \"x\"", 3, 9, "has to begin with '/'"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nhost = 1", 4, 1, "unknown key 'host'"),
            ("[[module]]\nmodule = \"oci://x/y\"\nroute = \"/\"", 2, 10, "OCI registries are not supported"),
            ("[[module]]\nmodule = \"https://x/y\"\nroute = \"/\"", 2, 10, "'https' URLs are not supported"),
            ("[[module]]\nmodule = \"bindle:x/1.0.0\"\nroute = \"/\"", 2, 10, "with --bindle"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nrepository = \"r\"", 4, 1, "'repository' is reserved"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nallowed_hosts = [\"x\"]", 4, 17, "'x' is not a URL"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nhttp_max_concurrency = 0", 4, 24, "has to be between 1 and"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nvolumes = { a = \"b\" }", 4, 11, "has to begin with '/'"),
        ])
    func mistakesAreReportedWhereTheyStand(text: String, line: Int, column: Int, message: String) throws {
        let error = try #require(throws: LoadError.self) { try read(text) }
        #expect(error.message.contains(message))
        #expect(error.position == SourcePosition(line: line, column: column))
        #expect(error.description.hasPrefix("modules.toml:\(line):\(column): "))
    }

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

    private func read(_ text: String) throws -> [HandlerDefinition] {
        try ModulesFile.handlers(parsing: Array(text.utf8), file: "modules.toml")
    }
}
