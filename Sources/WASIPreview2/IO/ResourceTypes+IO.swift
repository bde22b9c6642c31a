package import ComponentModel

extension ResourceType {
    package static let ioError = ResourceType(wasi: "wasi:io/error/error", IOError.self)
    package static let pollable = ResourceType(wasi: "wasi:io/poll/pollable", Pollable.self)
    package static let inputStream = ResourceType(wasi: "wasi:io/streams/input-stream", InputStream.self)
    package static let outputStream = ResourceType(wasi: "wasi:io/streams/output-stream", OutputStream.self) {
        stream, call in try stream.close(call)
    }
}

extension ValueType {
    /// `stream-error` of `wasi:io/streams`.
    package static let streamError = variant(("last-operation-failed", .own(.ioError)), ("closed", nil))
}

extension WASICall {
    /// Makes a pollable of a resource, as its child.
    package func subscribe(to number: UInt32, _ subject: any Awaitable) throws(ResourceError) -> Value {
        .resource(try context.resources.insert(Pollable(subject), childOf: number))
    }

    /// The `result` of an operation on a stream, with a `stream-error`.
    func streamResult(_ body: () throws(StreamFailure) -> Value?) throws -> Value {
        do throws(StreamFailure) {
            return .ok(try body())
        } catch {
            try endIfInterrupted()
            switch error {
            case .closed: return .error(.variant(1, nil))
            case .failed(let error):
                if case .file(.noSpace) = error.cause { context.wasRefusedRoom = true }
                return .error(.variant(0, .resource(try context.resources.insert(error))))
            case .host(let error): throw error
            }
        }
    }
}
