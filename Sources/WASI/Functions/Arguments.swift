/// Strings as C programs take them: one block with a NUL after each, and where in it each begins.
package struct StringBlock: Sendable {
    package private(set) var bytes: [UInt8] = []
    package private(set) var offsets: [Int] = []

    package init() {}

    /// Appends a string, given in parts by the closure. There must be no NUL in it.
    package mutating func append(_ body: (inout [UInt8]) -> Void) {
        offsets.append(bytes.count)
        body(&bytes)
        bytes.append(0)
    }

    /// Makes room for so many bytes, and strings, more.
    package mutating func reserve(bytes byteCount: Int, strings count: Int) {
        bytes.reserveCapacity(bytes.count + byteCount)
        offsets.reserveCapacity(offsets.count + count)
    }

    package init(_ strings: some Sequence<String>) {
        for string in strings {
            offsets.append(bytes.count)
            bytes.append(contentsOf: string.utf8.prefix { $0 != 0 })
            bytes.append(0)
        }
    }

    /// Stores the count of strings and the block's size.
    fileprivate func storeSizes(
        at countAddress: UInt32, _ sizeAddress: UInt32, _ memory: GuestMemory
    ) throws(ErrorNumber) {
        guard let size = UInt32(exactly: bytes.count) else { throw .overflow }
        try memory.store(UInt32(offsets.count), at: countAddress)
        try memory.store(size, at: sizeAddress)
    }

    /// Stores the block, and pointers to its strings.
    fileprivate func store(
        pointersAt pointers: UInt32, blockAt block: UInt32, _ memory: GuestMemory
    ) throws(ErrorNumber) {
        guard let size = UInt32(exactly: bytes.count) else { throw .overflow }
        let list = try memory.elements(at: pointers, count: UInt32(offsets.count), size: 4)
        try memory.bytes(at: block, count: size).copyBytes(from: bytes)
        for (index, offset) in offsets.enumerated() {
            list.store(block + UInt32(offset), at: index * 4)
        }
    }
}

extension WASIFunction {
    static let arguments: [WASIFunction] = [
        WASIFunction("args_get", [.i32, .i32]) { call throws(ErrorNumber) in
            try call.context.argumentBlock.store(pointersAt: call.u32(0), blockAt: call.u32(1), call.memory)
        },
        WASIFunction("args_sizes_get", [.i32, .i32]) { call throws(ErrorNumber) in
            try call.context.argumentBlock.storeSizes(at: call.u32(0), call.u32(1), call.memory)
        },
        WASIFunction("environ_get", [.i32, .i32]) { call throws(ErrorNumber) in
            try call.context.environmentBlock.store(pointersAt: call.u32(0), blockAt: call.u32(1), call.memory)
        },
        WASIFunction("environ_sizes_get", [.i32, .i32]) { call throws(ErrorNumber) in
            try call.context.environmentBlock.storeSizes(at: call.u32(0), call.u32(1), call.memory)
        },
    ]
}
