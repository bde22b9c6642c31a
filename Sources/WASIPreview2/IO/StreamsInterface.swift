package import ComponentModel

extension HostInterface {
    /// `wasi:io/streams`.
    package static let ioStreams = HostInterface(
        wasi: "wasi:io/streams", resources: ["input-stream": .inputStream, "output-stream": .outputStream]
    ) { list in
        addInput(to: &list)
        addWriting(to: &list)
        addMoving(to: &list)
    }

    private static func addInput(to list: inout FunctionList) {
        let stream = ("self", ValueType.borrow(.inputStream))
        let read: @Sendable (WASICall, Bool) throws(StreamFailure) -> [UInt8] = { call, waits throws(StreamFailure) in
            let stream = try call.input(0)
            let limit = call.arguments[1].u64
            return waits ? try stream.blockingRead(upTo: limit, call) : try stream.read(upTo: limit, call)
        }
        for (prefix, waits) in [("", false), ("blocking-", true)] {
            list.add(
                "[method]input-stream.\(prefix)read", [stream, ("len", .u64)], to: .result(.bytes, .streamError)
            ) { call in
                try call.streamResult { () throws(StreamFailure) in .bytes(try read(call, waits)) }
            }
            list.add(
                "[method]input-stream.\(prefix)skip", [stream, ("len", .u64)], to: .result(.u64, .streamError)
            ) { call in
                try call.streamResult { () throws(StreamFailure) in .u64(UInt64(try read(call, waits).count)) }
            }
        }
        list.add("[method]input-stream.subscribe", [stream], to: .own(.pollable)) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: InputStream.self))
        }
    }

    private static let stream = ("self", ValueType.borrow(.outputStream))

    private static func addWriting(to list: inout FunctionList) {
        list.add("[method]output-stream.check-write", [stream], to: .result(.u64, .streamError)) { call in
            try call.streamResult { () throws(StreamFailure) in .u64(UInt64(try call.output(0).checkWrite(call))) }
        }
        list.add(
            "[method]output-stream.write", [stream, ("contents", .bytes)], to: .result(nil, .streamError)
        ) { call in
            try call.streamResult { () throws(StreamFailure) in
                try call.arguments[1].bytes.withBytes { (bytes) throws(StreamFailure) in
                    try call.output(0).write(bytes, call)
                }
                return nil
            }
        }
        list.add(
            "[method]output-stream.blocking-write-and-flush", [stream, ("contents", .bytes)],
            to: .result(nil, .streamError)
        ) { call in
            try call.streamResult { () throws(StreamFailure) in
                try call.arguments[1].bytes.withBytes { (bytes) throws(StreamFailure) in
                    try call.output(0).blockingWriteAndFlush(bytes, call)
                }
                return nil
            }
        }
        list.add(
            "[method]output-stream.write-zeroes", [stream, ("len", .u64)], to: .result(nil, .streamError)
        ) { call in
            try call.streamResult { () throws(StreamFailure) in
                try call.output(0).writeZeroes(call.arguments[1].u64, call)
                return nil
            }
        }
        list.add(
            "[method]output-stream.blocking-write-zeroes-and-flush", [stream, ("len", .u64)],
            to: .result(nil, .streamError)
        ) { call in
            try call.streamResult { () throws(StreamFailure) in
                let count = call.arguments[1].u64
                try OutputStream.requireBlockingWrite(count)
                try [UInt8](repeating: 0, count: Int(count)).withBytes { (bytes) throws(StreamFailure) in
                    try call.output(0).blockingWriteAndFlush(bytes, call)
                }
                return nil
            }
        }
    }

    private static func addMoving(to list: inout FunctionList) {
        list.add("[method]output-stream.flush", [stream], to: .result(nil, .streamError)) { call in
            try call.streamResult { () throws(StreamFailure) in
                try call.output(0).flush(call)
                return nil
            }
        }
        list.add("[method]output-stream.blocking-flush", [stream], to: .result(nil, .streamError)) { call in
            try call.streamResult { () throws(StreamFailure) in
                try call.output(0).blockingFlush(call)
                return nil
            }
        }
        list.add("[method]output-stream.subscribe", [stream], to: .own(.pollable)) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: OutputStream.self))
        }
        for (prefix, waits) in [("", false), ("blocking-", true)] {
            list.add(
                "[method]output-stream.\(prefix)splice",
                [stream, ("src", .borrow(.inputStream)), ("len", .u64)], to: .result(.u64, .streamError)
            ) { call in
                try call.streamResult { () throws(StreamFailure) in
                    let (output, input, limit) = (try call.output(0), try call.input(1), call.arguments[2].u64)
                    let count =
                        waits
                        ? try output.blockingSplice(from: input, upTo: limit, call)
                        : try output.splice(from: input, upTo: limit, call)
                    return .u64(UInt64(count))
                }
            }
        }
    }
}

extension WASICall {
    fileprivate func input(_ position: Int) throws(StreamFailure) -> InputStream {
        do throws(ResourceError) { return try resource(position) } catch { throw .host(error) }
    }

    fileprivate func output(_ position: Int) throws(StreamFailure) -> OutputStream {
        do throws(ResourceError) { return try resource(position) } catch { throw .host(error) }
    }
}

extension OutputStream {
    /// Writes zeros for which there was a permit.
    fileprivate func writeZeroes(_ count: UInt64, _ call: WASICall) throws(StreamFailure) {
        // A permit is never longer.
        let zeros = [UInt8](repeating: 0, count: Int(min(count, 1 << 24)))
        try zeros.withBytes { (bytes) throws(StreamFailure) in try write(bytes, call) }
    }
}
