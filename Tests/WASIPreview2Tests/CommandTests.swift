import ComponentModel
import Foundation
import Testing
import WASI
import WASIPreview2

@Suite("Environment, exit, clocks and random numbers")
struct CommandTests {
    @Test("arguments and variables are those of the configuration, in order")
    func environment() throws {
        let component = Component(
            WASIConfiguration(arguments: ["app", "--é"], environment: [("A", "1"), ("B", "x=y"), ("C", "")]))
        #expect(
            try component.call("cli/environment get-arguments") == .list([.string("app"), .string("--é")]))
        let expected = Value.list(
            [("A", "1"), ("B", "x=y"), ("C", "")].map { .record([.string($0.0), .string($0.1)]) })
        #expect(try component.call("cli/environment get-environment") == expected)
        #expect(try component.call("cli/environment initial-cwd") == Value.none)
        var configuration = WASIConfiguration(environment: [("not", "this")])
        configuration.environmentBlock = StringBlock(["A=1", "B=x=y", "C="])
        #expect(try Component(configuration).call("cli/environment get-environment") == expected)
    }

    @Test("exit ends the component with a code", arguments: [(Value.ok(), UInt32(0)), (.error(), 1)])
    func exit(_ status: Value, _ code: UInt32) throws {
        #expect(throws: ProcessExit(code: code)) { try Component().call("cli/exit exit", status) }
    }

    @Test("exit-with-code ends the component with that code")
    func exitWithCode() throws {
        #expect(throws: ProcessExit(code: 42)) { try Component().call("cli/exit exit-with-code", .u8(42)) }
    }

    @Test("no stream is a terminal", arguments: ["stdin", "stdout", "stderr"])
    func terminals(_ name: String) throws {
        #expect(try Component().call("cli/terminal-\(name) get-terminal-\(name)") == Value.none)
    }

    @Test("standard output and error go where the configuration says")
    func standardStreams() throws {
        let component = Component(WASIConfiguration(standardInput: .empty, standardError: .discard))
        try component.write("nobody reads this", to: component.call("cli/stderr get-stderr"))
        #expect(try component.readAll(component.call("cli/stdin get-stdin")).isEmpty)
    }

    @Test("the clocks go on, and tell their steps")
    func clocks() throws {
        let component = Component()
        let first = try component.call("clocks/monotonic-clock now").u64
        #expect(try component.call("clocks/monotonic-clock now").u64 >= first)
        #expect(try component.call("clocks/monotonic-clock resolution").u64 > 0)
        let now = try component.call("clocks/wall-clock now").fields
        let seconds = UInt64(Date().timeIntervalSince1970)
        #expect((seconds - 60...seconds + 60).contains(now[0].u64) && now[1].u32 < 1_000_000_000)
        let step = try component.call("clocks/wall-clock resolution").fields
        #expect(step[0].u64 == 0 && step[1].u32 > 0)
        let time = Value.record([.u64(0), .u32(0)])
        #expect(try component.call("clocks/timezone utc-offset", time) == .s32(0))
        #expect(
            try component.call("clocks/timezone display", time) == .record([.s32(0), .string("UTC"), .bool(false)]))
    }

    @Test("random numbers differ, and as many bytes come as were asked for, up to what fits into a list")
    func random() throws {
        let component = Component()
        for (interface, prefix) in [("random", "get-random"), ("insecure", "get-insecure-random")] {
            let name = "random/\(interface) \(prefix)"
            #expect(try component.call("\(name)-u64") != component.call("\(name)-u64"))
            for count in [0, 1, 256, 257, 10_000] {
                #expect(try component.call("\(name)-bytes", .u64(UInt64(count))).bytes.count == count)
            }
            #expect(
                try component.call("\(name)-bytes", .u64(32)) != component.call("\(name)-bytes", .u64(32)))
            #expect(try component.trap("\(name)-bytes", .u64(1 << 28)).contains("268435455"))
        }
        #expect(
            try component.call("random/insecure-seed insecure-seed")
                != component.call("random/insecure-seed insecure-seed"))
    }
}
