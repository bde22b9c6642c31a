import ComponentModel
import Dispatch
import Synchronization
import TestSupport
import Testing
import WebAssemblyRuntime

/// What `wit-component` makes of a C program that uses the host's interfaces.
@Suite(.enabled(if: CComponent.isAvailable, "\(CComponent.absence)"))
struct HostImportTests {
    typealias Value = ComponentModel.Value

    static let wit = """
        package test:guest;
        world guest {
            import test:host/log@0.2.1;
            import test:host/clock@0.2.7;
            export greet: func(name: string) -> string;
            export sum: func(numbers: list<u32>, scale: f64) -> tuple<u64, f64>;
        }
        package test:host@0.2.1 {
            interface log {
                resource line {
                    constructor(capacity: u32);
                    append: func(text: string) -> result<u32, string>;
                    finish: static func(line: line) -> string;
                }
            }
        }
        package test:host@0.2.7 {
            interface clock { now: func() -> u64; }
        }
        """

    static let source = """
        IMPORT("test:host/log@0.2.1", "[constructor]line") int line_new(int capacity);
        IMPORT("test:host/log@0.2.1", "[method]line.append") void line_append(int line, const char *, int, u32 *result);
        IMPORT("test:host/log@0.2.1", "[static]line.finish") void line_finish(int line, u32 *result);
        IMPORT("test:host/log@0.2.1", "[resource-drop]line") void line_drop(int line);
        IMPORT("test:host/clock@0.2.7", "now") u64 now(void);
        static u32 result[4];
        EXPORT("greet") u32 *greet(const char *name, u32 length) {
            int unused = line_new(1);
            int line = line_new(100);
            line_append(line, "Hello, ", 7, result);
            if (result[0] & 255) __builtin_trap();
            line_append(line, name, length, result);
            if (now() != 42) __builtin_trap();
            line_append(unused, "too long", 8, result);
            if (!(result[0] & 255)) __builtin_trap();
            line_drop(unused);
            line_finish(line, result);
            return result;
        }
        static struct { u64 sum; double scaled; } sums;
        EXPORT("sum") void *sum(const u32 *numbers, u32 count, double scale) {
            u64 sum = 0;
            for (u32 i = 0; i < count; i++) sum += numbers[i];
            sums.sum = sum;
            sums.scaled = sum * scale;
            return &sums;
        }
        """

    /// The host's lines of text, by number.
    final class Lines: Sendable {
        let lines = Mutex<[UInt32: (text: String, capacity: Int)]>([:])
        let resource: ResourceType

        init() {
            resource = ResourceType("test:host/log/line") { call, number in
                (call.hostState as? Lines)?.lines.withLock { _ = $0.removeValue(forKey: number) }
            }
        }

        func interfaces(version: String = "0.2.9") -> [HostInterface] {
            [
                HostInterface(
                    "test:host/log", version: version, resources: ["line": resource],
                    functions: [
                        "[constructor]line": HostFunction(
                            FunctionType(("capacity", .u32), to: .own(resource))
                        ) { call, arguments in
                            guard case .u32(let capacity) = arguments[0], let lines = call.hostState as? Lines else {
                                return nil
                            }
                            return lines.lines.withLock { lines in
                                let number = UInt32(1000 + lines.count)
                                lines[number] = ("", Int(capacity))
                                return .resource(number)
                            }
                        },
                        "[method]line.append": HostFunction(
                            FunctionType(
                                ("self", .borrow(resource)), ("text", .string), to: .result(.u32, .string))
                        ) { call, arguments in
                            guard case .resource(let number) = arguments[0], case .string(let text) = arguments[1],
                                let lines = call.hostState as? Lines
                            else { return nil }
                            return lines.lines.withLock { lines in
                                guard let line = lines[number], line.text.utf8.count + text.utf8.count <= line.capacity
                                else { return .error(.string("full")) }
                                lines[number]?.text += text
                                return .ok(.u32(UInt32(line.text.utf8.count + text.utf8.count)))
                            }
                        },
                        "[static]line.finish": HostFunction(
                            FunctionType(("line", .own(resource)), to: .string)
                        ) { call, arguments in
                            guard case .resource(let number) = arguments[0], let lines = call.hostState as? Lines else {
                                return nil
                            }
                            return lines.lines.withLock { .string($0.removeValue(forKey: number)?.text ?? "none") }
                        },
                    ]),
                HostInterface(
                    "test:host/clock", version: version,
                    functions: ["now": HostFunction(FunctionType(to: .u64)) { _, _ in .u64(42) }]),
            ]
        }
    }

    private static let component = Result { try Component(bytes: CComponent.build(source, wit: wit, world: "guest")) }

