import ComponentModel
import Testing

/// Components whose sizes multiply. Each ends at once, with an error or without one.
@Suite struct HostileComponentTests {
    private func expectQuick(_ component: ComponentBytes, _ kind: ComponentError.Kind?, _ words: String = "") {
        let clock = ContinuousClock()
        var error: ComponentError?
        let time = clock.measure { error = component.error }
        #expect(error?.kind == kind, "\(error?.description ?? "it is accepted")")
        if let error { #expect(error.message.contains(words), "\(error)") }
        #expect(time < .seconds(30))
    }

    private func exportedType(_ name: String, _ index: Int) -> [UInt8] {
        ComponentBytes.externalName(name) + [0x03] + ComponentBytes.number(index) + [0x00]
    }

    /// As many types as `depth` says, each of which but the first has the one before it in two places.
    private func doublingTypes(_ depth: Int) -> [[UInt8]] {
        var types: [[UInt8]] = [[0x70, 0x73]]
        for index in 1..<depth {
            let previous = ComponentBytes.type(index - 1)
            // A result.
            var type: [UInt8] = [0x6A]
            for _ in 0..<2 { type += [0x01] + previous }
            types.append(type)
        }
        return types
    }

    @Test("Names of more than 100,000 bytes are refused before anybody folds them", arguments: [true, false])
    func longNames(isAllowed: Bool) {
        let name = String(repeating: "a-", count: isAllowed ? 49_999 : 10_000_000) + "a"
        var component = ComponentBytes()
        component.types([0x40, 0x00, 0x01, 0x00])
        component.imports([(name, [0x01, 0x00])])
        expectQuick(component, isAllowed ? nil : .unsupported, "a name of 20000001 bytes")
    }

    @Test("Types that double in size with each definition are looked at once, up to the greatest depth")
    func doubling() {
        var component = ComponentBytes()
        component.section(7, doublingTypes(100))
        component.types([0x40, 0x01] + ComponentBytes.name("p") + ComponentBytes.type(99) + [0x01, 0x00])
        expectQuick(component, nil)

        var deeper = ComponentBytes()
        deeper.section(7, doublingTypes(101))
        expectQuick(deeper, .unsupported, "nested in each other")
    }

    @Test("Equal types that double in size are compared once")
    func comparingDoublingTypes() {
        var inner = ComponentBytes()
        inner.section(7, doublingTypes(40))
        inner.imports([("t", [0x03, 0x00, 39])])
        var outer = ComponentBytes()
        outer.component(inner)
        outer.section(7, doublingTypes(40))
        outer.section(5, [0x00, 0x00, 0x01] + ComponentBytes.name("t") + [0x03, 39])
        expectQuick(outer, nil)
    }

    @Test("Instance types whose resource types double with each definition end within the budget")
    func doublingResources() {
        var component = ComponentBytes()
        component.types([0x42, 0x01, 0x04] + ComponentBytes.externalName("r") + [0x03, 0x01])
        func export(_ name: String) -> [UInt8] { [0x04] + ComponentBytes.externalName(name) + [0x05, 0x00] }
        for index in 0..<60 {
            let alias: [UInt8] = [0x02, 0x03, 0x02, 0x01] + ComponentBytes.number(index)
            component.types([0x42] + ComponentBytes.vector([alias, export("a"), export("b")]))
        }
        expectQuick(component, .unsupported, "steps would be needed")
    }

    @Test("A big component that is instantiated often ends within the budget")
    func manyInstantiations() {
        var inner = ComponentBytes()
        inner.types([0x3F, 0x7F, 0x00])
        inner.section(11, (0..<5000).map { exportedType("r\($0)", $0) })
        var outer = ComponentBytes()
        outer.component(inner)
        outer.section(5, Array(repeating: [0x00, 0x00, 0x00], count: 5000))
        expectQuick(outer, .unsupported, "steps would be needed")
    }

    @Test("A big module type that is imported often ends within the budget")
    func manyModules() {
        let function: [UInt8] = [0x01, 0x60, 0x00, 0x00]
        let exports = (0..<5000).map { [0x03] + ComponentBytes.name("f\($0)") + [0x00, 0x00] as [UInt8] }
        var component = ComponentBytes()
        component.section(3, [0x50] + ComponentBytes.vector([function] + exports))
        component.imports((0..<5000).map { ("m\($0)", [0x00, 0x11, 0x00]) })
        expectQuick(component, .unsupported, "steps would be needed")
    }

    @Test("A big record that is exported often ends within the budget")
    func manyRecords() {
        var component = ComponentBytes()
        component.types([0x72] + ComponentBytes.vector((0..<5000).map { ComponentBytes.name("f\($0)") + [0x7D] }))
        component.section(11, (0..<5000).map { exportedType("t\($0)", $0) })
        expectQuick(component, .unsupported, "steps would be needed")
    }

    @Test("Components and types nest a hundred deep, and no deeper")
    func nesting() {
        func nested(_ depth: Int) -> ComponentBytes {
            var component = ComponentBytes()
            for _ in 1..<depth {
                var outer = ComponentBytes()
                outer.component(component)
                component = outer
            }
            return component
        }
        expectQuick(nested(100), nil)
        expectQuick(nested(101), .unsupported, "nested in each other")
        expectQuick(nested(10_000), .unsupported, "nested in each other")

        var types: [UInt8] = [0x41, 0x00]
        for _ in 0..<5000 { types = [0x41, 0x01, 0x01] + types }
        var component = ComponentBytes()
        component.types(types)
        expectQuick(component, .unsupported, "nested in each other")

        // Instances within instances, each of which is small.
        var instances = ComponentBytes()
        instances.section(
            5,
            [[0x01, 0x00]]
                + (0..<5000).map {
                    [0x01, 0x01] + ComponentBytes.externalName("i") + [0x05] + ComponentBytes.number($0)
                })
        expectQuick(instances, .unsupported, "nested in each other")
    }

    @Test(
        "Counts and lengths that do not fit are refused before memory is reserved",
        arguments: [3, 5, 6, 7, 8, 10, 11, 2] as [UInt8])
    func counts(section: UInt8) {
        for count: [UInt8] in [[0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x80, 0x80, 0x80, 0x80, 0x08]] {
            let bytes = ComponentBytes().bytes + [section, UInt8(count.count)] + count
            #expect(throws: ComponentError.self) { try Component(bytes: bytes) }
        }
    }

    @Test(
        "There are a thousand core modules in a component at most, and so many sections and components as the budget allows"
    )
    func manySections() {
        func component(_ section: [UInt8], _ count: Int) -> ComponentBytes {
            var component = ComponentBytes()
            component.append(Array(repeatElement(section, count: count).joined()))
            return component
        }
        let module: [UInt8] = [0x01, 0x08, 0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]
        expectQuick(component(module, 1000), nil)
        expectQuick(component(module, 1001), .unsupported, "more than 1000 core modules")
        expectQuick(component(module, 200_000), .unsupported, "more than 1000 core modules")
        let nested: [UInt8] = [0x04, 0x08] + ComponentBytes().bytes
        expectQuick(component(nested, 1000), nil)
        expectQuick(component(nested, 200_000), .unsupported, "steps would be needed")
        let custom: [UInt8] = [0x00, 0x01, 0x00]
        expectQuick(component(custom, 2_000_000), .unsupported, "steps would be needed")
    }

    @Test("Millions of small definitions end within the budget")
    func manyDefinitions() {
        var component = ComponentBytes()
        component.section(7, Array(repeating: [0x70, 0x7D], count: 2_000_000))
        expectQuick(component, .unsupported, "steps would be needed")
    }
}
