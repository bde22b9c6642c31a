import Glibc

extension WASIFunction {
    /// Reading and writing.
    static let transfers: [WASIFunction] = [
        WASIFunction(
            "fd_read", [.i32, .i32, .i32, .i32],
            transferring: { call throws(TransferError) in
                try call.transfer(resultAt: 3) { descriptor, buffers throws(TransferError) in
                    try descriptor.read(into: buffers, isInterrupted: { call.isInterrupted })
                }
            }),
        WASIFunction(
            "fd_pread", [.i32, .i32, .i32, .i64, .i32],
            transferring: { call throws(TransferError) in
                let offset = try call.transferOffset(3)
                try call.transfer(resultAt: 4) { descriptor, buffers throws(TransferError) in
                    try descriptor.read(into: buffers, at: offset, isInterrupted: { call.isInterrupted })
                }
            }),
        WASIFunction(
            "fd_write", [.i32, .i32, .i32, .i32],
            transferring: { call throws(TransferError) in
                try call.transfer(resultAt: 3) { descriptor, buffers throws(TransferError) in
                    try descriptor.write(from: buffers, isInterrupted: { call.isInterrupted })
                }
            }),
        WASIFunction(
            "fd_pwrite", [.i32, .i32, .i32, .i64, .i32],
            transferring: { call throws(TransferError) in
                let offset = try call.transferOffset(3)
                try call.transfer(resultAt: 4) { descriptor, buffers throws(TransferError) in
                    try descriptor.write(from: buffers, at: offset, isInterrupted: { call.isInterrupted })
                }
            }),
    ]
}

extension GuestCall {
    /// Does a transfer between the descriptor and the buffers that the first three arguments name, and stores its count
    /// where the argument at `position` says. All addresses are checked before anything moves.
    fileprivate func transfer(
        resultAt position: Int, _ body: (Descriptor, BufferList) throws(TransferError) -> Int
    ) throws(TransferError) {
        let (source, list, result): (Descriptor, BufferList, UnsafeMutableRawBufferPointer)
        do throws(ErrorNumber) {
            source = try descriptor(0)
            list = try buffers(1)
            result = try memory.bytes(at: u32(position), count: 4)
        } catch {
            throw .guest(error)
        }
        result.store(UInt32(truncatingIfNeeded: try body(source, list)), at: 0)
    }

    fileprivate func transferOffset(_ position: Int) throws(TransferError) -> off_t {
        do { return try fileSize(position) } catch { throw .guest(error) }
    }
}
