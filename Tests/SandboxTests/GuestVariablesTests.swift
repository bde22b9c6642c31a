import Foundation
import TestSupport
import Testing

@testable import Sandbox

/// Where the variables of guests come from.
struct GuestVariablesTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("(module)", to: "m.wat")
        try directory.write(
            "[bindle]\nname = \"b\"\nversion = \"1.0.0\"\n[[handler]]\nname = \"m.wat\"\nroute = \"/\"\n",
            to: "HIPPOFACTS")
    }

    private func variables(_ commandLine: SandboxSettings = SandboxSettings()) throws -> GuestVariables {
        let project = try Project(at: directory.path)
        var settings = try project.settings(completing: commandLine)
        try settings.readVariables(of: project)
        return settings.guestVariables
    }

    private func texts(_ variables: [SandboxSettings.Variable]) -> [String] {
        variables.map { "\($0.name)=\($0.value)" }
    }

    @Test(
        "The later source wins: .env, the files of hippo-dev.toml, [env], the files and variables of the command line")
    func order() throws {
        let names = ["A", "B", "C", "D", "E", "F"]
        func file(_ value: String, _ count: Int) -> String {
            names.prefix(count).map { "\($0)=\(value)\n" }.joined()
        }
        try directory.write(file("dotenv", 6), to: ".env")
        try directory.write(file("first", 5), to: "first.env")
        try directory.write(file("second", 4), to: "second.env")
        try directory.write(file("line file", 2), to: "line.env")
        try directory.write(
            "[up]\nenv-file = [\"first.env\", \"second.env\"]\n[env]\nA = \"env\"\nB = \"env\"\nC = \"env\"\n",
            to: "hippo-dev.toml")
        var line = SandboxSettings()
        line.variableSources = [.file(directory.path + "/line.env"), .variable(.init(name: "A", value: "line"))]
        let variables = try variables(line)
        #expect(
            texts(variables.ofAll).sorted() == ["A=line", "B=line file", "C=env", "D=second", "E=first"])
        #expect(texts(variables.ofProject) == ["F=dotenv"])
        #expect(variables.note == "Handlers get F from .env.")
    }

    @Test("A variable that [env] names is that of the program's own environment, or else of .env")
    func named() throws {
        try directory.write("PATH=other\nKEY='a key'\n", to: ".env")
        try directory.write("[env]\nP = \"${PATH}\"\nK = \"<${KEY}>\"\n[up]\ndotenv = false\n", to: "hippo-dev.toml")
        let variables = try variables()
        #expect(variables.ofAll.first { $0.name == "K" }?.value == "<a key>")
        #expect(variables.ofAll.first { $0.name == "P" }?.value.contains("/bin") == true)
        #expect(variables.ofProject.isEmpty && variables.note == nil)
        try directory.write("", to: ".env")
        let failure = try #require(throws: Failure.self) { try self.variables() }
        #expect(failure.file == "hippo-dev.toml" && failure.line == 3 && failure.column == 5)
        #expect(failure.message.contains("there is no variable KEY"))
    }

    @Test("A line that is no variable is told by its number, and its text by nobody")
    func malformed() throws {
        try directory.write("A=1\ns3cret\n", to: ".env")
        let failure = try #require(throws: Failure.self) { try variables() }
        #expect("\(failure)" == ".env: Line 2 is not a variable: write NAME=VALUE, on one line.")
        // Pages show the source around a line.
        #expect(failure.problem(inProject: directory.path).excerpt.isEmpty)
        // Who does not want it, does not have to have it right.
        try directory.write("[up]\ndotenv = false\n", to: "hippo-dev.toml")
        #expect(try variables().ofProject.isEmpty)
    }

    @Test("A file that is missing is told, unless it is .env") func missing() throws {
        #expect(try variables() == GuestVariables())
        try directory.write("[up]\nenv-file = [\"local.env\"]\n", to: "hippo-dev.toml")
        let failure = try #require(throws: Failure.self) { try variables() }
        #expect(failure.file == "local.env" && failure.message.contains("No such file"))
    }

    @Test("A directory of pages has no use for .env") func site() throws {
        try FileManager.default.removeItem(atPath: directory.path + "/HIPPOFACTS")
        try directory.write("<p>", to: "index.html")
        try directory.write("no variable", to: ".env")
        #expect(try variables() == GuestVariables())
    }
}
