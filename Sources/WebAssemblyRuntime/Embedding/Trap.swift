/// Why guest code ended early.
///
/// ``description`` is a whole sentence for people; ``message`` is the specification's name of the trap.
package struct Trap: Error, CustomStringConvertible {
    /// What happened.
    package enum Kind: Sendable {
        case unreachable
        case integerDivideByZero
        case integerOverflow
        case invalidConversionToInteger
        case outOfBoundsMemoryAccess
        case outOfBoundsTableAccess
        case undefinedElement
        case uninitializedElement(index: UInt64)
        case indirectCallTypeMismatch
        case callStackExhausted
        case nullReference
        case nullFunctionReference
        case nullStructureReference
        case nullArrayReference
        case nullI31Reference
        case nullExceptionReference
        case outOfBoundsArrayAccess
        case castFailure
        case unalignedAtomic
        case expectedSharedMemory
        /// An exception that no handler in the guest caught.
        case uncaughtException
        /// ``Store/interrupt()`` was called: a deadline passed, or the embedder gave up.
        case interrupted
        /// The garbage-collected heap is full: see ``StoreLimits/heapBytes``.
        case heapExhausted
        /// A host function asked to suspend its caller where that cannot be; the text says why. See ``GuestTask``.
        case cannotSuspend(String)
        /// A limit of the store does not allow what the guest needs to start; the text says which.
        case limitExceeded(String)
        /// A function that this engine cannot hold, such as one with more than 65,000 live values.
        case functionTooLarge
        /// A rule of the component model was broken; the text says which.
        case component(String)
        /// An error thrown by a host function, unchanged.
        case host(any Error)
    }

    package let kind: Kind

    /// The active calls, innermost first; at most ``maximumFrames`` of them, the outermost left out.
    package let frames: [Frame]

    /// How many calls are left out.
    package let omittedCallCount: Int

    /// What the store's limits had refused the guest before, which may be why it trapped.
    package let limitDescriptions: [String]

    /// How many frames a trap describes.
    package static let maximumFrames = 100

    package init(
        kind: Kind, frames: [Frame] = [], omittedCallCount: Int = 0, limitDescriptions: [String] = []
    ) {
        self.kind = kind
        self.frames = frames
        self.omittedCallCount = omittedCallCount
        self.limitDescriptions = limitDescriptions
    }

    /// The host error that ended the guest, if that is what happened.
    package var hostError: (any Error)? {
        if case .host(let error) = kind { error } else { nil }
    }

    /// The name of the trap as the specification's tests have it.
    package var message: String {
        switch kind {
        case .unreachable: "unreachable"
        case .integerDivideByZero: "integer divide by zero"
        case .integerOverflow: "integer overflow"
        case .invalidConversionToInteger: "invalid conversion to integer"
        case .outOfBoundsMemoryAccess: "out of bounds memory access"
        case .outOfBoundsTableAccess: "out of bounds table access"
        case .undefinedElement: "undefined element"
        case .uninitializedElement(let index): "uninitialized element \(index)"
        case .indirectCallTypeMismatch: "indirect call type mismatch"
        case .callStackExhausted: "call stack exhausted"
        case .nullReference: "null reference"
        case .nullFunctionReference: "null function reference"
        case .nullStructureReference: "null structure reference"
        case .nullArrayReference: "null array reference"
        case .nullI31Reference: "null i31 reference"
        case .nullExceptionReference: "null exception reference"
        case .outOfBoundsArrayAccess: "out of bounds array access"
        case .castFailure: "cast failure"
        case .unalignedAtomic: "unaligned atomic"
        case .expectedSharedMemory: "expected shared memory"
        case .uncaughtException: "unhandled exception"
        case .interrupted: "interrupted"
        case .heapExhausted: "garbage-collected heap exhausted"
        case .cannotSuspend(let reason): "cannot suspend the guest: \(reason)"
        case .limitExceeded(let text): text
        case .functionTooLarge: "function too large for this engine"
        case .component(let text): text
        case .host(let error): "host function failed: \(error)"
        }
    }

    package var description: String {
        let reason = ([message] + limitDescriptions).joined(separator: ": ")
        var lines = [reason] + frames.enumerated().map { "  \($0.offset): \($0.element)" }
        if let omission { lines.append("  " + omission) }
        return lines.joined(separator: "\n")
    }

    /// Says how many calls are left out, if any are.
    package var omission: String? {
        omittedCallCount > 0 ? "and \(omittedCallCount) more around \(omittedCallCount == 1 ? "it" : "them")" : nil
    }
}
