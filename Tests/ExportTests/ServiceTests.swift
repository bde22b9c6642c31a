import Bindle
import Export
import Foundation
import HTTP
import TestSupport
import Testing

@Suite("Services of one server")
struct ServiceTests {
    private static func place(
        program: String = "/bin/true", directory: String = "/srv/app", address: SocketAddress = .loopback(port: 3000),
        variables: String? = nil
    ) throws -> ServedPlace {
        try ServedPlace(
            BindleID("org/app/1.0.0"), program: program, directory: directory, address: address, variables: variables)
    }

    @Test("Names are letters, digits and dashes") func names() throws {
        #expect(try ServiceName(BindleID("org/My_app/1.0.0")).description == "org-My-app")
        #expect(ServiceName("…").description == "app" && ServiceName("-a-").description == "a")
        #expect(ServiceName(String(repeating: "a", count: 100)).description.count == 63)
    }

    @Test("Paths on the other machine are absolute, and on one line") func paths() throws {
        #expect(throws: ExportError.self) { try Self.place(program: "hippo-dev") }
        #expect(throws: ExportError.self) { try Self.place(directory: "/srv/a\nExecStart=/bin/sh") }
        #expect(throws: ExportError.self) { try Self.place(variables: "app.env") }
    }

    @Test("What systemd would take for a specifier, a variable or several words is kept as it is") func quoted() throws
    {
        let unit = SystemdUnit(
            try Self.place(program: "/opt/100% $HOME/hippo dev", directory: "/srv/50%", variables: "/etc/a%b.env")
        ).text
        #expect(
            unit.contains("\nExecStart=\"/opt/100%% $$HOME/hippo dev\" wagi -c modules.toml --listen 127.0.0.1:3000 "))
        #expect(unit.contains("\nWorkingDirectory=/srv/50%%\n") && unit.contains("=modules.env:/etc/a%%b.env\n"))
        #expect(unit.contains(" --env-file %d/modules.env\n"))
    }

    @Test("A low port takes the right to it, and nothing else does") func lowPort() throws {
        let low = SystemdUnit(try Self.place(address: .loopback(port: 80))).text
        #expect(low.contains("AmbientCapabilities=CAP_NET_BIND_SERVICE") && !low.contains("PrivateUsers"))
        let high = SystemdUnit(try Self.place()).text
        #expect(high.contains("AmbientCapabilities=\n") && high.contains("PrivateUsers=yes"))
    }

    private static let analyzer = "/usr/bin/systemd-analyze"

    @Test(
        "systemd has nothing to say against the unit, and calls its exposure OK",
        .enabled(if: FileManager.default.isExecutableFile(atPath: analyzer), "systemd-analyze is not installed"))
    func analyzed() throws {
        let directory = try TemporaryDirectory()
        for address in [SocketAddress.loopback(port: 3000), .loopback(port: 80)] {
            let unit = SystemdUnit(try Self.place(address: address, variables: "/etc/app.env"))
            let file = try directory.write(unit.text, to: "app.service")
            let verified = try Self.analyze(["verify", file.path])
            #expect(verified.status == 0 && verified.text.isEmpty, "\(verified.text)")
            let security = try Self.analyze(["security", "--offline=true", "--threshold=20", file.path])
            #expect(security.status == 0, "\(security.text)")
        }
    }

    private static func analyze(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: analyzer)
        process.arguments = ["--no-pager"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("A container is built of the program and the archives, or is an image") func compose() throws {
        let built = ComposeFile(
            try Self.place(variables: "/etc/$app.env"), of: .archives(["a.tar.gz", "a.part2.tar.gz"])
        ).text
        #expect(
            built == """
                # org/app/1.0.0, written by 'hippo-dev export compose'.
                services:
                  org-app:
                    build:
                      context: .
                      dockerfile_inline: |
                        FROM debian:bookworm-slim
                        RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libcurl4 libsqlite3-0 && rm -rf /var/lib/apt/lists/*
                        COPY ["hippo-dev", "/bin/true"]
                        ADD ["a.tar.gz", "/srv/app/"]
                        ADD ["a.part2.tar.gz", "/srv/app/"]
                    command: ["/bin/true", "wagi", "-c", "modules.toml", "--listen", "0.0.0.0:3000", "--env-file", "/run/secrets/modules.env"]
                    working_dir: "/srv/app"
                    ports:
                      - "127.0.0.1:3000:3000"
                    user: "65534:65534"
                    read_only: true
                    tmpfs:
                      - /tmp
                    cap_drop:
                      - ALL
                    security_opt:
                      - no-new-privileges:true
                    restart: unless-stopped
                    stop_grace_period: 40s
                    secrets:
                      - modules.env
                secrets:
                  modules.env:
                    file: "/etc/$$app.env"

                """)
        let image = ComposeFile(try Self.place(), of: .image("registry.example/app:1")).text
        #expect(image.contains("    image: \"registry.example/app:1\"\n") && !image.contains("secrets"))
    }
}
