import TestSupport
import Testing
import WebAssemblyRuntime

@testable import ComponentModel

@Suite struct InterfaceNameTests {
    @Test(
        "Patch versions do not count, minor versions only before 1.0, and versions before a release fit themselves",
        arguments: [
            ("wasi:io/streams@0.2.12", "wasi:io/streams@0.2.0", true),
            ("wasi:io/streams@0.2.0", "wasi:io/streams@0.2.12", true),
            ("wasi:io/streams@0.2.0", "wasi:io/streams@0.3.0", false),
            ("wasi:io/streams@0.2.0", "wasi:io/error@0.2.0", false),
            ("wasi:io/streams@0.2.0", "wasi:io/streams@0.2.0-rc-2023-11-10", false),
            ("wasi:io/streams@0.2.0-rc-2023-11-10", "wasi:io/streams@0.2.0-rc-2023-11-10", true),
            ("wasi:io/streams@0.2.0", "wasi:io/streams", true),
            ("a:b/c@1.2.3", "a:b/c@1.9.0", true), ("a:b/c@1.2.3", "a:b/c@2.2.3", false),
            ("a:b/c@0.0.1", "a:b/c@0.0.2", false), ("a:b/c@0.2.1+build.5", "a:b/c@0.2.3", true),
            ("a:b/c@0.2", "a:b/c@0.2.3", false),
        ])
    func compatibility(_ provided: String, _ wanted: String, _ fits: Bool) {
        #expect(InterfaceName(provided).isCompatible(with: InterfaceName(wanted)) == fits)
    }
}

@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct LinkingTests {
    /// A component that instantiates another `count` times, which does so with the next, so many levels deep.
    private func multiplying(_ count: Int, levels: Int) -> String {
        (0..<levels).reduce("(component $c (core module $M) (core instance (instantiate $M)))") { inner, _ in
            let instances = String(repeating: "(instance (instantiate $c))", count: count)
            return "(component $c \(inner) \(instances))"
        }
    }

    @Test("Components whose instances multiply are refused before they use up memory")
    func multiplication() throws {
        let small = try ComponentText.component(multiplying(3, levels: 4))
        let linked = try ComponentLinker().link(small)
        #expect(linked.instanceCount == 1 + 3 + 9 + 27 + 81)
        #expect(try linked.instantiate(in: Store()).coreInstances.count == 81)
        do {
            let big = try ComponentText.component(multiplying(20, levels: 8))
            #expect(throws: ComponentLinkError.self) { try ComponentLinker().link(big) }
        } catch is ComponentError {
            // Validation may see it first.
        }
    }

    @Test("componentize-py is told by its runtime, which names only the languages of Python's interpreter")
    func producers() throws {
        let component = try ComponentText.component(
            "(component (core module $componentize_py_runtime.wasm (@producers (language \"Rust\" \"\"))))")
        #expect(Producers(of: component).description == "Python, Rust, by componentize-py")
        let other = try ComponentText.component("(component (core module $a (@producers (language \"Rust\" \"\"))))")
        #expect(Producers(of: other).description == "Rust")
    }

    @Test("Stubs are advised for what is not provided, and not for WASI 0.3, which they would not make work")
    func adviceOfStubs() throws {
        for (name, isAdvised) in [
            ("test:a/b", true), ("wasi:http/types@0.3.0", false), ("wasi:http/types@0.2.99", true),
        ] {
            let component = try ComponentText.component(
                "(component (import \"\(name)\" (instance (export \"f\" (func)))))")
            #expect {
                try ComponentLinker().link(component)
            } throws: { "\($0)".contains("--stub-imports") == isAdvised }
            _ = try ComponentLinker().link(component, stubImports: true)
        }
    }

    @Test("What cannot be provided is told, and stubs do not stand for it")
    func notProvidable() throws {
        let component = try ComponentText.component(
            """
            (component
                (import "f" (func))
                (import "r" (type (sub resource)))
                (import "m" (core module (export "f" (func))))
                (import "after" (func)))
            """)
        #expect {
            try ComponentLinker().link(component, stubImports: true)
        } throws: { error in
            guard let error = error as? ComponentLinkError else { return false }
            return error.problems.map(\.interface) == ["r", "m"] && !"\(error)".contains("--stub-imports")
        }
    }

    @Test("Functions in exported instances are found by the names of both")
    func exportedInstances() throws {
        let component = try ComponentText.component(
            """
            (component
                (core module $M (func (export "f") (result i32) (i32.const 5)))
                (core instance $m (instantiate $M))
                (func $f (result u32) (canon lift (core func $m "f")))
                (instance $i (export "f" (func $f)))
                (export "test:guest/numbers@0.2.1" (instance $i)))
            """)
        let linked = try ComponentLinker().link(component)
        #expect(linked.exports.map(\.name) == ["test:guest/numbers@0.2.1"])
        let instance = try linked.instantiate(in: Store())
        #expect(try instance.function(ExportName("f", in: "test:guest/numbers@0.2.1"))?.call() == .u32(5))
        #expect(instance.function(ExportName("f")) == nil)
    }

    @Test("A host whose value is not of the type ends the guest, and not the process")
    func nonconformingHost() throws {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/x" (instance $x (export "number" (func (result u32)))))
                (core func $number (canon lower (func $x "number")))
                (core module $M (import "" "n" (func $n (result i32))) (func (export "f") (result i32) (call $n)))
                (core instance $m (instantiate $M (with "" (instance (export "n" (func $number))))))
                (func (export "f") (result u32) (canon lift (core func $m "f"))))
            """)
        for value in [nil, .u64(5), .string("5")] as [ComponentModel.Value?] {
            var linker = ComponentLinker()
            linker.add(
                HostInterface(
                    "test:host/x", version: "1.0.0",
                    functions: [
                        "number": ComponentModel.HostFunction(ComponentModel.FunctionType(to: .u32)) { _, _ in value }
                    ]))
            let instance = try linker.link(component).instantiate(in: Store())
            #expect {
                try instance.function(ExportName("f"))?.call()
            } throws: { error in
                (error as? Trap)?.message.hasPrefix("the host gave") ?? false
            }
        }
    }
}

@Suite(
    "Component model suite: linking",
    .enabled(if: ComponentSuite.isAvailable, "\(ComponentSuite.absence)"))
struct SuiteLinkingTests {
    @Test("Every valid component of the suite is linked, or refused with reasons")
    func all() throws {
        for script in ComponentSuite.scripts where ComponentSuite.refused[script] == nil {
            for command in try ComponentSuite.commands(of: script) {
                guard let binary = command.binary, let component = try? Component(bytes: binary) else { continue }
                do throws(ComponentLinkError) {
                    let linked = try ComponentLinker().link(component, stubImports: true)
                    // Start functions may trap.
                    _ = try? linked.instantiate(in: Store())
                } catch {
                    #expect(!error.problems.isEmpty, "\(script).wast:\(command.line)")
                }
            }
        }
    }
}
