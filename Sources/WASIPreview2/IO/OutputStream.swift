/// The resource `output-stream` of `wasi:io/streams`.
package final class OutputStream: Awaitable {
    /// How much can be written with one of the functions that wait.
    static let blockingWriteLimit = 4096

    /// `nil` once the stream is closed.
    private var sink: (any ByteSink)?
    /// How many bytes may be written before the next `check-write`.
    private var permitted = 0

    package init(_ sink: any ByteSink) {
        self.sink = sink
    }

    package var readiness: Readiness { sink?.readiness ?? .ready }

    /// How many bytes may be written now.
    func checkWrite(_ call: WASICall) throws(StreamFailure) -> Int {
        permitted = 0
        permitted = try onSink { sink throws(StreamFailure) in try sink.budget(call) }
        return permitted
    }

    /// Writes bytes for which there was a permit.
    ///
    /// - Throws: a `ResourceError` if there was none.
    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        guard sink == nil || bytes.count <= permitted else {
            throw .host(
                ResourceError(
                    "\(bytes.count) bytes were written to a stream whose check-write had permitted \(permitted)"))
        }
        permitted -= bytes.count
        try onSink { sink throws(StreamFailure) in try sink.write(bytes, call) }
    }

    func flush(_ call: WASICall) throws(StreamFailure) {
        permitted = 0
        try onSink { sink throws(StreamFailure) in try sink.flush(call) }
    }

    /// Begins to flush, and waits until that is done.
    func blockingFlush(_ call: WASICall) throws(StreamFailure) {
        try flush(call)
        _ = try waitForBudget(call)
    }

    /// Writes all bytes, in parts if need be, and flushes them.
    func blockingWriteAndFlush(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        try Self.requireBlockingWrite(UInt64(bytes.count))
        var rest = bytes
        while !rest.isEmpty {
            let count = min(try waitForBudget(call), rest.count)
            try write(UnsafeRawBufferPointer(rebasing: rest[..<count]), call)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        try flush(call)
        do throws(StreamFailure) {
            _ = try waitForBudget(call)
        } catch .closed where !bytes.isEmpty {
            // All has been written; that the stream is closed now, the next call will tell.
        }
    }

    /// - Throws: a `ResourceError` if that is more than one call may write.
    static func requireBlockingWrite(_ count: UInt64) throws(StreamFailure) {
        guard count <= blockingWriteLimit else {
            throw .host(
                ResourceError(
                    "\(count) bytes were to be written by one call that waits, which takes at most \(blockingWriteLimit)"
                ))
        }
    }

    /// Waits until something can be written, and returns how much.
    func waitForBudget(_ call: WASICall) throws(StreamFailure) -> Int {
        while true {
            let budget = try checkWrite(call)
            if budget > 0 { return budget }
            do { try call.wait(for: readiness) } catch { throw .host(error) }
        }
    }

    /// Moves bytes from `source`: what it has now, if something can be written now.
    func splice(from source: InputStream, upTo limit: UInt64, _ call: WASICall) throws(StreamFailure) -> Int {
        let budget = try checkWrite(call)
        guard budget > 0 else { return 0 }
        return try write(source.read(upTo: min(UInt64(budget), limit), call), call)
    }

    /// Moves bytes from `source` as soon as there are some, and they can be written.
    func blockingSplice(from source: InputStream, upTo limit: UInt64, _ call: WASICall) throws(StreamFailure) -> Int {
        let budget = try waitForBudget(call)
        return try write(source.blockingRead(upTo: min(UInt64(budget), limit), call), call)
    }

    private func write(_ bytes: [UInt8], _ call: WASICall) throws(StreamFailure) -> Int {
        try bytes.withBytes { (bytes) throws(StreamFailure) in try write(bytes, call) }
        return bytes.count
    }

    /// The stream was dropped.
    func close(_ call: WASICall) throws { try sink?.close(call) }

    private func onSink<Result>(
        _ body: (any ByteSink) throws(StreamFailure) -> Result
    ) throws(StreamFailure) -> Result {
        guard let sink else { throw .closed }
        do throws(StreamFailure) {
            return try body(sink)
        } catch {
            self.sink = nil
            throw error
        }
    }
}

extension [UInt8] {
    /// Calls `body` with the bytes.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = withUnsafeBytes { bytes in
            Swift.Result { () throws(Failure) in try body(bytes) }
        }
        return try result.get()
    }
}
