import Foundation

/// Debian's `docker-registry` on a free port of this machine, with a store of its own.
package final class DockerRegistry {
    private static let program = "/usr/bin/docker-registry"
    /// Whether it is installed.
    package static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    package let host: String
    private let process = Process()
    private let directory: TemporaryDirectory

    /// - Parameter users: A text as `htpasswd` writes it; `nil` lets everybody in.
    package init(users: String? = nil) throws {
        directory = try TemporaryDirectory()
        var configuration = """
            version: 0.1
            storage:
              filesystem:
                rootdirectory: \(directory.path)/data
            http:
              addr: 127.0.0.1:0

            """
        if let users {
            let file = try directory.write(users, to: "htpasswd")
            configuration += "auth:\n  htpasswd:\n    realm: tests\n    path: \(file.path)\n"
        }
        let file = try directory.write(configuration, to: "config.yml")
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = ["serve", file.path]
        let log = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = log
        try process.run()
        var text = ""
        while true {
            let data = log.fileHandleForReading.availableData
            guard !data.isEmpty else { throw RawSocket.Failure(description: "docker-registry does not start: \(text)") }
            text += String(decoding: data, as: UTF8.self)
            if let match = text.firstMatch(of: /listening on ([0-9.:]+)/) {
                host = String(match.1)
                break
            }
        }
        // The log is read, so that it never waits for that.
        let handle = log.fileHandleForReading
        Thread.detachNewThread { while !handle.availableData.isEmpty {} }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }
}
