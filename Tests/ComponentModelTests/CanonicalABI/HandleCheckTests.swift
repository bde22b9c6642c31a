import Testing
import WebAssemblyRuntime

@testable import ComponentModel

/// What traps say of indices that are no handles of the type that is wanted.
@Suite struct HandleCheckTests {
    private let state: ComponentState

    init() throws {
        let types = [
            ResourceType(ofComponent: "first"), ResourceType("host", drop: { _, _ in }),
            ResourceType(ofComponent: "third"),
        ]
        state = ComponentState(
            layouts: LayoutTable.Builder().finish(),
            resources: types.map { ResourceImplementation(type: $0, instance: 0, destructor: nil) }, instanceCount: 2,
            store: Store())
        for resource in 0..<3 as Range<UInt32> {
            _ = try state.instances[1].handles.add(HandleTable.Entry(.own, resource: resource, representation: 7))
        }
        _ = try state.instances[1].handles.add(HandleTable.Entry(.waitableSet))
    }

    private func message(_ index: UInt32, _ resource: UInt32, of instance: Int = 1) -> String? {
        do throws(Trap) {
            _ = try state.entry(index, resource: resource, of: instance)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("A handle of another type is told with both types")
    func otherType() {
        for resource in 0..<3 as Range<UInt32> { #expect(message(resource + 1, resource) == nil) }
        let wrong = "used with the wrong type, expected"
        #expect(
            message(1, 1) == "handle index 1 \(wrong) host-defined resource but found guest-defined resource first")
        #expect(
            message(2, 0) == "handle index 2 \(wrong) guest-defined resource but found host-defined resource host")
        #expect(
            message(2, 2) == "handle index 2 \(wrong) guest-defined resource but found host-defined resource host")
        #expect(
            message(3, 0)
                == "handle index 3 \(wrong) guest-defined resource but found a different guest-defined resource (third)"
        )
    }

    @Test("What is no handle, or one of another instance, is told by its index")
    func noHandle() {
        #expect(message(4, 0) == "handle index 4 used with the wrong type: it is no resource")
        #expect(message(5, 0) == "unknown handle index 5")
        #expect(message(1, 0, of: 0) == "unknown handle index 1")
    }
}
