import ComponentModel
import Testing

@Suite struct TypeValidationTests {
    @Test("Values of a type have fewer than 2^28 bytes, with addresses of 64 bits")
    func elementSizes() {
        let u8: UInt8 = 0x7D
        func list(_ element: [UInt8], _ length: Int) -> [UInt8] { [0x67] + element + ComponentBytes.number(length) }
        func error(_ types: [UInt8]...) -> ComponentError? {
            var component = ComponentBytes()
            component.section(7, types)
            return component.error
        }
        #expect(error(list([u8], (1 << 28) - 1)) == nil)
        #expect(error(list([u8], 1 << 28))?.message.contains("exceeds maximum byte size") == true)
        // A string is an address and a length.
        #expect(error(list([0x73], (1 << 24) - 1)) == nil)
        #expect(error(list([0x73], 1 << 24))?.kind == .invalid)
        // 2^32 bytes, and more than 64 bits can count.
        #expect(error(list([0x77], 1 << 29))?.kind == .invalid)
        #expect(error(list([u8], (1 << 28) - 1), list([0], 0xFFFF_FFFF))?.kind == .invalid)
        // A payload of 2^28 - 1 bytes and its discriminant.
        #expect(error(list([u8], (1 << 28) - 2), [0x6B, 0]) == nil)
        #expect(error(list([u8], (1 << 28) - 1), [0x6B, 0])?.kind == .invalid)
        // What is on the heap does not count.
        #expect(error(list([u8], (1 << 28) - 1), [0x70, 0], list([1], (1 << 24) - 1)) == nil)
        #expect(error(list([u8], 0))?.message.contains("at least one element") == true)
    }

    @Test("A type that refers to a resource type cannot be taken from outside of the component, other types can")
    func outerAliases() {
        /// A component with a resource type, a handle to it, a record with that, an own record, and a component type that
        /// takes a resource; around one that has the type at `index`.
        func error(aliasing index: UInt8, from nested: Bool) -> ComponentError? {
            var outer = ComponentBytes()
            outer.types(
                [0x3F, 0x7F, 0x00], [0x69, 0x00], [0x72, 0x01] + ComponentBytes.name("a") + [0x01],
                [0x72, 0x01] + ComponentBytes.name("a") + [0x7D],
                [0x41, 0x01, 0x03] + ComponentBytes.externalName("r") + [0x03, 0x01])
            let alias: [UInt8] = [0x03, 0x02, 0x01, index]
            if nested {
                var inner = ComponentBytes()
                inner.section(6, alias)
                outer.component(inner)
            } else {
                outer.types([0x41, 0x01, 0x02] + alias)
            }
            return outer.error
        }
        for index: UInt8 in 0...2 {
            let refused = error(aliasing: index, from: true)
            #expect(refused?.kind == .invalid)
            #expect(refused?.message.contains("transitively refers to resources") == true)
            #expect(refused?.place == ["the alias section", "component 0"])
            #expect(error(aliasing: index, from: false) == nil)
        }
        #expect(error(aliasing: 3, from: true) == nil)
        #expect(error(aliasing: 4, from: true) == nil)
        #expect(error(aliasing: 5, from: true)?.message.contains("index out of bounds") == true)
    }

