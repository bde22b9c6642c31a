import Foundation
import Hippofacts
import TestSupport
import Testing

@testable import Sandbox

/// What kind of project a directory is, for as long as it is served.
struct ProjectKindTests {
    private static let facts =
        "[bindle]\nname = \"app\"\nversion = \"1.0.0\"\n[[handler]]\nname = \"m.wat\"\nroute = \"/\"\n"
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("<h1>page</h1>", to: "index.html")
    }

    private func describe(as name: String = "HIPPOFACTS") throws { try directory.write(Self.facts, to: name) }

    private func remove(_ name: String = "HIPPOFACTS") throws {
        try FileManager.default.removeItem(atPath: "\(directory.path)/\(name)")
    }

    /// What reading the project fails with, if it says that the file is gone.
    private func loss(of project: Project) -> String? {
        do throws(HippofactsError) {
            _ = try project.facts()
            return nil
        } catch {
            return error.message.contains("The file is gone") ? project.relative(error.file) : "\(error)"
        }
    }

    @Test("A project whose HIPPOFACTS is gone is no directory of pages, and is itself again when the file is back")
    func removal() throws {
        try describe()
        let project = try Project(at: directory.path)
        try remove()
        #expect(!project.isSite && loss(of: project) == "HIPPOFACTS")
        // Whoever serves it anew may mean the pages.
        #expect(try Project(at: directory.path).isSite)
        // What its handlers get, and what is watched, is still that of an app.
        try directory.write("KEY=1\n", to: ".env")
        var settings = SandboxSettings()
        try settings.readVariables(of: project)
        #expect(settings.guestVariables.ofProject.map(\.name) == ["KEY"])
        try describe()
        #expect(try project.facts().name == "app")
    }

    @Test("HIPPOFACTS may be called by another of its names, and is gone by the name that it had last")
    func renaming() throws {
        try describe()
        let project = try Project(at: directory.path)
        try remove()
        try describe(as: "hippofacts.toml")
        #expect(try project.facts().name == "app")
        try remove("hippofacts.toml")
        #expect(loss(of: project) == "hippofacts.toml")
    }

    @Test(
        "A project that was named by its file, and a lone module, say that the file is gone", arguments: [true, false])
    func namedByFile(isModule: Bool) throws {
        let name = isModule ? "m.wat" : "HIPPOFACTS"
        try directory.write(isModule ? "(module)" : Self.facts, to: name)
        let project = try Project(at: "\(directory.path)/\(name)")
        try remove(name)
        #expect(!project.isSite && loss(of: project) == name)
    }

    @Test("A directory of pages may become an app, and does not become one of pages again")
    func pagesBecomeAnApp() throws {
        let project = try Project(at: directory.path)
        #expect(project.isSite)
        // Without its first page, it is waited for.
        try remove("index.html")
        #expect(!project.isSite && loss(of: project)?.contains("no HIPPOFACTS") == true)
        try directory.write("<h1>page</h1>", to: "index.html")
        #expect(project.isSite)
        try describe()
        #expect(try project.facts().name == "app")
        try remove()
        #expect(!project.isSite && loss(of: project) == "HIPPOFACTS")
    }

    @Test("A project that is away as a whole is not one whose HIPPOFACTS is gone")
    func absentDirectory() throws {
        try describe(as: "app/HIPPOFACTS")
        let project = try Project(at: directory.path + "/app")
        try remove("app")
        #expect(loss(of: project)?.contains("no such file or directory") == true)
    }
}
