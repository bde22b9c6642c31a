import ComponentModel

/// The resource `input-stream` of `wasi:io/streams`.
package final class InputStream: Awaitable {
    /// How many bytes are read at a time at most, whatever a component asks for.
    private static let readLimit = 64 << 10

    /// `nil` once the stream is closed.
    private var source: (any ByteSource)?

    package init(_ source: any ByteSource) {
        self.source = source
    }

    package var readiness: Readiness { source?.readiness ?? .ready }

    /// Returns the next bytes, at most `limit`; none if nothing has come yet.
    func read(upTo limit: UInt64, _ call: WASICall) throws(StreamFailure) -> [UInt8] {
        guard let source else { throw .closed }
        guard limit > 0 else { return [] }
        do throws(StreamFailure) {
            return try source.read(upTo: Int(min(limit, UInt64(Self.readLimit))), call)
        } catch {
            self.source = nil
            throw error
        }
    }

    /// Returns the next bytes, at least one unless none were asked for.
    func blockingRead(upTo limit: UInt64, _ call: WASICall) throws(StreamFailure) -> [UInt8] {
        while true {
            let bytes = try read(upTo: limit, call)
            if !bytes.isEmpty || limit == 0 { return bytes }
            do { try call.wait(for: readiness) } catch { throw .host(error) }
        }
    }
}
