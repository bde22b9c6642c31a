import TOML
import Testing

@testable import WAGI

/// Reading `modules.toml`, and variables.
struct ModulesFileTests {
    @Test("The directory of files is named at the top, and is a text") func staticDirectory() throws {
        let module = "[[module]]\nroute = \"/\"\nmodule = \"a.wasm\""
        #expect(try read("static = \"www\"\n" + module).staticDirectory == "www")
        #expect(try read(module).staticDirectory == nil && read("static = \"www\"\n" + module).warnings.isEmpty)
        #expect(throws: LoadError.self) { try read("static = \"\"\n" + module) }
        #expect(throws: LoadError.self) { try read("static = 1\n" + module) }
    }

    @Test("Everything that a module can have") func everythingThatAModuleCanHave() throws {
        let file = try read(
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
            environment.GREETING = "hello"
            [[module]]
            route = "/y"
            module = "file:/srv/m.wasm"
            http_max_concurrency = 0
            volumes = { "content/" = "content/", "templates" = "templates/" }
            [[module]]
            route = "/z"
            module = "bindle:x/1.0.0"
            bindle_server = "http://127.0.0.1:8080/v1"
            """)
        let handlers = file.handlers
        #expect(file.warnings.isEmpty)
        #expect(handlers.map(\.route.description) == ["/...", "/x", "/y", "/z"])
        #expect(
            handlers.map(\.module.name) == ["fileserver.wasm", "/srv/a b.wat", "/srv/m.wasm", "bindle:x/1.0.0"])
        #expect(handlers[1].entrypoint == "serve")
        #expect(handlers[1].argumentTemplate == "${SCRIPT_NAME} ${ARGS}")
        #expect(handlers[1].volumes.map(\.guestPath) == ["/data", "/"])
        #expect(handlers[1].volumes.map(\.hostPath) == ["/srv/data", "root"])
        #expect(handlers[1].allowedHosts == ["https://example.com", "http://localhost:8080"])
        #expect(handlers[1].maximumRequestConcurrency == 4)
        #expect(handlers[1].environment.map { "\($0)=\($1)" } == ["GREETING=hello"])
        #expect(handlers[2].maximumRequestConcurrency == 0)
        #expect(handlers[2].volumes.map(\.guestPath) == ["content/", "templates"])
        #expect(handlers[2].volumes.map(\.place) == ["modules.toml:17:13", "modules.toml:17:38"])
    }

    @Test(
        "What has no effect is warned of, and names what has",
        arguments: [
            ("default_host = \"localhost:3000\"\n", "", 1, "--hostname"),
            ("", "default_host = \"x\"", 4, "--hostname"),
            ("", "repository = \"r\"", 4, "'repository' has no effect"),
            ("", "bindle_server = \"http://x/v1\"", 4, "only a module bindle:NAME/VERSION"),
            ("", "entrypont = \"x\"", 4, "unknown key 'entrypont' in [[module]]: did you mean 'entrypoint'?"),
            ("", "host = 1", 4, "unknown key 'host' in [[module]]: it can have route"),
        ])
    func whatHasNoEffectIsWarnedOf(before: String, after: String, line: Int, message: String) throws {
        let file = try read("\(before)[[module]]\nroute = \"/\"\nmodule = \"m.wasm\"\n\(after)\n")
        #expect(file.handlers.count == 1)
        let warning = try #require(file.warnings.first)
        #expect(file.warnings.count == 1)
        #expect(warning.description.hasPrefix("modules.toml:\(line):1: "), "\(warning)")
        #expect(warning.message.contains(message), "\(warning)")
    }

    @Test("A route without a slash is never served, and warned of") func aRouteWithoutASlashIsNeverServed() throws {
        let file = try read("[[module]]\nmodule = \"a\"\nroute = \"x\"\n[[module]]\nmodule = \"b\"\nroute = \"/\"\n")
        #expect(file.handlers.map(\.module.name) == ["b"])
        #expect(
            file.warnings.map(\.description) == [
                "modules.toml:3:9: the route 'x' is never served: it does not begin with '/'"
            ])
    }

    @Test(
        "Mistakes are reported where they stand",
        arguments: [
            ("", 1, 1, "there is no [[module]]"),
            ("[[modul]]\nroute = \"/\"", 1, 3, "there is no [[module]]: did you mean it by 'modul'?"),
            ("[[module]]\nroute = \"/\"", 1, 3, "[[module]] has no 'module'"),
            ("[[module]]\nmodule = \"a\"", 1, 3, "[[module]] has no 'route'"),
            ("[[module]]\nmodule = \"oci://x/y\"\nroute = \"/\"", 2, 10, "'x' is no host"),
            ("[[module]]\nmodule = \"https://x/y\"\nroute = \"/\"", 2, 10, "'https' URLs are not supported"),
            ("[[module]]\nmodule = \"bindle:x/1.0.0\"\nroute = \"/\"", 2, 10, "needs 'bindle_server'"),
            (
                "[[module]]\nmodule = \"bindle:x\"\nroute = \"/\"\nbindle_server = \"http://x\"", 2, 10,
                "Invalid bindle ID"
            ),
            ("[[module]]\nmodule = \"file:a.wasm\"\nroute = \"/\"", 2, 10, "is not the URL of a file"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nallowed_hosts = [\"x\"]", 4, 17, "'x' is not a URL"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nhttp_max_concurrency = -1", 4, 24, "has to be between 0 and"),
            ("[[module]]\nmodule = \"a\"\nroute = \"/\"\nenvironment = { \"a=b\" = \"\" }", 4, 15, "no name for a"),
        ])
    func mistakesAreReportedWhereTheyStand(text: String, line: Int, column: Int, message: String) throws {
        let error = try #require(throws: LoadError.self) { try read(text) }
        #expect(error.message.contains(message))
        #expect(error.position == SourcePosition(line: line, column: column))
        #expect(error.description.hasPrefix("modules.toml:\(line):\(column): "))
    }

    private func read(_ text: String) throws -> ModulesFile {
        try ModulesFile(parsing: Array(text.utf8), file: "modules.toml")
    }
}
