import ComponentModel
import Testing
import WebAssembly
import WebAssemblyText

@Suite struct EmbeddedModuleTests {
    /// A module in a component in a component.
    private func embedded(_ text: String) throws -> (module: Module, offset: Int, alone: Module) {
        let bytes = try assemble(Array(text.utf8))
        var inner = ComponentBytes()
        inner.types([0x70, 0x7D])
        inner.module(bytes)
        var outer = ComponentBytes()
        outer.component(inner)
        let component = try Component(bytes: outer.bytes)
        guard case .component(let nested) = component.definitions.first,
            case .coreModule(let module) = nested.definitions.last
        else { throw SuiteError(description: "the component is not as it was made") }
        return (module, outer.bytes.count - bytes.count, try Module(bytes: bytes))
    }

    @Test("A core module in a component is as if it stood alone, but for its offsets")
    func embeddedModule() throws {
        let (module, offset, alone) = try embedded(
            """
            (module $m (memory 1) (data (i32.const 8) "hello") (global (mut i32) (i32.const 7))
              (func $first (export "f") (param $x i32) (result i32) local.get $x)
              (func $second (result i32) (i32.add (call $first (i32.const 1)) (i32.const 2))))
            """)
        #expect(module.range == offset..<offset + alone.range.count)
        #expect(module.names.module == "m")
        #expect(module.names.function(1) == "second")
        #expect(module.names.local(0, of: 0) == "x")
        #expect(module.exports == alone.exports)
        for (body, expected) in zip(module.functionBodies, alone.functionBodies) {
            #expect(Int(body.start) == Int(expected.start) + offset)
            #expect(body.code.lowerBound == expected.code.lowerBound + offset)
            #expect(body.maximumStackHeight == expected.maximumStackHeight)
        }
        let data = try #require(module.dataSegments.first)
        #expect(module.binary.bytes(in: data.bytes).elementsEqual("hello".utf8))
        let initializer = try #require(module.globalInitializers.first)
        #expect(module.instructions(of: initializer) == [.i32(7)])
    }

    @Test("Kinds of binaries are told apart by their preambles")
    func kinds() throws {
        #expect(try ModuleBinary(ComponentBytes().bytes).kind == .component)
        #expect(try ModuleBinary([0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0]).kind == .module)
        #expect(try ModuleBinary([0x00, 0x61, 0x73, 0x6D, 0x0E, 0, 1, 0]).kind == .component)
        #expect(try ModuleBinary([0x00, 0x61, 0x73, 0x6D, 1, 0, 0]).kind == nil)
        #expect(try ModuleBinary(Array("(module)".utf8)).kind == nil)
    }

    @Test("Of several broken modules in a component, the first is the one that is told of, after what is before it")
    func firstError() throws {
        let broken: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 1, 9]
        var component = ComponentBytes()
        component.types([0x70, 0x7D])
        component.module(broken)
        component.module(broken)
        let error = try #require(component.error)
        #expect(error.place == ["the type section", "core module 0"])
        var other = ComponentBytes()
        other.types([0x70, 0x05])
        other.module(broken)
        #expect(other.error?.place == ["the type section"])
    }

    @Test("Of a component that is known to be valid, all is decoded, and all but function bodies validated")
    func knownToBeValid() throws {
        var component = ComponentBytes()
        component.module(try assemble(Array("(module (func (result i32) (i32.const 1)))".utf8)))
        let known = try Component(binary: ModuleBinary(component.bytes), isKnownToBeValid: true)
        guard case .coreModule(let module) = known.definitions.first, let body = module.functionBodies.first else {
            Issue.record("there is no module")
            return
        }
        #expect(module.binary.bytes(in: Int(body.start)..<Int(body.end)).elementsEqual([0x00, 0x41, 0x01, 0x0B]))
        component.types([0x70, 0x05])
        #expect(throws: ComponentError.self) {
            try Component(binary: ModuleBinary(component.bytes), isKnownToBeValid: true)
        }
    }
}
