import Bindle
import Foundation
import TestSupport
import Testing

/// What commands say that need a Bindle server where nobody has named one.
struct UnnamedServerTests {
    private let home: TemporaryDirectory
    private let app: SmallApp
    private static let id = "small/1.2.3"

    init() throws {
        home = try TemporaryDirectory()
        app = try SmallApp()
    }

    private func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Program.Result {
        let own = [
            "HOME": home.path, "XDG_CONFIG_HOME": home.path + "/config", "BINDLE_URL": "", "BINDLE_SERVER_URL": "",
            "BINDLE_TOKEN": "", "BINDLE_USERNAME": "", "BINDLE_PASSWORD": "", "HIPPO_URL": "",
        ]
        return try Program.run(arguments, in: home.path, environment: own.merging(environment) { $1 })
    }

    /// The commands, as words, whose help has the option; those below `words` and that one itself.
    private func commandsWithServer(_ words: [String] = []) throws -> [[String]] {
        let lines = try run(words + ["--help"]).output.split(separator: "\n", omittingEmptySubsequences: false)
        var found = lines.contains { $0.hasPrefix("  -s, --bindle-url ") } ? [words] : []
        if let start = lines.firstIndex(of: "Commands:") {
            for line in lines[(start + 1)...].prefix(while: { !$0.isEmpty })
            where line.hasPrefix("  ") && line.dropFirst(2).first != " " {
                found += try commandsWithServer(words + [String(line.dropFirst(2).prefix { $0 != " " })])
            }
        }
        return found
    }

    /// Whether nobody answers at the address that is meant where none is named.
    private static let isNobodyThere: Bool = {
        let run = try? Program.run(["bindle", "list", "-s", BindleClient.defaultURL])
        return run?.errors.contains("no connection") == true
    }()

    @Test(
        "Each command that needs a server says how to name one, where nobody has",
        .enabled(if: isNobodyThere, "somebody serves at \(BindleClient.defaultURL)"))
    func allCommands() throws {
        let made = try run(["prepare", app.path, "-v", "production", "-d", home.path + "/bindles", "-o", "id"])
        try #require(made.status == 0, "\(made.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: home.path + "/bindles")
        let bindle = try #require(names.first.map { "\(home.path)/bindles/\($0)" })
        let module = app.path + "/hello.wat"
        try app.writeHippofacts()
        let facts = try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8)
        // Its version is asked for.
        let open = try home.write(facts.replacingOccurrences(of: "1.2.3", with: "1.2.*"), to: "open/HIPPOFACTS")
        try FileManager.default.copyItem(atPath: module, toPath: home.path + "/open/hello.wat")
        let project = open.deletingLastPathComponent().path
        let id = Self.id
        let lines: [(command: String, rest: [String])] = [
            ("push", [app.path]), ("prepare", [project]), ("login", ["--bindle-token", "x"]), ("bindle search", []),
            ("bindle list", []), ("bindle show", [id]), ("bindle pull", [id]), ("bindle get", [id]),
            ("bindle push", [bindle]), ("bindle import", [bindle]), ("bindle export", [id]), ("bindle yank", [id]),
            ("bindle delete", [id]), ("bindle keys fetch", []), ("bindle get-invoice", [id]),
            ("bindle get-parcel", [id, String(repeating: "0", count: 64)]),
            ("bindle push-invoice", [bindle + "/invoice.toml"]), ("bindle push-file", [id, module]),
        ]
        #expect(Set(try commandsWithServer()) == Set(lines.map { $0.command.split(separator: " ").map(String.init) }))
        // What help does not list.
        let hidden = [("bindle info", [id]), ("bindle fetch-host-keys", [])]
        for (command, rest) in lines + hidden {
            let words = command.split(separator: " ").map(String.init) + rest
            let unnamed = try run(words)
            #expect(unnamed.status == 1 && unnamed.errors.contains("127.0.0.1:8080"), "\(command): \(unnamed)")
            #expect(unnamed.errors.contains("\nNo server was named: -s URL names one, "), "\(command): \(unnamed)")
            let named = try run(words + ["-s", "http://127.0.0.1:1/v1"])
            #expect(named.status == 1 && named.errors.contains("127.0.0.1:1/v1"), "\(command): \(named)")
            #expect(!named.errors.contains("No server"), "\(command): \(named)")
        }
        // Named elsewhere.
        for variable in ["BINDLE_URL", "BINDLE_SERVER_URL"] {
            let named = try run(["bindle", "list"], [variable: "http://127.0.0.1:1/v1"])
            #expect(named.errors.contains("127.0.0.1:1/v1") && !named.errors.contains("No server"), "\(named)")
        }
    }

    @Test(
        "So does a project that takes a handler from a bindle which is nowhere",
        .enabled(if: isNobodyThere, "somebody serves at \(BindleClient.defaultURL)"))
    func external() throws {
        try home.write(
            """
            [bindle]
            name = "borrower"
            version = "1.0.0"
            [[handler]]
            route = "/"
            external = { bindleId = "nowhere/1.0.0", handlerId = "x" }
            """, to: "borrower/HIPPOFACTS")
        let unnamed = try run(["prepare", home.path + "/borrower"])
        #expect(unnamed.status == 1 && unnamed.errors.contains("HIPPOFACTS:6:"), "\(unnamed)")
        #expect(unnamed.errors.contains("\nNo server was named: -s URL names one, "), "\(unnamed)")
        let named = try run(["prepare", home.path + "/borrower", "--upstream", "http://127.0.0.1:1/v1"])
        #expect(named.errors.contains("127.0.0.1:1/v1") && !named.errors.contains("No server"), "\(named)")
    }
}
