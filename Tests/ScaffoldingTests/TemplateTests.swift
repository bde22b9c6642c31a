import Bindle
import Content
import Foundation
import Hippofacts
import Testing
import TestSupport

@testable import Scaffolding

/// New projects, as far as they can be judged without their toolchains.
struct TemplateTests {
    private func write(_ template: Template, named name: String) throws -> (TemporaryDirectory, ProjectDescription) {
        let directory = try TemporaryDirectory()
        let (project, sources) = template.project(named: try #require(ProjectName(name)))
        let files = [project.hippofacts, project.settings, project.gitignore].compactMap { $0 } + sources
        _ = try Scaffold(files: files).write(to: directory.path, replacesExisting: false, isDryRun: false)
        return (directory, project)
    }

    @Test(
        "HIPPOFACTS names modules routes and files that are there", arguments: Template.allCases,
        ["weather", "3.d_Plot-er"])
    func hippofactsNamesModulesRoutesAndFilesThatAreThere(_ template: Template, _ name: String) throws {
        let (directory, project) = try write(template, named: name)
        if project.build != nil {
            // As if it had been built.
            try directory.write(Data([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]), to: project.handlers[0].module)
        }
        let facts = try Hippofacts(at: directory.path)
        var cache = DigestCache()
        let expansion = try facts.expanded(cache: &cache)
        #expect(facts.name == name)
        #expect(expansion.warnings.isEmpty)
        let modules = expansion.invoice.parcels.filter { $0.label.feature["wagi"]?["route"] != nil }
        #expect(modules.map(\.label.name) == [project.handlers[0].module])
        let files = expansion.invoice.parcels.filter { $0.label.feature["wagi"]?["file"] == "true" }
        #expect(files.contains { $0.label.name == "index.html" })
    }

    @Test("Products are ignored by version control", arguments: Template.allCases)
    func productsAreIgnoredByVersionControl(_ template: Template) throws {
        let (project, _) = template.project(named: try #require(ProjectName("app")))
        guard project.build != nil else { return }
        let top = project.handlers[0].module.prefix { $0 != "/" } + "/"
        #expect(project.gitignore.content.split(separator: "\n").contains(top))
    }

    @Test("Names are adapted to what tools take") func namesAreAdaptedToWhatToolsTake() throws {
        #expect(ProjectName("a b") == nil)
        #expect(ProjectName("") == nil)
        #expect(ProjectName("-a") == nil)
        #expect(ProjectName(adapting: "My app!").text == "My-app-")
        #expect(ProjectName(adapting: "…").text == "app")
        let name = try #require(ProjectName("3.D-plot"))
        #expect(name.package == "app-3-d-plot")
        #expect(name.swiftModule == "App3DPlot")
        // Go and Swift refuse these.
        #expect(try #require(ProjectName("go")).package == "go-app")
        #expect(try #require(ProjectName("Swift")).swiftModule == "SwiftApp")
    }

    @Test("Files that are there are kept unless told otherwise") func filesThatAreThereAreKeptUnlessToldOtherwise()
        throws
    {
        let directory = try TemporaryDirectory()
        try directory.write("mine", to: "a")
        try directory.write("same", to: "b")
        let scaffold = Scaffold(files: [.init("a", "new"), .init("b", "same"), .init("c/d", "new")])
        let planned = try scaffold.write(to: directory.path, replacesExisting: false, isDryRun: true)
        #expect(planned.map(\.outcome) == [.kept, .unchanged, .created])
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/c"))
        let done = try scaffold.write(to: directory.path, replacesExisting: false, isDryRun: false)
        #expect(done.map(\.outcome) == [.kept, .unchanged, .created])
        #expect(try String(contentsOfFile: directory.path + "/a", encoding: .utf8) == "mine")
        let forced = try scaffold.write(to: directory.path, replacesExisting: true, isDryRun: false)
        #expect(forced.map(\.outcome) == [.replaced, .unchanged, .unchanged])
        #expect(try String(contentsOfFile: directory.path + "/a", encoding: .utf8) == "new")
    }

    @Test("Text in settings is escaped") func textInSettingsIsEscaped() throws {
        let project = ProjectDescription(
            name: ProjectName(adapting: "x"), handlers: [.init(module: "a\"b.wasm", route: "/")],
            build: .init(command: "echo \"\\t\"\n", watch: ["s\\*"]), toolchain: .other)
        let facts = try Hippofacts(parsing: Array(project.hippofacts.content.utf8), file: "HIPPOFACTS")
        #expect(try facts.entries.map(\.module) == [.local(path: RelativePath("a\"b.wasm"))])
        #expect(project.settings?.content == "[build]\ncommand = \"echo \\\"\\\\t\\\"\\n\"\nwatch = [\"s\\\\*\"]\n")
    }
}