    private func link(_ interfaces: [HostInterface], stubImports: Bool = false) throws -> LinkedComponent {
        var linker = ComponentLinker()
        for interface in interfaces { linker.add(interface) }
        return try linker.link(try Self.component.get(), stubImports: stubImports)
    }

    @Test("A component of C calls functions and resources of the host, of whatever patch version, and is called")
    func callsAndIsCalled() throws {
        let lines = Lines()
        let linked = try link(lines.interfaces())
        for _ in 0..<3 {
            let instance = try linked.instantiate(in: Store(hostState: lines))
            let greet = try #require(instance.function(ExportName("greet")))
            #expect(try greet.call([.string("wörld")]) == .string("Hello, wörld"))
            #expect(try greet.call([.string("")]) == .string("Hello, "))
            #expect(lines.lines.withLock { $0.isEmpty })
            let sum = try #require(instance.function(ExportName("sum")))
            #expect(
                try sum.call([.list([.u32(1), .u32(2), .u32(.max)]), .f64(0.5)])
                    == .record([.u64(4_294_967_298), .f64(2_147_483_649)]))
        }
    }

    @Test("Threads may make and call instances of one linked component at once")
    func threads() throws {
        let linked = try link(Lines().interfaces())
        let greet = try #require(linked.exportedFunction(ExportName("greet")))
        let failures = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for index in 0..<50 {
                let name = "\(thread) \(index)"
                let result = try? linked.instantiate(in: Store(hostState: Lines())).call(greet, [.string(name)])
                if result != .string("Hello, \(name)") { failures.withLock { $0 += 1 } }
            }
        }
        #expect(failures.withLock { $0 } == 0)
    }

    @Test("A linked component tells what it exports")
    func exports() throws {
        let linked = try link(Lines().interfaces())
        #expect(linked.exports.map(\.name) == ["greet", "sum"])
        guard case .function(let type) = linked.exports[1].kind else {
            Issue.record("sum is no function")
            return
        }
        #expect("\(type)" == "func(numbers: list<u32>, scale: f64) -> tuple<u64, f64>")
    }

    @Test("All that is missing or of another type is told at once, with what to do")
    func linkErrors() throws {
        let lines = Lines()
        let incomplete = HostInterface(
            "test:host/log", version: "0.2.0", resources: ["line": lines.resource],
            functions: [
                "[constructor]line": HostFunction(FunctionType(("capacity", .u64), to: .own(lines.resource))) { _, _ in
                    nil
                }
            ])
        let clock = HostInterface("test:host/clock", version: "0.3.0", functions: [:])
        #expect {
            try link([incomplete, clock])
        } throws: { error in
            guard let error = error as? ComponentLinkError else { return false }
            #expect(
                error.problems.map { "\($0.interface) \($0.member ?? "-")" } == [
                    "test:host/log@0.2.1 [constructor]line", "test:host/log@0.2.1 [method]line.append",
                    "test:host/log@0.2.1 [static]line.finish", "test:host/clock@0.2.7 -",
                ])
            #expect(
                error.problems.first?.reason
                    == .incompatible(
                        wanted: "func(capacity: u32) -> test:host/log/line",
                        provided: "func(capacity: u64) -> test:host/log/line"))
            #expect(error.problems.last?.reason == .incompatibleVersion(provided: "version 0.3.0"))
            #expect("\(error)".contains("wit-component"))
            #expect("\(error)".contains("--stub-imports"))
            return true
        }
    }

    @Test("Stubs trap when they are called, and not before; an instance is locked after a trap")
    func stubs() throws {
        let instance = try link([], stubImports: true).instantiate(in: Store())
        let sum = try #require(instance.function(ExportName("sum")))
        #expect(try sum.call([.list([.u32(7)]), .f64(1)]) == .record([.u64(7), .f64(7)]))
        let greet = try #require(instance.function(ExportName("greet")))
        #expect {
            try greet.call([.string("x")])
        } throws: { error in
            (error as? Trap)?.message.hasPrefix("test:host/log@0.2.1 [constructor]line was called") ?? false
        }
        #expect {
            try sum.call([.list([]), .f64(1)])
        } throws: { error in
            (error as? Trap)?.message.hasPrefix("cannot enter component instance") ?? false
        }
    }

    @Test("What a function of the host throws comes out as it is")
    func hostErrors() throws {
        struct Refusal: Error, Equatable {}
        let lines = Lines()
        let clock = HostInterface(
            "test:host/clock", version: "0.2.0",
            functions: ["now": HostFunction(FunctionType(to: .u64)) { _, _ in throw Refusal() }])
        let linked = try link([lines.interfaces()[0], clock])
        let instance = try linked.instantiate(in: Store(hostState: lines))
        let greet = try #require(instance.function(ExportName("greet")))
        #expect {
            try greet.call([.string("x")])
        } throws: { error in
            (error as? Trap)?.hostError is Refusal
        }
    }
}
