import Foundation
import SandboxProtocol
import Testing

/// The lines that the sandbox and its WAGI processes exchange.
struct ControlProtocolTests {
    @Test("Messages to the worker survive their journey") func messagesToTheWorkerSurviveTheirJourney() throws {
        let (near, far) = try ControlChannel.pair()
        var status = ProjectStatus(session: "abc", reloadsPages: false)
        status.serve(.init(revision: 1, styleSheets: nil))
        status.serve(.init(revision: 2, styleSheets: ["a.css"]))
        status.isBuilding = true
        var broken = status
        broken.problem = .init(
            stage: "assemble", message: "No.", file: "HIPPOFACTS", line: 3, column: 4,
            excerpt: [.init(number: 3, text: "x")])
        var configuration = WorkerConfiguration()
        configuration.variables = [.init(name: "A", value: "=\n\"b\"")]
        let messages: [LauncherMessage] = [
            .configure(configuration),
            .load(.init(bindle: "weather/1.2.3", bindleURL: "http://127.0.0.1:8080/v1", revision: 7)), .hold,
            .status(status), .status(broken), .hosts(.allBut([])), .hosts(.allBut(["a.localhost", "b.example"])),
            .hosts(.only("a.localhost")), .serve, .drain,
            .handOver,
            .prepare(
                .init(
                    bindle: "weather/1.2.3", bindleURL: "http://127.0.0.1:8080/v1", revision: 7,
                    content: .init(
                        handlers: [
                            ServedHandler(
                                name: "hello.wasm", sha256: "0b", size: 4, feature: ["route": "/...", "file": "false"],
                                hasAssets: true, isFromOtherBindle: true)
                        ], imageCount: 2, store: "/tmp/\"store\"", project: "/tmp"))),
        ]
        for message in messages { try near.send(message) }
        for message in messages { #expect(try far.receive(LauncherMessage.self) == message) }
    }

    @Test("Messages from the worker survive their journey") func messagesFromTheWorkerSurviveTheirJourney() throws {
        let (near, far) = try ControlChannel.pair()
        let messages: [WorkerMessage] = [
            .ready(revision: 7, timings: [StageTiming(stage: "fetch", milliseconds: 0.25)]),
            .failed(
                WorkerFailure(
                    message: "no \"such\"\n\u{1}\u{1F600}", file: "a.wat", line: 3, column: 9, route: "/a/...")),
            .failed(WorkerFailure(message: "")),
            .alive, .prepared, .hostsTaken,
            .warning("no \"_start\""),
        ]
        for message in messages { try far.send(message) }
        for message in messages { #expect(try near.receive(WorkerMessage.self) == message) }
    }

    @Test("Descriptors come along with their messages, in order")
    func descriptors() throws {
        let (near, far) = try ControlChannel.pair()
        let files = try (0..<3).map { number -> Int32 in
            var pipes: [Int32] = [0, 0]
            try #require(pipe(&pipes) == 0)
            _ = "\(number)".utf8.map { $0 }.withUnsafeBytes { write(pipes[1], $0.baseAddress, $0.count) }
            close(pipes[1])
            return pipes[0]
        }
        try near.send(LauncherMessage.hold)
        try near.send(LauncherMessage.serve, with: [files[0]])
        try near.send(LauncherMessage.drain)
        try near.send(LauncherMessage.handOver, with: [files[1], files[2]])
        for file in files { close(file) }
        for message in [LauncherMessage.hold, .serve, .drain, .handOver] {
            #expect(try far.receive(LauncherMessage.self) == message)
        }
        let received = far.takeDescriptors(2) + far.takeDescriptors(5)
        #expect(far.takeDescriptors(1).isEmpty)
        for (number, descriptor) in received.enumerated() {
            var byte: UInt8 = 0
            #expect(read(descriptor, &byte, 1) == 1 && byte == UInt8(ascii: "0") + UInt8(number))
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            close(descriptor)
        }
        #expect(received.count == 3)
    }

    @Test("The end of one side ends the other") func theEndOfOneSideEndsTheOther() throws {
        let (near, far) = try ControlChannel.pair()
        try near.send(LauncherMessage.serve)
        func abandon(_: consuming ControlChannel) {}
        abandon(near)
        #expect(try far.receive(LauncherMessage.self) == .serve)
    }

    @Test("What is no message is refused") func whatIsNoMessageIsRefused() throws {
        let (near, far) = try ControlChannel.pair()
        try near.send(LauncherMessage.serve)
        #expect(throws: ControlChannel.Failure.self) { try far.receive(WorkerMessage.self) }
    }
}
