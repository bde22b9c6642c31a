import Foundation

/// The system's zlib, to compare with; loaded when it is first asked for.
enum Zlib {
    private typealias Initialize = @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
    private typealias Inflate = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
    private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

    private struct Functions {
        let initialize: Initialize
        let inflate: Inflate
        let end: End
    }

    /// `z_stream` of zlib.h.
    private struct Stream {
        var input: UnsafePointer<UInt8>?
        var inputCount: UInt32 = 0
        var inputTotal: UInt = 0
        var output: UnsafeMutablePointer<UInt8>?
        var outputCount: UInt32 = 0
        var outputTotal: UInt = 0
        var message: UnsafePointer<CChar>?
        var state: OpaquePointer?
        var allocate: OpaquePointer?
        var free: OpaquePointer?
        var opaque: OpaquePointer?
        var dataType: Int32 = 0
        var checksum: UInt = 0
        var reserved: UInt = 0
    }

    private static let functions: Functions? = {
        guard let library = dlopen("libz.so.1", RTLD_NOW),
            let initialize = dlsym(library, "inflateInit2_"), let inflate = dlsym(library, "inflate"),
            let end = dlsym(library, "inflateEnd")
        else { return nil }
        return Functions(
            initialize: unsafeBitCast(initialize, to: Initialize.self),
            inflate: unsafeBitCast(inflate, to: Inflate.self), end: unsafeBitCast(end, to: End.self))
    }()

    static var isAvailable: Bool { functions != nil }

    enum Format: Int32 {
        /// DEFLATE data alone.
        case raw = -15
        case gzip = 31
    }

    /// The bytes that `input` unpacks to, and how many of its own that took; `nil` if it is damaged, not whole, or unpacks to
    /// more than `limit`.
    static func inflate(_ input: [UInt8], _ format: Format, limit: Int) -> (bytes: [UInt8], consumed: Int)? {
        guard let functions else { return nil }
        var output = [UInt8](repeating: 0, count: limit + 1)
        return input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var stream = Stream(
                    input: input.baseAddress, inputCount: UInt32(input.count), output: output.baseAddress,
                    outputCount: UInt32(output.count))
                let size = Int32(MemoryLayout<Stream>.size)
                guard functions.initialize(&stream, format.rawValue, "1.2.11", size) == 0 else { return nil }
                defer { _ = functions.end(&stream) }
                // Z_FINISH, and Z_STREAM_END.
                guard functions.inflate(&stream, 4) == 1, stream.outputTotal <= limit else { return nil }
                return (Array(output[..<Int(stream.outputTotal)]), Int(stream.inputTotal))
            }
        }
    }
}
