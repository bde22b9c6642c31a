import ComponentModel
import Synchronization
import Testing
import WebAssemblyRuntime

/// Handles to resources: for how long they hold, and what is not one.
@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct HandleTests {
    /// What was dropped, by number.
    private final class Drops: Sendable {
        let numbers = Mutex<[UInt32]>([])
    }

    private static let line = ResourceType("test:host/log/line") { call, number in
        (call.hostState as? Drops)?.numbers.withLock { $0.append(number) }
    }
    private static let page = ResourceType("test:host/log/page") { _, _ in }

    private func instance(_ drops: Drops = Drops()) throws -> ComponentInstance {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/log" (instance $log
                    (export "line" (type $line (sub resource)))
                    (export "page" (type $page (sub resource)))
                    (export "use" (func (param "line" (borrow $line))))
                    (export "take" (func (param "line" (own $line))))
                    (export "both" (func (param "a" (borrow $line)) (param "b" (own $line))))
                    (export "turn" (func (param "page" (borrow $page))))))
                (alias export $log "line" (type $line))
                (core func $drop (canon resource.drop $line))
                (core func $use (canon lower (func $log "use")))
                (core func $take (canon lower (func $log "take")))
                (core func $both (canon lower (func $log "both")))
                (core func $turn (canon lower (func $log "turn")))
                (core module $M
                    (import "" "drop" (func $drop (param i32)))
                    (import "" "use" (func $use (param i32)))
                    (import "" "take" (func $take (param i32)))
                    (import "" "both" (func $both (param i32 i32)))
                    (import "" "turn" (func $turn (param i32)))
                    (global $saved (mut i32) (i32.const 0))
                    (func (export "save") (param i32) (global.set $saved (local.get 0)))
                    (func (export "use") (param i32)
                        (call $use (local.get 0)) (call $drop (local.get 0)) (global.set $saved (local.get 0)))
                    (func (export "use-saved") (call $use (global.get $saved)))
                    (func (export "drop-saved") (call $drop (global.get $saved)))
                    (func (export "forged") (call $use (i32.const 77)))
                    (func (export "other-type") (call $turn (global.get $saved)))
                    (func (export "lent") (call $both (global.get $saved) (global.get $saved)))
                    (func (export "take") (param i32) (call $take (local.get 0))))
                (core instance $m (instantiate $M (with "" (instance
                    (export "drop" (func $drop)) (export "use" (func $use)) (export "take" (func $take))
                    (export "both" (func $both)) (export "turn" (func $turn))))))
                (func (export "keep") (param "line" (borrow $line)) (canon lift (core func $m "save")))
                (func (export "own") (param "line" (own $line)) (canon lift (core func $m "save")))
                (func (export "use") (param "line" (borrow $line)) (canon lift (core func $m "use")))
                (func (export "use-saved") (canon lift (core func $m "use-saved")))
                (func (export "drop-saved") (canon lift (core func $m "drop-saved")))
                (func (export "forged") (canon lift (core func $m "forged")))
                (func (export "other-type") (canon lift (core func $m "other-type")))
                (func (export "lent") (canon lift (core func $m "lent")))
                (func (export "take") (param "line" (borrow $line)) (canon lift (core func $m "take"))))
            """)
        typealias Function = ComponentModel.HostFunction
        typealias FunctionType = ComponentModel.FunctionType
        var linker = ComponentLinker()
        linker.add(
            HostInterface(
                "test:host/log", version: "1.0.0", resources: ["line": Self.line, "page": Self.page],
                functions: [
                    "use": Function(FunctionType(("line", .borrow(Self.line)))) { _, arguments in
                        #expect(arguments == [.resource(5)])
                        return nil
                    },
                    "take": Function(FunctionType(("line", .own(Self.line)))) { _, _ in nil },
                    "both": Function(FunctionType(("a", .borrow(Self.line)), ("b", .own(Self.line)))) { _, _ in nil },
                    "turn": Function(FunctionType(("page", .borrow(Self.page)))) { _, _ in nil },
                ]))
        return try linker.link(component).instantiate(in: Store(hostState: drops))
    }

    private func trap(
        _ instance: ComponentInstance, _ name: String, _ arguments: [ComponentModel.Value] = []
    ) -> String? {
        do {
            try instance.function(ExportName(name))?.call(arguments)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("A borrowed handle has to be dropped before the call returns, and is none after that")
    func borrowScope() throws {
        let drops = Drops()
        let instance = try instance(drops)
        #expect(trap(instance, "use", [.resource(5)]) == nil)
        #expect(trap(instance, "use", [.resource(5)]) == nil)
        #expect(drops.numbers.withLock { $0.isEmpty })
        #expect(trap(instance, "use-saved")?.hasPrefix("unknown handle index 1") == true)
        #expect(trap(try self.instance(), "keep", [.resource(5)])?.hasPrefix("borrow handles still remain") == true)
    }

    @Test("A handle that owns can be used until it is dropped, which the host is told of")
    func own() throws {
        let drops = Drops()
        let instance = try instance(drops)
        #expect(trap(instance, "own", [.resource(5)]) == nil)
        #expect(trap(instance, "use-saved") == nil)
        #expect(trap(instance, "drop-saved") == nil)
        #expect(drops.numbers.withLock { $0 } == [5])
        #expect(trap(instance, "drop-saved") == "unknown handle index 1")
    }

    @Test("Handles that are forged, lent, borrowed or of another type are refused")
    func refused() throws {
        #expect(trap(try instance(), "forged") == "unknown handle index 77")
        let lending = try instance()
        #expect(trap(lending, "own", [.resource(5)]) == nil)
        #expect(trap(lending, "lent") == "cannot remove owned resource while borrowed")
        let turning = try instance()
        #expect(trap(turning, "own", [.resource(5)]) == nil)
        #expect(
            trap(turning, "other-type")
                == "handle index 1 used with the wrong type, expected host-defined resource but found "
                + "host-defined resource test:host/log/line")
        #expect(trap(try instance(), "take", [.resource(5)]) == "cannot lift own resource from a borrow")
    }

    @Test("A destructor runs in the instance that defines the resource; one that traps ends the call and locks all")
    func destructors() throws {
        let component = try ComponentText.component(
            """
            (component
                (component $Definer
                    (core module $D
                        (global $dropped (mut i32) (i32.const 0))
                        (func (export "dtor") (param i32)
                            (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))
                            (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
                        (func (export "dropped") (result i32) (global.get $dropped)))
                    (core instance $d (instantiate $D))
                    (type $R' (resource (rep i32) (dtor (core func $d "dtor"))))
                    (export $R "r" (type $R'))
                    (core func $new (canon resource.new $R'))
                    (core module $M
                        (import "" "new" (func $new (param i32) (result i32)))
                        (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
                    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
                    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
                    (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))
                (component $User
                    (import "definer" (instance $definer
                        (export "r" (type $R (sub resource)))
                        (export "make" (func (param "rep" u32) (result (own $R))))))
                    (alias export $definer "r" (type $R))
                    (core func $drop (canon resource.drop $R))
                    (core func $make (canon lower (func $definer "make")))
                    (core module $M
                        (import "" "make" (func $make (param i32) (result i32)))
                        (import "" "drop" (func $drop (param i32)))
                        (func (export "f") (param i32) (call $drop (call $make (local.get 0)))))
                    (core instance $m (instantiate $M (with "" (instance
                        (export "make" (func $make)) (export "drop" (func $drop))))))
                    (func (export "f") (param "rep" u32) (canon lift (core func $m "f"))))
                (instance $definer (instantiate $Definer))
                (instance $user (instantiate $User (with "definer" (instance $definer))))
                (func (export "f") (alias export $user "f"))
                (func (export "dropped") (alias export $definer "dropped")))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        #expect(trap(instance, "f", [.u32(40)]) == nil)
        #expect(trap(instance, "f", [.u32(2)]) == nil)
        #expect(try instance.function(ExportName("dropped"))?.call() == .u32(42))
        #expect(trap(instance, "f", [.u32(13)]) == "unreachable")
        #expect(trap(instance, "dropped")?.hasPrefix("cannot enter component instance") == true)
    }

    @Test("A handle that one component lends another is a handle there until the call ends, and lent that long")
    func betweenComponents() throws {
        let component = try ComponentText.component(
            """
            (component
                (component $Definer
                    (type $R' (resource (rep i32)))
                    (export $R "r" (type $R'))
                    (core func $new (canon resource.new $R'))
                    (core func $rep (canon resource.rep $R'))
                    (core module $M
                        (import "" "new" (func $new (param i32) (result i32)))
                        (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
                        (func (export "see") (param i32) (result i32) (local.get 0)))
                    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
                    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
                    (func (export "see") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "see"))))
                (component $User
                    (import "definer" (instance $definer
                        (export "r" (type $R (sub resource)))
                        (export "see" (func (param "r" (borrow $R)) (result u32)))))
                    (alias export $definer "r" (type $R))
                    (core func $drop (canon resource.drop $R))
                    (core func $see (canon lower (func $definer "see")))
                    (core module $M
                        (import "" "drop" (func $drop (param i32)))
                        (import "" "see" (func $see (param i32) (result i32)))
                        (func (export "use") (param i32) (result i32)
                            (call $see (local.get 0)) (call $drop (local.get 0)))
                        (func (export "keep") (param i32) (result i32) (call $see (local.get 0))))
                    (core instance $m (instantiate $M (with "" (instance
                        (export "drop" (func $drop)) (export "see" (func $see))))))
                    (func (export "use") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "use")))
                    (func (export "keep") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "keep"))))
                (component $Caller
                    (import "definer" (instance $definer
                        (export "r" (type $R (sub resource)))
                        (export "make" (func (param "rep" u32) (result (own $R))))))
                    (alias export $definer "r" (type $R))
                    (import "use" (func $use (param "r" (borrow $R)) (result u32)))
                    (import "keep" (func $keep (param "r" (borrow $R)) (result u32)))
                    (core func $drop (canon resource.drop $R))
                    (core func $make (canon lower (func $definer "make")))
                    (core func $use (canon lower (func $use)))
                    (core func $keep (canon lower (func $keep)))
                    (core module $M
                        (import "" "drop" (func $drop (param i32)))
                        (import "" "make" (func $make (param i32) (result i32)))
                        (import "" "use" (func $use (param i32) (result i32)))
                        (import "" "keep" (func $keep (param i32) (result i32)))
                        (func (export "use") (result i32)
                            (local $r i32)
                            (local.set $r (call $make (i32.const 20)))
                            (i32.add (call $use (local.get $r)) (call $use (local.get $r)))
                            (call $drop (local.get $r)))
                        (func (export "keep") (result i32) (call $keep (call $make (i32.const 20))) unreachable))
                    (core instance $m (instantiate $M (with "" (instance
                        (export "drop" (func $drop)) (export "make" (func $make)) (export "use" (func $use))
                        (export "keep" (func $keep))))))
                    (func (export "use") (result u32) (canon lift (core func $m "use")))
                    (func (export "keep") (result u32) (canon lift (core func $m "keep"))))
                (instance $definer (instantiate $Definer))
                (instance $user (instantiate $User (with "definer" (instance $definer))))
                (instance $caller (instantiate $Caller
                    (with "definer" (instance $definer)) (with "use" (func $user "use"))
                    (with "keep" (func $user "keep"))))
                (func (export "use") (alias export $caller "use"))
                (func (export "keep") (alias export $caller "keep")))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        for _ in 0..<2 { #expect(try instance.function(ExportName("use"))?.call() == .u32(40)) }
        #expect(trap(instance, "keep")?.hasPrefix("borrow handles still remain") == true)
    }
}
