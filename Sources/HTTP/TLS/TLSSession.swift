/// A server's side of TLS on a socket that does not block.
///
/// Used by one thread at a time.
final class TLSSession {
    enum Progress {
        case done
        /// For the client.
        case waiting
        case failed(String)
    }

    /// Numbers from OpenSSL's headers, which belong to its binary interface.
    private enum ErrorCode {
        static let wantsToRead: Int32 = 2
        static let wantsToWrite: Int32 = 3
        static let systemCall: Int32 = 5
        static let ended: Int32 = 6
    }

    /// Contexts outlive their sessions.
    private let context: TLSContext
    private let handle: OpenSSL.Handle
    private var openSSL: OpenSSL { context.openSSL }
    /// Whether the last call waits until the socket takes something.
    private(set) var wantsToWrite = false

    init?(_ context: TLSContext, descriptor: Int32) {
        guard let handle = context.openSSL.makeSession(context.handle) else { return nil }
        self.context = context
        self.handle = handle
        guard openSSL.setDescriptor(handle, descriptor) == 1 else { return nil }
    }

    deinit { openSSL.freeSession(handle) }

    func shakeHands() -> Progress {
        openSSL.clearErrors()
        let result = openSSL.accept(handle)
        guard result != 1 else { return .done }
        switch outcome(result) {
        case .wouldBlock: return .waiting
        case .end, .moved: return .failed("the client ended the connection")
        case .failed: return .failed(openSSL.takeReason())
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        openSSL.clearErrors()
        let count = openSSL.read(handle, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .moved(Int(count)) : outcome(count)
    }

    /// Sends one record of TLS at most. After `wouldBlock`, the next call has to have the same bytes again.
    func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        openSSL.clearErrors()
        let count = openSSL.write(handle, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .moved(Int(count)) : outcome(count)
    }

    /// Tells the client that nothing more comes; false if it is to be tried again.
    func endSending() -> Bool {
        openSSL.clearErrors()
        let result = openSSL.shutDown(handle)
        return result >= 0 || outcome(result) != .wouldBlock
    }

    private func outcome(_ result: Int32) -> TransferResult {
        let code = openSSL.error(handle, result)
        wantsToWrite = code == ErrorCode.wantsToWrite
        switch code {
        case ErrorCode.wantsToRead, ErrorCode.wantsToWrite: return .wouldBlock
        case ErrorCode.ended: return .end
        // OpenSSL 1.1 calls so the end of a connection that the client has not announced.
        case ErrorCode.systemCall where result == 0: return .end
        default: return .failed(0)
        }
    }
}
