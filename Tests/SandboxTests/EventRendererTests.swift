import Foundation
import JSON
import Platform
import SandboxProtocol
import Testing

@testable import Sandbox

/// How events are told.
struct EventRendererTests {
    func json(_ event: Event) -> String {
        var renderer = JSONEventRenderer()
        return renderer.render(event)
    }

    func text(
        _ events: Event..., usesStyles: Bool = false, style: SandboxConfiguration.TextStyle? = nil
    ) -> String {
        var renderer = HumanEventRenderer(
            heading: .init(project: "/p/HIPPOFACTS", isWatching: true), style: style ?? .init(usesStyles: usesStyles),
            clock: { "12:00:00" })
        return events.map { renderer.render($0) }.joined()
    }

    let request = ServedRequest(
        method: "GET", target: "/a\u{1B}[2J", status: 404, byteCount: 9, milliseconds: 1.23456, revision: 2)

    @Test("A change that changes nothing is told so that its time is not taken for the content's")
    func unchanged() {
        let told = text(
            .serving(
                revision: 2, id: "a/1.0.0", isUnchanged: true, timings: [StageTiming(stage: "total", milliseconds: 0.7)]
            ))
        #expect(
            told == "12:00:00 ● revision 2 goes on serving: nothing that it serves has changed (checked in 0.7 ms)\n")
    }

    @Test("Json is stable") func jsonIsStable() {
        #expect(
            json(
                .ready(
                    app: "http://127.0.0.1:3000/", bindle: "http://127.0.0.1:8080/v1", id: "weather/1.2.3", revision: 1)
            )
                == """
                {"event":"ready","app":"http://127.0.0.1:3000/","bindle":"http://127.0.0.1:8080/v1",\
                "id":"weather/1.2.3","revision":1}

                """)
        #expect(
            json(.rebuilding(changed: ["a.css", "b \"c\""])) == #"{"event":"rebuilding","changed":["a.css","b \"c\""]}"#
                + "\n")
        #expect(
            json(
                .serving(
                    revision: 2, id: "a/1.0.0", isUnchanged: false,
                    timings: [StageTiming(stage: "assemble", milliseconds: 0.1234567)]))
                == #"{"event":"serving","revision":2,"id":"a/1.0.0","milliseconds":{"assemble":0.123}}"# + "\n")
        #expect(
            json(.failed(Failure(stage: .assemble, message: "No.\nNo!", file: "HIPPOFACTS", line: 3, column: 7)))
                == #"{"event":"failed","stage":"assemble","message":"No.\nNo!","file":"HIPPOFACTS","line":3,"column":7}"#
                + "\n")
        #expect(
            json(.failed(Failure(stage: .build, message: "x"))) == #"{"event":"failed","stage":"build","message":"x"}"#
                + "\n")
        #expect(
            json(.request(request))
                == #"{"event":"request","method":"GET","path":"/a\u001b[2J","status":404,"bytes":9,"milliseconds":1.235,"revision":2}"#
                + "\n")
        #expect(
            json(.log(.guest(route: "/x"), text: "y")) == #"{"event":"log","source":"guest","text":"y","route":"/x"}"#
                + "\n")
        let channel = ServedChannel(name: "a/stable", release: "a/1.0.0")
        #expect(
            json(.log(.guest(route: "/x", channel: channel), text: "y"))
                == #"{"event":"log","source":"guest","text":"y","route":"/x","channel":"a/stable","release":"a/1.0.0"}"#
                + "\n")
        #expect(text(.log(.guest(route: "/x", channel: channel), text: "y")).contains("a/stable /x │ y"))
        #expect(json(.stopped(reason: "interrupted")) == #"{"event":"stopped","reason":"interrupted"}"# + "\n")
    }

    private let entries: [RequestLogEntry] = [
        RequestLogEntry(
            time: 1_700_000_000.25,
            content: .request(
                ServedRequest(
                    method: "GET", target: "/a\u{1B}[2J", status: 404, byteCount: 9, milliseconds: 1.23456, revision: 2,
                    number: 5, isIncomplete: true))),
        RequestLogEntry(
            time: 1_700_000_000.25,
            content: .request(
                ServedRequest(method: "-", target: "/é", status: 0, byteCount: 0, milliseconds: 12, revision: 2))),
        RequestLogEntry(time: 1_700_000_000.25, content: .line("says \"x\"", route: "/r", number: 7)),
        RequestLogEntry(time: 1_700_000_000.25, content: .dropped(requests: 1, lines: 2)),
        RequestLogEntry(time: 1_700_000_000.25, content: .damaged),
    ]

    @Test("What a request log tells is told as events are, in JSON and in text")
    func requestLog() throws {
        var bytes: [UInt8] = []
        JSONEventRenderer().render(entries, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == entries.map { json(Event($0)) }.joined())
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            #expect(Event(json: try #require(JSONValue(parsing: line).object)) != nil)
        }
        for style: SandboxConfiguration.TextStyle in [
            .init(usesStyles: true), .init(usesStyles: false, verbosity: .verbose),
            .init(usesStyles: false, verbosity: .quiet),
        ] {
            let time = HumanEventRenderer.timeOfDay(1_700_000_000)
            var renderer = HumanEventRenderer(heading: nil, style: style, clock: { time })
            bytes = []
            renderer.render(entries, to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == entries.map { renderer.render(Event($0)) }.joined())
        }
        var renderer = HumanEventRenderer(style: .init(usesStyles: false))
        bytes = []
        renderer.render(entries, to: &bytes)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.dropFirst(9) }
        #expect(
            lines == [
                "  GET    /a\u{FFFD}[2J                           404 1.2 ms, cut off",
                "  -      /é                               - 12 ms",
                "  /r │ [7] says \"x\"",
                "! 1 request and 2 lines of the log are not shown: they came faster than they could be read.",
                "! A WAGI process has damaged its request log: no more requests of it are shown.",
            ])
    }

    @Test("People are told in lines") func peopleAreToldInLines() {
        let told = text(
            .ready(app: "http://127.0.0.1:3000/", bindle: "http://127.0.0.1:8080/v1", id: "weather/1.2.3", revision: 1),
            .rebuilding(changed: ["a.css", "b.css", "c.css", "d.css"]),
            .serving(
                revision: 2, id: "weather/1.2.3", isUnchanged: false,
                timings: [
                    StageTiming(stage: "assemble", milliseconds: 1.04), StageTiming(stage: "total", milliseconds: 12.3),
                ]),
            .failed(Failure(stage: .assemble, message: "Bad.\n  route = 1", file: "HIPPOFACTS", line: 3, column: 7)))
        #expect(
            told == """
                12:00:00 ● serving weather/1.2.3
                           app      http://127.0.0.1:3000/
                           bindle   http://127.0.0.1:8080/v1
                           project  /p/HIPPOFACTS
                12:00:00 ↻ a.css, b.css, c.css and 1 more changed
                12:00:00 ● revision 2 in 12 ms (assemble 1.0 ms)
                12:00:00 ✗ assemble failed: HIPPOFACTS:3:7: Bad.
                             route = 1
                           revision 2 goes on serving

                """)
    }

    @Test("A first failure has the addresses before it, and says what is waited for, with a build command or without")
    func firstFailure() {
        for (command, told) in [("make", "building: make"), (nil, "starting")] {
            let lines = text(
                .starting(app: "http://a/", bindle: "http://b/v1", command: command),
                .failed(Failure(stage: .launch, message: "Bad.")))
            #expect(
                lines == """
                    12:00:00 ↻ \(told)
                               app      http://a/
                               bindle   http://b/v1
                    12:00:00 ✗ launch failed: Bad.
                               nothing serves yet: waiting for a change

                    """)
        }
    }

    @Test("Strangers cannot write to the terminal") func strangersCannotWriteToTheTerminal() {
        #expect(!text(.request(request)).contains("\u{1B}"))
        #expect(!text(.log(.guest(route: "/x"), text: "\u{1B}]0;x\u{7}")).contains("\u{1B}"))
        #expect(text(.request(request), usesStyles: true).contains("\u{1B}[33m404\u{1B}[0m"))
    }

    @Test("A writer keeps the order and notices a reader that leaves")
    func aWriterKeepsTheOrderAndNoticesAReaderThatLeaves() throws {
        let pipe = try PipeDescriptors()
        let gone = DispatchSemaphore(value: 0)
        let writer = EventWriter(fileDescriptor: pipe.writeEnd, renderer: JSONEventRenderer()) { gone.signal() }
        for number in 0..<100 { writer.write(.stopped(reason: String(number))) }
        writer.write(.log(.build, text: "end"))
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains("end") {
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(pipe.readEnd, &chunk, chunk.count)
            bytes += chunk.prefix(max(0, count))
        }
        let reasons = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropLast().compactMap {
            (try? JSONValue(parsing: $0.utf8))?.object?["reason"]?.string
        }
        #expect(reasons == (0..<100).map { "\($0)" })
        signal(SIGPIPE, SIG_IGN)
        pipe.closeReadEnd()
        writer.write(.stopped(reason: "x"))
        #expect(gone.wait(timeout: .now() + 30) == .success)
    }

    @Test("Quiet tells only what serves and what has failed") func quietTellsOnlyWhatServesAndWhatHasFailed() {
        let quiet = SandboxConfiguration.TextStyle(usesStyles: false, verbosity: .quiet)
        let serving = Event.serving(revision: 2, id: "a/1.0.0", isUnchanged: false, timings: [])
        #expect(
            text(.rebuilding(changed: ["a"]), .log(.build, text: "b"), .request(request), serving, style: quiet) == "")
        let told = text(.failed(Failure(stage: .build, message: "x")), serving, serving, style: quiet)
        // The end of a failure is told, and no more.
        #expect(told.split(separator: "\n").map { $0.prefix(10) } == ["12:00:00 ✗", "12:00:00 ●"])
    }

    @Test("Verbose tells more of each") func verboseTellsMoreOfEach() {
        let verbose = SandboxConfiguration.TextStyle(usesStyles: false, verbosity: .verbose)
        let told = text(.rebuilding(changed: ["a", "b", "c", "d"]), .request(request), style: verbose)
        #expect(told.contains("a, b, c, d changed"))
        #expect(told.contains("9 bytes, revision 2"))
    }

    @Test("What the build has just written is not repeated") func whatTheBuildHasJustWrittenIsNotRepeated() {
        let failure = Failure(
            stage: .build, message: "bad\nThe build command 'make' ended with exit code 2.\nline 1\nline 2",
            file: "a.c",
            line: 1, column: 2)
        let told = text(.rebuilding(changed: ["a"]), .log(.build, text: "line 1"), .failed(failure))
        #expect(
            told.contains("✗ build failed: a.c:1:2: bad\n           The build command 'make' ended with exit code 2.\n")
        )
        #expect(!told.contains("line 2"))
        // Who has not seen it is shown it.
        #expect(text(.failed(failure)).contains("line 2"))
    }

    @Test("Colours of the build are kept only where colours are wanted")
    func coloursOfTheBuildAreKeptOnlyWhereColoursAreWanted() {
        let line = Event.log(.build, text: "\u{1B}[1;31merror\u{1B}[0m here")
        #expect(text(line) == "         build │ error here\n")
        #expect(text(line, usesStyles: true).contains("\u{1B}[1;31merror"))
    }
}
