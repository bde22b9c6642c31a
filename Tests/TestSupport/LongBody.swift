import Foundation

/// A body of a request, too long to be kept in memory: a block of random bytes over and over, of a length that no buffer
/// has, so that bytes that are lost, doubled or out of order show.
package struct LongBody {
    /// In bytes.
    package let count: Int
    /// The block, twice: what begins anywhere in the first goes on without a break.
    private let blocks: [UInt8]
    private static let blockSize = 65_521

    package init(count: Int) {
        self.count = count
        var generator = SeededGenerator(seed: UInt64(count))
        let block = (0..<Self.blockSize).map { _ in UInt8.random(in: 0...255, using: &generator) }
        blocks = block + block
    }

    /// Sends all of it, and receives nothing meanwhile.
    package func send(to socket: RawSocket) throws {
        var sent = 0
        while sent < count {
            let part = min(Self.blockSize, count - sent)
            try socket.send(bytes: Array(blocks[..<part]))
            sent += part
        }
    }

    /// Receives until the connection ends, and compares.
    /// - Returns: How many bytes were right before the first that was not: all of them if it arrives whole.
    package func countReceived(from socket: RawSocket) throws -> Int {
        var received = 0
        var buffer = [UInt8](repeating: 0, count: Self.blockSize)
        while true {
            let arrived = try buffer.withUnsafeMutableBytes { try socket.receive(into: $0) }
            if arrived == 0 { return received }
            let place = received % Self.blockSize
            let isRight = blocks.withUnsafeBytes { memcmp($0.baseAddress! + place, buffer, arrived) == 0 }
            guard isRight, received + arrived <= count else { return received }
            received += arrived
        }
    }
}
