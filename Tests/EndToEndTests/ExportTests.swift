import Foundation
import TestSupport
import Testing

/// `hippo-dev export wwwroot`: a directory for whoever needs one.
@Suite("Exporting the wwwroot", .timeLimit(.minutes(15)))
struct ExportTests {
    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    @Test("Without an up, the files of the project are written")
    func ofProject() throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        let result = try Program.run(["export", "wwwroot", target.path + "/out"], in: app.path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("of the project"))
        #expect(Self.text(target.path + "/out/assets/index.html") == "<h1>page 1</h1>")
    }

    @Test("While an up runs, what serves is written, or what the project has")
    func ofWhatServes() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--no-watch"])
        _ = try await sandbox.next("ready")
        try app.save("not served", to: "assets/index.html")
        let target = try TemporaryDirectory()
        for (source, expected) in [(nil, "<h1>page 1</h1>"), ("serving", "<h1>page 1</h1>"), ("project", "not served")]
        {
            let directory = "\(target.path)/\(source ?? "default")"
            let result = try Program.run(
                ["export", "wwwroot", directory] + (source.map { ["--of", $0] } ?? []), in: app.path)
            #expect(result.status == 0, "\(result.errors)")
            #expect(Self.text(directory + "/assets/index.html") == expected)
        }
    }

    @Test("A directory that has something in it is left alone, and what does not run is not written")
    func refused() throws {
        let app = try SmallApp()
        let target = try TemporaryDirectory()
        try target.write("mine", to: "out/file")
        let full = try Program.run(["export", "wwwroot", target.path + "/out"], in: app.path)
        #expect(full.status != 0 && full.errors.contains("not empty"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path + "/out") == ["file"])
        let none = try Program.run(["export", "wwwroot", target.path + "/new", "--of", "serving"], in: app.path)
        #expect(none.status != 0 && none.errors.contains("does not run"))
    }
}