    @Test("An instance with more exports than are asked for is accepted, one with fewer or others is not")
    func subtypingAtInstantiation() {
        /// A component that imports an instance with functions of these names and types (0 takes nothing, 1 a `u8`), and
        /// gives it to a component that wants one with the functions `a`, of type 0, and `b`, of type 1.
        func error(exporting exports: [(String, UInt8)]) -> ComponentError? {
            func instanceType(_ exports: [(String, UInt8)]) -> [UInt8] {
                let functions: [[UInt8]] = [
                    [0x01, 0x40, 0x00, 0x01, 0x00],
                    [0x01, 0x40, 0x01] + ComponentBytes.name("p") + [0x7D, 0x01, 0x00],
                ]
                let declarations = exports.map { name, type in
                    [0x04] + ComponentBytes.externalName(name) + [0x01, type]
                }
                return [0x42] + ComponentBytes.vector(functions + declarations)
            }
            var inner = ComponentBytes()
            inner.types(instanceType([("a", 0), ("b", 1)]))
            inner.imports([("i", [0x05, 0x00])])
            var outer = ComponentBytes()
            outer.types(instanceType(exports))
            outer.imports([("j", [0x05, 0x00])])
            outer.component(inner)
            outer.section(5, [0x00, 0x00, 0x01] + ComponentBytes.name("i") + [0x05, 0x00])
            return outer.error
        }
        #expect(error(exporting: [("a", 0), ("b", 1)]) == nil)
        #expect(error(exporting: [("c", 0), ("b", 1), ("a", 0)]) == nil)
        #expect(error(exporting: [("a", 0)])?.message.contains("missing expected export `b`") == true)
        #expect(
            error(exporting: [("a", 0), ("b", 0)])?.message.contains("expected 1 parameters, found 0") == true)
    }

    @Test("Each option of a canonical function is there once at most", arguments: [0x00, 0x03, 0x04, 0x05, 0x06, 0x07])
    func duplicateOptions(option: UInt8) {
        var component = ComponentBytes()
        component.types([0x40, 0x00, 0x01, 0x00])
        component.imports([("f", [0x01, 0x00])])
        let one = option == 0x00 || option == 0x06 ? [option] : [option, 0x00]
        component.section(8, [0x01, 0x00, 0x00] + ComponentBytes.vector([one, one]))
        let error = component.error
        #expect(error?.kind == .invalid)
        #expect(
            error?.message.contains(option == 0 ? "conflicts with option" : "specified more than once") == true,
            "\(error?.message ?? "")")
    }

    @Test("Imports refer to imported types, and not to exported ones; exports refer to both")
    func importsOfExportedTypes() {
        /// A component that defines a record, imports or exports it at index 1, and imports or exports what equals that.
        func error(firstIsImport: Bool, secondIsImport: Bool) -> ComponentError? {
            var component = ComponentBytes()
            component.types([0x72, 0x01] + ComponentBytes.name("a") + [0x7D])
            for (index, isImport) in [firstIsImport, secondIsImport].enumerated() {
                let name = ComponentBytes.externalName("t\(index)")
                if isImport {
                    component.section(10, name + [0x03, 0x00, UInt8(index)])
                } else {
                    component.section(11, name + [0x03, UInt8(index), 0x00])
                }
            }
            return component.error
        }
        #expect(error(firstIsImport: true, secondIsImport: true) == nil)
        #expect(error(firstIsImport: true, secondIsImport: false) == nil)
        #expect(error(firstIsImport: false, secondIsImport: false) == nil)
        let refused = error(firstIsImport: false, secondIsImport: true)
        #expect(refused?.message.contains("type not valid to be used as import") == true)
    }

    @Test("An instance type can be imported as a type if what it refers to are its own exports, in order")
    func importsOfInstanceTypes() {
        /// A component that imports an instance type with these declarations as a type.
        func error(_ declarations: [[UInt8]]) -> ComponentError? {
            var component = ComponentBytes()
            component.types([0x42] + ComponentBytes.vector(declarations))
            component.imports([("i", [0x03, 0x00, 0x00])])
            return component.error
        }
        let record: [UInt8] = [0x01, 0x72, 0x01] + ComponentBytes.name("a") + [0x7D]
        let export: [UInt8] = [0x04] + ComponentBytes.externalName("r") + [0x03, 0x00, 0x00]
        func function(taking type: UInt8) -> [UInt8] {
            [0x01, 0x40, 0x01] + ComponentBytes.name("p") + [type, 0x01, 0x00]
        }
        func exportedFunction(_ type: UInt8) -> [UInt8] { [0x04] + ComponentBytes.externalName("f") + [0x01, type] }
        #expect(error([record, export, function(taking: 1), exportedFunction(2)]) == nil)
        #expect(error([record, export, function(taking: 0), exportedFunction(2)])?.kind == .invalid)
        #expect(error([record, function(taking: 0), exportedFunction(1)])?.kind == .invalid)
        let resource: [UInt8] = [0x04] + ComponentBytes.externalName("r") + [0x03, 0x01]
        #expect(error([resource, [0x01, 0x69, 0x00], function(taking: 1), exportedFunction(2)]) == nil)
    }

    @Test("An exported resource type that is said to be any resource type is a new one for others")
    func opaqueExports() {
        /// A component that exports a resource type, as it is or as any, and one that takes two equal resource types.
        func error(isOpaque: Bool) -> ComponentError? {
            var inner = ComponentBytes()
            inner.types([0x3F, 0x7F, 0x00])
            let ascription: [UInt8] = isOpaque ? [0x01, 0x03, 0x01] : [0x00]
            inner.section(
                11, ComponentBytes.externalName("a") + [0x03, 0x00, 0x00],
                ComponentBytes.externalName("b") + [0x03, 0x00] + ascription)
            var equal = ComponentBytes()
            equal.imports([("a", [0x03, 0x01]), ("b", [0x03, 0x00, 0x00])])
            var outer = ComponentBytes()
            outer.component(inner)
            outer.component(equal)
            outer.section(5, [0x00, 0x00, 0x00])
            outer.section(
                6, [0x03, 0x00, 0x00] + ComponentBytes.name("a"), [0x03, 0x00, 0x00] + ComponentBytes.name("b"))
            outer.section(
                5,
                [0x00, 0x01, 0x02] + ComponentBytes.name("a") + [0x03, 0x00] + ComponentBytes.name("b") + [0x03, 0x01])
            return outer.error
        }
        #expect(error(isOpaque: false) == nil)
        #expect(error(isOpaque: true)?.message.contains("resource types are not the same") == true)
    }

    @Test("Errors have the offset of what they are about, and say where it is")
    func places() throws {
        var inner = ComponentBytes()
        inner.types([0x70, 0x7D], [0x70, 0x05])
        var outer = ComponentBytes()
        outer.component(inner)
        let error = try #require(outer.error)
        #expect(error.place == ["the type section", "component 0"])
        // Two preambles, two section headers and a count, and the first type.
        #expect(error.offset == 8 + 2 + 8 + 2 + 1 + 2)
        #expect(
            error.description
                == "invalid component at offset 0x17, in the type section of component 0: unknown type 5: type index out of "
                + "bounds")

        var broken = ComponentBytes()
        let body: [UInt8] = [
            0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0x6A, 0x0B,
        ]
        broken.module(body)
        let moduleError = try #require(broken.error)
        #expect(moduleError.kind == .invalid)
        #expect(moduleError.place == ["function 0", "core module 0"])
        #expect(moduleError.offset == 8 + 2 + 23)
    }
}
