import Foundation
import HTTP
import TestSupport
import Testing

@testable import Sandbox

/// Which ports a sandbox takes.
struct ListeningTests {
    private func settings(_ socket: ListeningSocket, port: PortChoice? = nil) -> SandboxSettings {
        var settings = SandboxSettings()
        settings.listen = socket.address
        settings.bindleListen = .loopback(port: 0)
        settings.port = port
        return settings
    }

    @Test("A port that is taken is stepped over where that is wanted")
    func aPortThatIsTakenIsSteppedOverWhereThatIsWanted() throws {
        let taken = try ListeningSocket(binding: .loopback(port: 0))
        let sockets = try SandboxSockets(settings(taken, port: .automatic))
        #expect(sockets.app.address.port > taken.address.port)
        #expect(sockets.notes.count == 1)
        #expect(sockets.notes[0].hasPrefix("Port \(taken.address.port) is in use by "))
        #expect(sockets.notes[0].contains("(process \(getpid()))"))
    }

    @Test("Otherwise the error says who has it and what to do") func otherwiseTheErrorSaysWhoHasItAndWhatToDo() throws {
        let taken = try ListeningSocket(binding: .loopback(port: 0))
        #expect {
            try SandboxSockets(settings(taken))
        } throws: { error in
            let text = "\(error)"
            return text.contains("\(taken.address) is in use, by ") && text.contains("(process \(getpid()))")
                && text.contains("--port auto")
        }
    }

    @Test("Ports are read from words and settings") func portsAreReadFromWordsAndSettings() throws {
        #expect(PortChoice(parsing: "auto") == .automatic)
        #expect(PortChoice(parsing: "8000") == .number(8000))
        for text in ["", "65536", "-1", "any"] { #expect(PortChoice(parsing: text) == nil) }
        let read = { (text: String) in
            try SettingsFile.parse(Array("[up]\n\(text)".utf8), projectDirectory: "/p").port
        }
        #expect(try read("port = \"auto\"") == .automatic)
        #expect(try read("port = 3001") == .number(3001))
        #expect(throws: (any Error).self) { try read("port = \"x\"") }
        #expect(throws: (any Error).self) { try read("port = 70000") }
        // An address on the command line is stronger than a port in the file.
        var commandLine = SandboxSettings()
        commandLine.listen = .loopback(port: 1)
        var file = SandboxSettings()
        file.port = .automatic
        #expect(commandLine.completed(by: file).port == nil)
        #expect(SandboxSettings().completed(by: file).port == .automatic)
    }

    @Test("The environment's port is weaker than all settings") func theEnvironmentsPortIsWeakerThanAllSettings() throws
    {
        let free = try ListeningSocket(binding: .loopback(port: 0)).address
        var settings = SandboxSettings()
        settings.bindleListen = .loopback(port: 0)
        #expect(try SandboxSockets(settings, defaultListen: free).app.address == free)
        settings.listen = .loopback(port: 0)
        #expect(try SandboxSockets(settings, defaultListen: free).app.address != free)
    }

    @Test("The browser is started without a shell") func theBrowserIsStartedWithoutAShell() throws {
        let directory = try TemporaryDirectory()
        let script = try directory.write("#!/bin/sh\nprintf '%s|' \"$@\" > \(directory.path)/told\n", to: "browser")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
        let url = "http://127.0.0.1:1/;$(x)"
        let cases = [
            ("\(script.path) --new", "--new|\(url)|"), ("no-such:\(script.path) -u=%s -x", "-u=\(url)|-x|"),
        ]
        for (variable, expected) in cases {
            #expect(Browser.open(url, environment: ["BROWSER": variable, "PATH": "/usr/bin:/bin"]))
            let deadline = ContinuousClock.now + .seconds(30)
            var told: String?
            while told != expected && ContinuousClock.now < deadline {
                told = try? String(contentsOfFile: directory.path + "/told", encoding: .utf8)
                usleep(2000)
            }
            #expect(told == expected)
        }
        #expect(!Browser.open(url, environment: ["PATH": directory.path + "/none"]))
    }

    @Test("A browser that cannot show anything is told of, and one that can is not")
    func browserWithoutDisplay() async {
        let ends = AsyncStream<String>.makeStream()
        #expect(
            Browser.open("http://a/", environment: ["BROWSER": "true", "PATH": "/usr/bin:/bin"]) {
                ends.continuation.yield("true")
            })
        // As the desktop's own opener ends without a display.
        #expect(
            Browser.open("http://a/", environment: ["BROWSER": "false", "PATH": "/usr/bin:/bin"]) {
                ends.continuation.yield("false")
            })
        #expect(await ends.stream.first { _ in true } == "false")
    }

    @Test("A project that cannot be written to is served otherwise")
    func aProjectThatCannotBeWrittenToIsServedOtherwise() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: ".hippo")
        do {
            _ = try Storage(nil, projectDirectory: directory.path)
            Issue.record("a file was taken for a directory")
        } catch let error as Storage.Unusable {
            #expect("\(error)".hasPrefix("cannot write \(directory.path)/.hippo: "))
            #expect("\(error)".contains("--ephemeral") && !"\(error)".contains("Domain"), "\(error)")
        }
    }

    @Test("The holder of a store is found and a stale file hinders nobody")
    func theHolderOfAStoreIsFoundAndAStaleFileHindersNobody() throws {
        let directory = try TemporaryDirectory()
        let store = directory.path + "/bindles.sqlite"
        // What a sandbox that was killed leaves.
        try directory.write(
            #"{"process":2147483646,"app":"http://a/","bindle":"http://b/v1"}"#, to: "bindles.sqlite.up")
        #expect(!SandboxLock.isHeld(store: store))
        #expect(try RunningSandbox.all(project: directory.path, store: store).isEmpty)
        let lock = try SandboxLock(store: store)
        var settings = SandboxSettings()
        settings.data = DataDirectory(given: String(repeating: "long/", count: 900))
        settings.dataLimit = 100_000_000
        let kept = try #require(KeptData(settings))
        for data in [kept, nil, kept] {
            lock.announce(
                RunningSandbox(
                    app: "http://localhost:3/", server: "http://127.0.0.1:1/", bindle: "http://127.0.0.1:2/v1",
                    isEphemeral: false, data: data))
            #expect(try RunningSandbox.all(project: directory.path, store: store).first?.data == data)
        }
        let found = try RunningSandbox.all(project: directory.path, store: store).first
        #expect(found?.process == Int(getpid()))
        #expect(found?.app == "http://localhost:3/" && found?.server == "http://127.0.0.1:1/")
        #expect(found?.bindle == "http://127.0.0.1:2/v1" && found?.isEphemeral == false)
        #expect {
            try SandboxLock(store: store)
        } throws: { ($0 as? SandboxInUse)?.holder == found }
        withExtendedLifetime(lock) {}
    }

    @Test("What a killed sandbox has left is removed, and not what another one is about to lock")
    func abandonedDirectories() throws {
        // Of a project that no other test has.
        let project = try TemporaryDirectory()
        let made = try EphemeralDirectory.make(forProject: project.path)
        let young = try EphemeralDirectory.make(forProject: project.path)
        defer { for path in [made, young] { try? FileManager.default.removeItem(atPath: path) } }
        let lock = { (directory: String) in SandboxLock.path(ofStore: "\(directory)/\(EphemeralDirectory.storeName)") }
        try "{\"process\":1}".write(toFile: lock(made), atomically: false, encoding: .utf8)
        #expect(FileManager.default.createFile(atPath: lock(young), contents: nil))
        let next = try EphemeralDirectory.make(forProject: project.path)
        defer { try? FileManager.default.removeItem(atPath: next) }
        #expect(!FileManager.default.fileExists(atPath: made))
        #expect(FileManager.default.fileExists(atPath: young))
    }
}
