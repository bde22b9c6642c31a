package import ComponentModel
import Platform

extension HostInterface {
    /// `wasi:random/random`.
    package static let random = HostInterface(wasi: "wasi:random/random") { list in
        list.add("get-random-bytes", [("len", .u64)], to: .bytes) { call in .bytes(try call.randomBytes()) }
        list.add("get-random-u64", to: .u64) { _ in .u64(.random(in: 0 ... .max)) }
    }

    /// `wasi:random/insecure`, which is as good here.
    package static let insecureRandom = HostInterface(wasi: "wasi:random/insecure") { list in
        list.add("get-insecure-random-bytes", [("len", .u64)], to: .bytes) { call in .bytes(try call.randomBytes()) }
        list.add("get-insecure-random-u64", to: .u64) { _ in .u64(.random(in: 0 ... .max)) }
    }

    /// `wasi:random/insecure-seed`.
    package static let insecureSeed = HostInterface(wasi: "wasi:random/insecure-seed") { list in
        list.add("insecure-seed", to: .tuple(.u64, .u64)) { _ in
            .record([.u64(.random(in: 0 ... .max)), .u64(.random(in: 0 ... .max))])
        }
    }
}

extension WASICall {
    /// More than that fits into no list.
    private static var randomLimit: UInt64 { 1 << 28 }

    /// As many bytes as the first argument says.
    fileprivate func randomBytes() throws -> [UInt8] {
        let count = arguments[0].u64
        guard count < Self.randomLimit else {
            throw ResourceError("\(count) random bytes were asked for, and a list has room for \(Self.randomLimit - 1)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        // The host gives at most 256 bytes at a time.
        var start = 0
        while start < bytes.count {
            try endIfInterrupted()
            let end = min(start + 256, bytes.count)
            let result = bytes.withUnsafeMutableBytes { getentropy($0.baseAddress! + start, end - start) }
            guard result == 0 else { throw SystemError.last("getentropy") }
            start = end
        }
        return bytes
    }
}
