/// A canonical definition (Component Model, "CanonicalABI.md", "Canonical Definitions").
///
/// Those of WASI 0.3 (tasks, subtasks, streams, futures, waitables) are decoded and validated, and refused by name when a
/// component that has them is linked.
package enum CanonicalDefinition: Sendable {
    case lift(coreFunction: UInt32, options: CanonicalOptions, type: UInt32)
    case lower(function: UInt32, options: CanonicalOptions)
    case resourceNew(UInt32)
    case resourceDrop(UInt32)
    case resourceRepresentation(UInt32)
    case asynchronous(AsynchronousBuiltIn)
}

/// The options of lifts, lowers and built-ins.
package struct CanonicalOptions: Sendable {
    package enum StringEncoding: Hashable, Sendable {
        case utf8, utf16, latin1OrUTF16
    }

    package var stringEncoding = StringEncoding.utf8
    /// A core memory, by its index.
    package var memory: UInt32?
    /// Core functions, by their indices.
    package var reallocate: UInt32?
    package var postReturn: UInt32?
    package var isAsync = false
    package var callback: UInt32?

    package init() {}
}

/// A built-in of WASI 0.3.
package enum AsynchronousBuiltIn: Sendable {
    case taskCancel
    case subtaskCancel(isAsync: Bool)
    case taskReturn(result: ValueTypeUse?, options: CanonicalOptions)
    case contextGet(type: UInt8, slot: UInt32)
    case contextSet(type: UInt8, slot: UInt32)
    case threadYield(isCancellable: Bool)
    /// The only one of the thread built-ins: it is of use where there are no threads, too.
    case threadIndex
    case subtaskDrop
    case streamNew(UInt32)
    case streamRead(UInt32, CanonicalOptions)
    case streamWrite(UInt32, CanonicalOptions)
    case streamCancelRead(UInt32, isAsync: Bool)
    case streamCancelWrite(UInt32, isAsync: Bool)
    case streamDropReadable(UInt32)
    case streamDropWritable(UInt32)
    case futureNew(UInt32)
    case futureRead(UInt32, CanonicalOptions)
    case futureWrite(UInt32, CanonicalOptions)
    case futureCancelRead(UInt32, isAsync: Bool)
    case futureCancelWrite(UInt32, isAsync: Bool)
    case futureDropReadable(UInt32)
    case futureDropWritable(UInt32)
    case waitableSetNew
    case waitableSetWait(isCancellable: Bool, memory: UInt32)
    case waitableSetPoll(isCancellable: Bool, memory: UInt32)
    case waitableSetDrop
    case waitableJoin
    case backpressureIncrement
    case backpressureDecrement
}
