import SandboxProtocol
import Testing

/// The lines that the sandbox and its WAGI processes exchange.
struct ControlProtocolTests {
    @Test func messagesToTheWorkerSurviveTheirJourney() throws {
        let (near, far) = try ControlChannel.pair()
        var status = ProjectStatus(session: "abc", reloadsPages: false)
        status.serve(.init(revision: 1, styleSheets: nil))
        status.serve(.init(revision: 2, styleSheets: ["a.css"]))
        status.isBuilding = true
        var broken = status
        broken.problem = .init(
            stage: "assemble", message: "No.", file: "HIPPOFACTS", line: 3, column: 4, excerpt: [.init(number: 3, text: "x")])
        let messages: [LauncherMessage] = [
            .load(.init(bindle: "weather/1.2.3", bindleURL: "http://127.0.0.1:8080/v1", revision: 7)), .hold,
            .status(status), .status(broken), .serve, .drain,
            .handOver,
            .prepare(
                .init(
                    bindle: "weather/1.2.3", bindleURL: "http://127.0.0.1:8080/v1", revision: 7,
                    plan: LayoutPlan(
                        directory: "/tmp/\"layout\"", isLaidOut: true,
                        changes: [
                            .init(name: "a.txt", content: .init(sha256: "0a", size: 3)), .init(name: "b", content: nil),
                        ],
                        handlers: [
                            .init(
                                name: "hello.wasm", content: .init(sha256: "0b", size: 4),
                                feature: ["route": "/...", "file": "false"], hasAssets: true)
                        ]))),
        ]
        for message in messages { try near.send(message) }
        for message in messages { #expect(try far.receive(LauncherMessage.self) == message) }
    }

    @Test func messagesFromTheWorkerSurviveTheirJourney() throws {
        let (near, far) = try ControlChannel.pair()
        let messages: [WorkerMessage] = [
            .ready(revision: 7, timings: [StageTiming(stage: "fetch", milliseconds: 0.25)]),
            .failed(WorkerFailure(message: "no \"such\"\n\u{1}\u{1F600}", file: "a.wat", line: 3, column: 9)),
            .failed(WorkerFailure(message: "")),
            .request(
                ServedRequest(
                    method: "GET", target: "/?q=1", status: 200, byteCount: 12, milliseconds: 1.5, revision: 7)),
            .log(route: "/...", text: "a\tline"),
        ]
        for message in messages { try far.send(message) }
        for message in messages { #expect(try near.receive(WorkerMessage.self) == message) }
    }

    @Test func theEndOfOneSideEndsTheOther() throws {
        let (near, far) = try ControlChannel.pair()
        try near.send(LauncherMessage.serve)
        func abandon(_: consuming ControlChannel) {}
        abandon(near)
        #expect(try far.receive(LauncherMessage.self) == .serve)
    }

    @Test func whatIsNoMessageIsRefused() throws {
        let (near, far) = try ControlChannel.pair()
        try near.send(LauncherMessage.serve)
        #expect(throws: ControlChannel.Failure.self) { try far.receive(WorkerMessage.self) }
    }
}
