import Platform
import WASI

/// The bytes of a component's standard input.
final class StandardSource: ByteSource {
    private let stream: StandardStream

    init(_ stream: WASIStream) {
        self.stream = StandardStream(stream)
    }

    func read(upTo limit: Int, _ call: WASICall) throws(StreamFailure) -> [UInt8] {
        var failure: TransferError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(TransferError) {
                count = try stream.read(
                    into: BufferList(UnsafeMutableRawBufferPointer(buffer)), waits: false,
                    isInterrupted: { call.isInterrupted })
            } catch {
                failure = error
            }
        }
        switch failure {
        case .guest(.tryAgain): return []
        case let failure?: throw StreamFailure(failure)
        case nil: break
        }
        guard !bytes.isEmpty else { throw .closed }
        return bytes
    }

    // Whether a closure would wait cannot be known before it is called.
    var readiness: Readiness { stream.hostNumber.map { .readable($0) } ?? .ready }
}

/// Where a component's standard output or error goes.
final class StandardSink: ByteSink {
    /// What is written to a closure at a time at most.
    private static let closureBudget = 64 << 10
    /// What a pipe takes without waiting as soon as it takes anything (`PIPE_BUF`).
    private static let descriptorBudget = 4096

    private let stream: StandardStream

    init(_ stream: WASIStream) {
        self.stream = StandardStream(stream)
    }

    func budget(_ call: WASICall) throws(StreamFailure) -> Int {
        guard stream.hostNumber != nil else { return Self.closureBudget }
        return !WASICall.isReady(readiness) ? 0 : Self.descriptorBudget
    }

    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count: Int
            do throws(TransferError) {
                count = try stream.write(
                    from: BufferList(reading: rest), waits: true, isInterrupted: { call.isInterrupted })
            } catch {
                if case .guest(.brokenPipe) = error { throw .closed }
                throw StreamFailure(error)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    var readiness: Readiness { stream.hostNumber.map { .writable($0) } ?? .ready }
}
