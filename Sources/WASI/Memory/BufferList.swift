import Glibc

/// The buffers of a guest's scattered read or gathered write (`iovec_array`), checked, and none of them empty.
///
/// A list that is too long for one call of the host, or that adds up to more than a count can tell, is cut: a read or
/// write may always do less than it was asked for.
package struct BufferList {
    /// How many buffers the host takes at once.
    private static let limit = 1_024

    let buffers: [iovec]
    /// How many bytes they hold together.
    let byteCount: Int

    init(at address: UInt32, count: UInt32, in memory: GuestMemory) throws(ErrorNumber) {
        let list = try memory.elements(at: address, count: count, size: 8)
        var buffers: [iovec] = []
        var total: UInt32 = 0
        for index in 0..<Int(count) {
            if buffers.count == Self.limit { break }
            let start = list.load(UInt32.self, at: index * 8)
            let length = list.load(UInt32.self, at: index * 8 + 4)
            let buffer = try memory.bytes(at: start, count: length)
            let (sum, overflow) = total.addingReportingOverflow(length)
            if overflow { break }
            total = sum
            if length > 0 { buffers.append(iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)) }
        }
        self.buffers = buffers
        byteCount = Int(total)
    }

    /// One buffer of the host's, to be filled.
    package init(_ buffer: UnsafeMutableRawBufferPointer) {
        buffers = buffer.isEmpty ? [] : [iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)]
        byteCount = buffer.count
    }

    /// One buffer of the host's, to be read from.
    package init(reading buffer: UnsafeRawBufferPointer) {
        // Nothing is written through the pointer, which has no other type in an `iovec`.
        self.init(UnsafeMutableRawBufferPointer(mutating: buffer))
    }

    var first: UnsafeMutableRawBufferPointer? {
        buffers.first.map { UnsafeMutableRawBufferPointer(start: $0.iov_base, count: $0.iov_len) }
    }
}
