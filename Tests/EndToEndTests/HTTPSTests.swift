import Foundation
import TestSupport
import Testing

/// Programs that serve HTTPS, and curl.
@Suite(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is not in /usr/bin"),
    .endsWhatHangs)
struct HTTPSTests {
    private func curl(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["-sS", "--noproxy", "*", "--max-time", "30"] + arguments
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test("up --https serves what a client sees that trusts its authority, also after a save")
    func upServesHTTPS() async throws {
        let app = try SmallApp()
        let configuration = try TemporaryDirectory()
        let authority = configuration.path + "/hippo/https_authority.pem"
        let sandbox = try SandboxProcess(
            app.path, ["--https"], environment: ["XDG_CONFIG_HOME": configuration.path])
        let ready = try await sandbox.next("ready")
        let url = try #require(ready["app"]?.string)
        #expect(url.hasPrefix("https://127.0.0.1:"))
        let port = try #require(url.split(separator: ":").last?.dropLast())
        let trusting = ["--cacert", authority]
        #expect(try curl(trusting + [url + "hello"]) == "hello 1")
        #expect(
            try curl(
                trusting + ["https://app.localhost:\(port)/hello", "--resolve", "app.localhost:\(port):127.0.0.1"])
                == "hello 1")
        #expect(try curl(["http://127.0.0.1:\(port)/hello"]).contains("use https://"))
        #expect(try curl([url + "hello"]).contains("certificate"))
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        #expect(try curl(trusting + [url + "hello"]) == "hello 2")
        // The key is nobody else's, and no process has the files on its command line.
        var status = stat()
        #expect(stat(configuration.path + "/hippo/https_authority_key.pem", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("wagi, bindle serve and up say which of their files is wrong, and that two go together")
    func wrongFiles() throws {
        let directory = try TemporaryDirectory()
        try directory.write("no certificate", to: "file.pem")
        let file = directory.path + "/file.pem"
        for command in [["wagi", "-c", file], ["bindle", "serve"], ["up", directory.path]] {
            #expect(try Program.run(command + ["--tls-cert", file]).errors.contains("go together"), "\(command)")
        }
        let result = try Program.run(
            ["bindle", "serve", "--store", directory.path + "/s", "--tls-cert", file, "--tls-key", "/nowhere.pem"])
        #expect(result.errors.contains("/nowhere.pem cannot be read"))
    }
}
