import CLinux
import Cryptography
import Glibc
import Platform

/// What a process asks the one that has the store for: a parcel that is not on this machine.
struct ParcelRequest {
    let digest: SHA256Digest
    let size: Int

    /// The first byte of an answer.
    enum Answer: UInt8 {
        /// The file's descriptor comes along.
        case file = 1
        case missing
        /// A text follows that says why.
        case failure

        func send(over connection: Int32, descriptor: Int32? = nil, text: String = "") {
            let bytes = [rawValue] + Array(text.utf8)
            _ = bytes.withUnsafeBytes { bytes in
                descriptor.map { DescriptorPassing.send(bytes, with: [$0], over: connection) }
                    ?? Glibc.send(connection, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    /// How a request ends.
    enum Outcome {
        /// The caller closes the descriptor.
        case file(Int32)
        case missing
        case failure(String)
    }

    static func socketPath(ofStore path: String) -> String { path + ".fetch" }

    /// Digest and size, each in hexadecimal digits.
    private static let length = 64 + 16
    /// Seconds that an answer may take: as long as a large parcel.
    private static let patience = 600

    init(digest: SHA256Digest, size: Int) {
        self.digest = digest
        self.size = size
    }

    init?(readingFrom connection: Int32) {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        guard recv(connection, &bytes, bytes.count, Int32(MSG_WAITALL)) == bytes.count,
            let digest = SHA256Digest(hex: String(decoding: bytes[..<64], as: UTF8.self)),
            let size = Int(String(decoding: bytes[64...], as: UTF8.self), radix: 16), size >= 0
        else { return nil }
        self.init(digest: digest, size: size)
    }

    /// Asks the process that has the store, and waits for its answer.
    func send(toStore path: String) -> Outcome {
        let connection: Int32
        do throws(SystemError) { connection = try LocalSocket.connect(to: Self.socketPath(ofStore: path)) } catch {
            return .failure("the process that has the store does not answer: \(error.reason)")
        }
        defer { close(connection) }
        LocalSocket.setTimeout(Self.patience, of: connection)
        let number = String(size, radix: 16)
        let bytes = Array((digest.hex + String(repeating: "0", count: 16 - number.count) + number).utf8)
        guard Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            return .failure("the process that has the store does not answer")
        }
        var descriptors: [Int32] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            DescriptorPassing.receive($0, with: &descriptors, upTo: 1, over: connection)
        }
        switch count > 0 ? Answer(rawValue: buffer[0]) : nil {
        case .file: return descriptors.first.map { .file($0) } ?? .failure("no file has come")
        case .missing: return .missing
        case .failure: return .failure(String(decoding: buffer[1..<count], as: UTF8.self))
        case nil: return .failure("the process that has the store has ended")
        }
    }
}
