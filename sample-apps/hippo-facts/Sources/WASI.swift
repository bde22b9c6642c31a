// The four functions of wasi_snapshot_preview1 that this program needs, and what Swift makes of them.

struct IOVector {
    var address: UInt32
    var count: UInt32
}

@_extern(wasm, module: "wasi_snapshot_preview1", name: "fd_write")
@_extern(c)
func fd_write(_ descriptor: UInt32, _ vectors: UInt32, _ vectorCount: UInt32, _ written: UInt32) -> UInt32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "random_get")
@_extern(c)
func random_get(_ address: UInt32, _ count: UInt32) -> UInt32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "args_sizes_get")
@_extern(c)
func args_sizes_get(_ count: UInt32, _ byteCount: UInt32) -> UInt32

@_extern(wasm, module: "wasi_snapshot_preview1", name: "args_get")
@_extern(c)
func args_get(_ pointers: UInt32, _ bytes: UInt32) -> UInt32

func address(of pointer: UnsafeRawPointer?) -> UInt32 {
    UInt32(UInt(bitPattern: pointer))
}

/// Writes `bytes` to the standard output, all of them.
func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
        var start = 0
        while start < buffer.count {
            var vector = IOVector(
                address: address(of: buffer.baseAddress! + start), count: UInt32(buffer.count - start))
            var written: UInt32 = 0
            let failure = withUnsafePointer(to: &vector) { vector in
                withUnsafeMutablePointer(to: &written) { written in
                    fd_write(1, address(of: vector), 1, address(of: written))
                }
            }
            guard failure == 0 else { return }
            start += Int(written)
        }
    }
}

func write(_ text: String) {
    write(Array(text.utf8))
}

/// A number from 0 up to, not including, `bound`.
func randomNumber(below bound: Int) -> Int {
    var number: UInt32 = 0
    _ = withUnsafeMutablePointer(to: &number) { random_get(address(of: $0), 4) }
    return Int(number % UInt32(bound))
}

/// The arguments after the first: for WAGI, the pieces of the query string.
func queryPieces() -> [[UInt8]] {
    var count: UInt32 = 0
    var byteCount: UInt32 = 0
    _ = withUnsafeMutablePointer(to: &count) { count in
        withUnsafeMutablePointer(to: &byteCount) { args_sizes_get(address(of: count), address(of: $0)) }
    }
    var pointers = [UInt32](repeating: 0, count: Int(count) + 1)
    var bytes = [UInt8](repeating: 0, count: Int(byteCount) + 1)
    return pointers.withUnsafeMutableBytes { pointers in
        bytes.withUnsafeMutableBytes { bytes in
            let base = address(of: bytes.baseAddress)
            guard args_get(address(of: pointers.baseAddress), base) == 0, count > 1 else { return [] }
            return (1..<Int(count)).map { index in
                let start = Int(pointers.load(fromByteOffset: index * 4, as: UInt32.self) - base)
                return Array(bytes[start...].prefix { $0 != 0 })
            }
        }
    }
}
