import ComponentModel
import Testing
import WASI
import WASIPreview2
import WebAssemblyRuntime

@Suite("Resources of the host")
struct ResourceTests {
    @Test("a stream cannot be dropped before its pollables, nor read after it was dropped")
    func children() throws {
        let component = Component()
        let stream = try component.call("cli/stdin get-stdin")
        let pollables = try (0..<2).map { _ in
            try component.call("io/streams [method]input-stream.subscribe", stream)
        }
        func dropStream() throws { try component.drop("io/streams", "input-stream", stream) }
        #expect(throws: ResourceError.self) { try dropStream() }
        try component.drop("io/poll", "pollable", pollables[0])
        #expect(throws: ResourceError.self) { try dropStream() }
        try component.drop("io/poll", "pollable", pollables[1])
        try dropStream()
        #expect(try component.trap("io/streams [method]input-stream.read", stream, .u64(1)).contains("no resource"))
    }

    @Test("numbers that are stale, made up, or of another type are refused")
    func forgedNumbers() throws {
        let component = Component()
        let stream = try component.call("cli/stdout get-stdout")
        #expect(try component.trap("io/error [method]error.to-debug-string", stream).contains("is no"))
        #expect(try component.trap("io/error [method]error.to-debug-string", .resource(7)).contains("no resource"))
        #expect(try component.trap("io/error [method]error.to-debug-string", .resource(.max)).contains("no resource"))
        try component.drop("io/streams", "output-stream", stream)
        #expect(throws: ResourceError.self) { try component.drop("io/streams", "output-stream", stream) }
        // The number is used again.
        #expect(try component.call("cli/stdout get-stdout") == stream)
    }

    @Test("a component that takes resources without end is ended, with what to do about it")
    func limit() throws {
        var configuration = WASIConfiguration(descriptorLimit: 3)
        configuration.descriptorRemedy = "'--open-files'"
        let component = Component(configuration)
        var message: String?
        for _ in 0..<1_000 where message == nil {
            do {
                try component.call("cli/stdout get-stdout")
            } catch let error as ResourceError {
                message = error.description
            }
        }
        #expect(message == "the limit of 192 resources that a component may hold was reached; '--open-files' raises it")
    }

    @Test("a component whose store has no context for WASI is told of as the embedder's mistake")
    func missingContext() throws {
        let function = try #require(HostInterface.wallClock.functions["now"])
        #expect(throws: Never.self) { try function.body(HostCall(store: Component().store), []) }
        #expect(throws: MissingWASIPreview2ContextError.self) { try function.body(HostCall(store: Store()), []) }
        final class Holder: WASIPreview2ContextHolder {
            let wasiPreview2Context = WASIPreview2Context(WASIConfiguration())
        }
        #expect(throws: Never.self) { try function.body(HostCall(store: Store(hostState: Holder())), []) }
    }
}
