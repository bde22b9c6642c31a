import WebAssemblyRuntime

/// One call of a WASI function: who calls, the caller's memory, and what is passed.
struct GuestCall {
    let context: WASIContext
    let memory: GuestMemory
    let edition: Edition
    /// The arguments by position, an `i32` in the low bits; no function has more than nine.
    let arguments: InlineArray<9, UInt64>
    /// The guest's store, which may ask it to stop.
    let store: Store?

    /// Whether the guest is to be ended, which it notices itself once a function that waits has returned.
    var isInterrupted: Bool { store?.isInterrupted ?? false }

    /// The argument at `position`, an `i32`.
    func u32(_ position: Int) -> UInt32 { UInt32(truncatingIfNeeded: arguments[position]) }

    /// The argument at `position`, an `i32` whose low half counts.
    func u16(_ position: Int) -> UInt16 { UInt16(truncatingIfNeeded: arguments[position]) }

    /// The argument at `position`, an `i64`.
    func u64(_ position: Int) -> UInt64 { arguments[position] }

    /// The argument at `position`, an `i64` that is an offset or a length in a file, which hosts keep signed.
    func fileSize(_ position: Int) throws(ErrorNumber) -> Int {
        guard let size = Int(exactly: arguments[position]) else { throw .invalidArgument }
        return size
    }

    /// The path whose address and length are the arguments at `position` and after it.
    func path(_ position: Int) throws(ErrorNumber) -> GuestPath {
        try memory.path(at: u32(position), count: u32(position + 1))
    }

    /// The buffers whose address and count are the arguments at `position` and after it.
    func buffers(_ position: Int) throws(ErrorNumber) -> BufferList {
        try BufferList(at: u32(position), count: u32(position + 1), in: memory)
    }

    /// The descriptor whose number is the argument at `position`.
    func descriptor(_ position: Int) throws(ErrorNumber) -> Descriptor {
        try context.descriptors[u32(position)]
    }

    /// The open directory whose number is the argument at `position`.
    func directory(_ position: Int) throws(ErrorNumber) -> any OpenDirectory {
        try context.descriptors.directory(u32(position))
    }
}
