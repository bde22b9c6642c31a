import Foundation
import TestSupport
import Testing

@testable import Sandbox

/// Who can read what a sandbox keeps, and that it is kept where it seems to be.
struct PrivateFilesTests {
    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test("the project's own directory and all files in it are for its user alone")
    func modes() throws {
        let directory = try TemporaryDirectory()
        let own = directory.path + "/.hippo"
        // As an earlier version has made it.
        try directory.write("", to: ".hippo/bindles.sqlite")
        mkdir(own + "/bindles.sqlite.parcels", 0o755)
        chmod(own, 0o755)
        chmod(own + "/bindles.sqlite", 0o644)
        let storage = try Storage(nil, projectDirectory: directory.path)
        #expect(mode(own) == 0o700)
        for name in ["bindles.sqlite", "bindles.sqlite.up", ".gitignore"] { #expect(mode("\(own)/\(name)") == 0o600) }
        #expect(mode(own + "/bindles.sqlite.parcels") == 0o700)
        BuildOutputsFile(path: storage.buildOutputsPath).write(["a"], of: "make")
        #expect(mode(own + "/build-outputs") == 0o600)
        let log = LogFile(path: own + "/up.log")
        log?.append(Array("line\n".utf8))
        #expect(mode(own + "/up.log") == 0o600)
    }

    @Test(
        "links in place of the directory or of a file in it are refused, with the way out",
        arguments: [
            ".hippo", ".hippo/bindles.sqlite", ".hippo/bindles.sqlite-wal", ".hippo/bindles.sqlite.up",
            ".hippo/bindles.sqlite.parcels", ".hippo/bindles.sqlite-shm", ".hippo/bindles.sqlite.lock",
            ".hippo/digests",
        ])
    func links(name: String) throws {
        let (directory, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        if name != ".hippo" { mkdir(directory.path + "/.hippo", 0o700) }
        symlink(other.path + "/x", "\(directory.path)/\(name)")
        let error = #expect(throws: PrivateFiles.Refused.self) { try Storage(nil, projectDirectory: directory.path) }
        #expect(error?.description.contains("--store") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path) == [])
    }

    @Test(
        "what belongs to somebody else is refused, with the way out", .enabled(if: geteuid() == 0, "not root"),
        arguments: [".hippo", ".hippo/bindles.sqlite", ".hippo/bindles.sqlite.lock", ".hippo/bindles.sqlite.parcels"])
    func othersFiles(name: String) throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/\(name)"
        try directory.write("", to: ".hippo/bindles.sqlite")
        try directory.write("", to: ".hippo/bindles.sqlite.lock")
        mkdir(directory.path + "/.hippo/bindles.sqlite.parcels", 0o700)
        #expect(chown(path, 65534, 65534) == 0)
        let error = #expect(throws: PrivateFiles.Refused.self) { try Storage(nil, projectDirectory: directory.path) }
        #expect(error?.description.contains("belongs to somebody else") == true)
        #expect(error?.description.contains("--store") == true)
        // Nothing of it has been changed.
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_uid == 65534)
        // The way out is one, unless it leads to the same.
        let elsewhere = try TemporaryDirectory()
        let storage = try Storage(.file(elsewhere.path + "/store"), projectDirectory: directory.path)
        #expect(storage.path == elsewhere.path + "/store")
        if name == ".hippo/bindles.sqlite" {
            #expect(throws: PrivateFiles.Refused.self) { try Storage(.file(path), projectDirectory: elsewhere.path) }
        }
    }

    @Test(
        "commands that open a store which is there refuse links, too",
        arguments: [".hippo", ".hippo/bindles.sqlite.lock"])
    func otherCommands(name: String) throws {
        let (directory, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        try other.write("mine", to: "bindles.sqlite")
        if name == ".hippo" {
            symlink(other.path, directory.path + "/.hippo")
        } else {
            try directory.write("", to: ".hippo/bindles.sqlite")
            symlink(other.path + "/bindles.sqlite", "\(directory.path)/\(name)")
        }
        try directory.write("[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n", to: "HIPPOFACTS")
        #expect(throws: PrivateFiles.Refused.self) { try SandboxHistory(path: directory.path, store: nil) }
        let error = #expect(throws: PrivateFiles.Refused.self) {
            try PrivateFiles.checkStore(directory.path + "/.hippo/bindles.sqlite")
        }
        if name == ".hippo" {
            let error = #expect(throws: PrivateFiles.Refused.self) {
                try PrivateFiles.makeDirectory(directory.path + "/.hippo")
            }
            #expect(error?.description.contains("--ephemeral") == false)
        }
        // They have no such option.
        #expect(error?.description.contains("--ephemeral") == false)
        #expect(try String(contentsOfFile: other.path + "/bindles.sqlite", encoding: .utf8) == "mine")
    }

    @Test("no link is followed by what is written later")
    func laterLinks() throws {
        let directory = try TemporaryDirectory()
        try directory.write("mine", to: "target")
        for name in ["up.log", "build-outputs"] { symlink("target", "\(directory.path)/\(name)") }
        #expect(LogFile(path: directory.path + "/up.log") == nil)
        BuildOutputsFile(path: directory.path + "/build-outputs").write(["a"], of: "make")
        #expect(BuildOutputsFile(path: directory.path + "/build-outputs").read(of: "make") == ["a"])
        #expect(try String(contentsOfFile: directory.path + "/target", encoding: .utf8) == "mine")
    }

    @Test("outputs that are kept are those of one command")
    func outputs() throws {
        let directory = try TemporaryDirectory()
        let file = BuildOutputsFile(path: directory.path + "/outputs")
        #expect(file.read(of: "make") == [])
        file.write(["b", "a é", "with\nline"], of: "make")
        #expect(file.read(of: "make") == ["a é", "b"])
        #expect(file.read(of: "ninja") == [])
        try directory.write("something else\n", to: "outputs")
        #expect(file.read(of: "make") == [])
    }
}
