/// Where what is in the memory of recordings.
///
/// A page with two words, a ring for the recordings themselves, and one for bodies. Positions only grow; the byte at position
/// `p` of a ring is its byte `p % capacity`. What has been reserved stands in one piece: it never goes on at the ring's
/// beginning. All numbers are in the machine's own order.
///
/// See Recording.md in SandboxProtocol.docc.
enum RecordingLayout {
    static let headerSize = 4096
    /// Bytes of the ring for recordings; a power of two. 1,000 of 8 KiB.
    static let capacity = 8 << 20
    /// Bytes of the ring for bodies; a power of two.
    static let bodyCapacity = 64 << 20
    static var byteCount: Int { headerSize + capacity + bodyCapacity }

    /// Words of the header, by their index: up to where room has been taken in each ring. They stand on cache lines of
    /// their own.
    enum Word {
        static let reserved = 0
        static let reservedBodies = 16
    }

    /// Fields of a recording, by their offset in bytes: literals, which cost nothing where they are used.
    enum Field {
        /// Eight bytes, written last: see `mark(at:)`.
        static let mark = 0
        /// The digest of all that follows.
        static let digest = 8
        /// Bytes of the recording, four of them.
        static let size = 16
        /// `Flags`, four bytes.
        static let flags = 20
        static let number = 24
        static let revision = 32
        /// Nanoseconds since 1970, when the request's head was there.
        static let time = 40
        /// Nanoseconds, each.
        static let queue = 48
        static let instantiate = 56
        static let run = 64
        /// Bytes.
        static let memory = 72
        /// Three of `BlobField.end` bytes each, in the order of `Blob`.
        static let blobs = 80
        /// Four bytes for each `Section`.
        static let counts = 176
        static let end = 216
    }

    /// What stands of a blob in a recording.
    enum BlobField {
        /// In the ring of bodies.
        static let position = 0
        static let digest = 8
        /// How many bytes there were.
        static let total = 16
        /// How many of them are kept; four bytes.
        static let count = 24
        static let end = 32
    }

    /// What is kept in the ring of bodies.
    enum Blob: Int, CaseIterable {
        case requestBody, responseBody, errorOutput
    }

    /// Texts of a recording, one after the other behind its fields.
    enum Section: Int, CaseIterable {
        case method, target
        /// `Name: value`, each with CR LF.
        case requestFields
        /// As it was sent, the status line included.
        case responseHead
        case route, module, function
        /// `NAME=value`, each with a NUL.
        case environment
        /// Each with a NUL.
        case arguments
        /// A JSON object.
        case failure

        /// Of a longer one, so many bytes are kept.
        var limit: Int {
            switch self {
            case .method, .route, .module, .function: 4 << 10
            case .target: 64 << 10
            case .requestFields, .responseHead, .failure: 128 << 10
            case .environment: 256 << 10
            case .arguments: 64 << 10
            }
        }
    }

    struct Flags: OptionSet {
        let rawValue: UInt32
        /// The response's body is a stored file, or a part of it, whose digest the response's ETag is.
        static let bodyIsStored = Flags(rawValue: 1)
        /// A module was run.
        static let hasRun = Flags(rawValue: 2)
        /// The client speaks TLS.
        static let isSecured = Flags(rawValue: 4)
        static let all: Flags = [.bodyIsStored, .hasRun, .isSecured]
    }

    /// Of a longer body, so many bytes are kept.
    static let maximumBlob = 64 << 10
    static var maximumRecording: Int { Field.end + Section.allCases.reduce(0) { $0 + $1.limit } + 8 }

    /// The first word of a recording at a position: no other one has it, and no memory that has not been written to.
    static func mark(at position: UInt64) -> UInt64 { position ^ 0x9E37_79B9_7F4A_7C15 }
}
