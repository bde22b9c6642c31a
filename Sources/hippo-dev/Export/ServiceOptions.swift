import Bindle
import CommandLineInterface
import Export
import HTTP
import Platform

/// The options of commands that describe a service on another machine.
enum ServiceOptions {
    static let program = Option(
        name: "program", valueName: "PATH", summary: "Where hippo-dev is on the machine that serves the app.",
        defaultValue: "/usr/local/bin/hippo-dev")
    static let directory = Option(
        name: "directory", valueName: "DIR",
        summary: "Where the artifact is unpacked on that machine. [default: /srv/NAME]")
    static let listen = Option(
        name: "listen", shortName: "l", valueName: "IP:PORT", summary: "Where the app is served there.",
        defaultValue: "127.0.0.1:3000")
    static let variables = Option(
        name: "env-file", valueName: "FILE",
        summary: "A file of variables for the modules on that machine, as 'hippo-dev wagi --env-file' takes it.")
    static let output = Option(
        name: "output", shortName: "o", valueName: "FILE", summary: "The file to write. [default: standard output]")

    static let place = [program, directory, listen, variables, output]

    static func place(_ arguments: ParsedArguments, _ id: BindleID) throws -> ServedPlace {
        let address = try arguments.value(of: listen, expecting: "an address like 127.0.0.1:3000") { text in
            SocketAddress.parseListener(text).flatMap { $0.port == 0 ? nil : $0 }
        }
        return try ServedPlace(
            id, program: arguments[program] ?? "", directory: arguments[directory] ?? "/srv/\(ServiceName(id))",
            address: address ?? .loopback(port: 3000), variables: arguments[variables])
    }

    /// Writes a text where it is wanted.
    static func write(_ text: String, _ arguments: ParsedArguments) throws {
        guard let path = arguments[output] else { return try StandardOutput.write(text) }
        try FileWriter.write(text, to: path, atomically: true)
        StandardOutput.tell("Wrote \(path)")
    }
}
