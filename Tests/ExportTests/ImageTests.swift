import Bindle
import Export
import Foundation
import OCI
import TestSupport
import Testing

@Suite("Images")
struct ImageTests {
    private static let skopeo = "/usr/bin/skopeo"

    private static func isInstalled(_ program: String) -> Bool { FileManager.default.isExecutableFile(atPath: program) }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let problem = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(problem)")
        return text
    }

    private static func app() throws -> ExportedApp {
        var app = SampleApp()
        app.modules = [("a.wasm", "/a", "one"), ("dir/b.wasm", "/b", "two"), ("a.wasm", "/c", "one")]
        app.files = [("index.html", "<h1>")]
        app.id = "org/app/1.0.0+b"
        return try app.exported()
    }

    @Test("Each module is an image, the same on every machine, in a layout and in an archive") func modules() throws {
        let images = try ImageSet(modulesOf: Self.app())
        #expect(images.names.map(\.tag) == ["1.0.0_b-a.wasm", "1.0.0_b-dir-b.wasm"])
        let directory = try TemporaryDirectory()
        try images.write(toDirectory: directory.path + "/layout")
        var archive = Data()
        try images.write(archiveTo: { archive.append(contentsOf: $0) })
        try FileManager.default.createDirectory(atPath: directory.path + "/unpacked", withIntermediateDirectories: true)
        let file = try directory.write(archive, to: "a.tar")
        _ = try Self.run("/bin/tar", ["-xf", file.path, "-C", directory.path + "/unpacked"])
        _ = try Self.run("/usr/bin/diff", ["-r", directory.path + "/layout", directory.path + "/unpacked"])
        #expect(throws: ExportError.self) { try images.write(toDirectory: directory.path + "/layout") }
        #expect(
            images.names.map(\.digest) == [
                "sha256:64f4955e27dba64b2ac91c3f8d59c8a29a4dbb2de514a3d01acfa06f2e901081",
                "sha256:a8abd55933993f4ebf1174e4939577ab8eed973e378344af74e8dd361b407af6",
            ])
    }

    @Test("skopeo reads the images of modules", .enabled(if: isInstalled(skopeo), "skopeo is not installed"))
    func modulesBySkopeo() throws {
        let images = try ImageSet(modulesOf: Self.app())
        let directory = try TemporaryDirectory()
        try images.write(toDirectory: directory.path + "/layout")
        for (tag, digest) in images.names {
            let text = try Self.run(Self.skopeo, ["inspect", "--raw", "oci:\(directory.path)/layout:\(tag)"])
            #expect(text.contains("application/vnd.wasm.config.v0+json") && text.contains("\"application/wasm\""))
            let manifest = try directory.write(text, to: "manifest")
            #expect(try Self.run(Self.skopeo, ["manifest-digest", manifest.path]) == digest + "\n")
        }
    }

    @Test(
        "A registry has what is pushed, as skopeo sees it",
        .enabled(
            if: DockerRegistry.isInstalled && isInstalled(skopeo), "docker-registry or skopeo is not installed"))
    func pushed() throws {
        let registry = try DockerRegistry()
        let client = RegistryClient(credentials: RegistryCredentials())
        let images = try ImageSet(modulesOf: Self.app())
        let repository = try ImageReference("\(registry.host)/org/app")
        let pushed = try images.push(to: repository, with: client)
        #expect(try client.module(pushed[1], limit: 100) == Array("two".utf8))
        for (reference, name) in zip(pushed, images.names) {
            let text = try Self.run(
                Self.skopeo, ["inspect", "--tls-verify=false", "--raw", "docker://\(reference)"])
            #expect(text.contains("\"application/wasm\""))
            #expect("sha256:\(SHA256.hash(text.utf8).hex)" == name.digest)
        }
        #expect(throws: ExportError.self) { try images.push(to: repository, tag: "1", with: client) }
    }
}
