import WebAssemblyRuntime

// Traps of the component model. They begin with the words of the component model's test suite, where it has any.

extension Trap {
    /// Nobody sees it: who takes an image does without one then.
    static var effectRefused: Trap {
        Trap(kind: .component("a function of the host that has an effect was called while an image was taken"))
    }

    static let cannotLeave = Trap(
        kind: .component(
            "cannot leave component instance: an allocation or a post-return function may call nothing outside of it"))

    static let cannotEnter = Trap(
        kind: .component("cannot enter component instance: a call of it is not over, or it trapped before"))

    static func unalignedPointer(_ address: UInt32, alignment: UInt32) -> Trap {
        Trap(kind: .component("unaligned pointer: \(address) is no multiple of \(alignment)"))
    }

    static func listOutOfBounds(_ address: UInt32, byteCount: UInt64, memory: Int) -> Trap {
        Trap(
            kind: .component(
                "list content out-of-bounds: list pointer/length out of bounds of memory: "
                    + "\(byteCount) bytes at \(address) of \(memory)"))
    }

    static func stringOutOfBounds(_ address: UInt32, byteCount: UInt64, memory: Int) -> Trap {
        Trap(
            kind: .component(
                "string content out-of-bounds: string pointer/length out of bounds of memory: "
                    + "\(byteCount) bytes at \(address) of \(memory)"))
    }

    static func pointerOutOfBounds(_ address: UInt32, byteCount: UInt32, memory: Int) -> Trap {
        Trap(
            kind: .component("pointer out of bounds of memory: \(byteCount) bytes at \(address) of \(memory)"))
    }

    /// What `realloc` gave is not aligned.
    static func unalignedAllocation(_ address: UInt32, alignment: UInt32) -> Trap {
        Trap(
            kind: .component(
                "realloc return: result not aligned: unaligned pointer: \(address) is no multiple of \(alignment)"))
    }

    /// What `realloc` gave is not all in memory.
    static func allocationOutOfBounds(
        _ address: UInt32, byteCount: UInt32, memory: Int, of content: AllocatedContent
    ) -> Trap {
        Trap(
            kind: .component(
                "realloc return: beyond end of memory: \(content.rawValue) content out-of-bounds: "
                    + "\(byteCount) bytes at \(address) of \(memory)"))
    }

    static func tooLong(_ what: AllocatedContent, byteCount: UInt64) -> Trap {
        Trap(
            kind: .component(
                "\(what.rawValue) content out-of-bounds: \(what.rawValue) too long: \(byteCount) bytes, "
                    + "where 268,435,455 are the most"))
    }

    static func invalidDiscriminant(_ value: UInt32, caseCount: UInt32) -> Trap {
        Trap(kind: .component("invalid variant discriminant: \(value) of \(caseCount) cases"))
    }

    static func invalidCharacter(_ value: UInt32) -> Trap {
        Trap(kind: .component("invalid `char` bit pattern: 0x\(String(value, radix: 16))"))
    }

    static func unknownHandle(_ index: UInt32) -> Trap {
        Trap(kind: .component("unknown handle index \(index)"))
    }

    static func wrongHandleType(_ index: UInt32, expected: ResourceType, found: ResourceType) -> Trap {
        func text(_ type: ResourceType) -> String {
            type.drop == nil ? "guest-defined resource" : "host-defined resource"
        }
        let found =
            expected.drop == nil && found.drop == nil
            ? "a different guest-defined resource (\(found.name))" : "\(text(found)) \(found.name)"
        return Trap(
            kind: .component(
                "handle index \(index) used with the wrong type, expected \(text(expected)) but found \(found)"))
    }

    static func notAResource(_ index: UInt32) -> Trap {
        Trap(kind: .component("handle index \(index) used with the wrong type: it is no resource"))
    }

    static let lentHandle = Trap(kind: .component("cannot remove owned resource while borrowed"))

    static let ownOfBorrow = Trap(kind: .component("cannot lift own resource from a borrow"))

    static let borrowsRemain = Trap(
        kind: .component(
            "borrow handles still remain at the end of the call: a function drops those that it is given before it returns"
        ))

    static let handlesExhausted = Trap(kind: .component("a component instance has 268,435,455 handles and no more"))

    static func asynchronous(_ what: String) -> Trap {
        Trap(kind: .component("\(what): streams, futures and asynchronous calls (WASI 0.3) are not run yet"))
    }

    /// In a function that returns `Value?`, `.none` and `.some(x)` are those of `Optional`.
    static let missingResult = Trap(
        kind: .component("the host gave no result where one is wanted: was Value.none meant rather than nil?"))

    static func nonconforming(_ layout: Layout) -> Trap {
        Trap(kind: .component("the host gave a value that is not of the type: a \(layout.kind) is wanted"))
    }
}

/// What is allocated in a guest, for messages.
enum AllocatedContent: String {
    case list, string, value
}
