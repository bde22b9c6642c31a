/// Where what is in a request log's memory.
///
/// A page with the words of `Word`, then a ring of `capacity` bytes. Positions in the ring only grow; the byte at position
/// `p` is the ring's byte `p % capacity`. A record begins at a multiple of eight, with a `Mark`; unused bytes are zero.
///
/// See RequestLog.md in SandboxProtocol.docc.
enum RequestLogLayout {
    /// Bytes before the ring.
    static let headerSize = 4096
    /// Bytes of the ring; a power of two.
    static let capacity = 2 << 20
    static var byteCount: Int { headerSize + capacity }
    /// How much of the ring lines may fill, so that a handler that floods the log does not drive requests out of it.
    static let lineCapacity = capacity / 2

    /// Words of the header, by their index. Those that different processes write stand on different cache lines.
    enum Word {
        /// Up to which position writers have taken room. Written by writers.
        static let reserved = 0
        /// Up to which position everything has been read and cleared. Written by the reader.
        static let read = 16
        /// 1 while the reader sleeps and wants to be woken. Written by both.
        static let sleeping = 32
        /// How many requests and lines had no room. Written by writers.
        static let droppedRequests = 48
        static let droppedLines = 49
    }

    /// Fields of a record, by their offset in bytes. All of them are numbers in the machine's own order.
    enum Field {
        /// `Mark`.
        static let mark = 0
        /// `Kind`, one byte.
        static let kind = 8
        /// `Flags`, one byte.
        static let flags = 9
        /// Two bytes; 0 if the client got none.
        static let status = 10
        /// How many bytes of method or route, and of target or text, follow the fields; two bytes each.
        static let firstCount = 12
        static let secondCount = 14
        /// The request's number; 0 for a line that belongs to none.
        static let number = 16
        static let byteCount = 24
        /// The bits of a `Double`.
        static let milliseconds = 32
        static let revision = 40
        /// Nanoseconds since 1970.
        static let time = 48
        /// The position of the request's recording, with the lowest bit set; 0 if there is none.
        static let recording = 56
        static let end = 64
    }

    enum Kind: UInt8 {
        case request = 1
        case line = 2
    }

    struct Flags: OptionSet {
        let rawValue: UInt8
        static let firstIsCut = Flags(rawValue: 1)
        static let secondIsCut = Flags(rawValue: 2)
        static let isIncomplete = Flags(rawValue: 4)
        static let all: Flags = [.firstIsCut, .secondIsCut, .isIncomplete]
    }

    /// Of longer texts, so many bytes are kept.
    static let maximumMethod = 32
    static let maximumTarget = 2 << 10
    static let maximumRoute = 256
    static let maximumText = 16 << 10
    static let maximumRecord = Field.end + maximumRoute + maximumText

    /// How many bytes a record with so many bytes of text takes.
    static func size(textCount: Int) -> Int { (Field.end + textCount + 7) & ~7 }

    /// The first word of a record: how long it is, and how far its writer has come.
    ///
    /// It holds a part of the position, so that other bytes are hardly taken for one when the reader looks for the next
    /// record behind one that was never finished.
    struct Mark: Equatable {
        enum State: UInt8 {
            /// What is in it holds if the writer ends before it says what has become of the request.
            case open = 1
            case settled = 2
            /// It holds nothing.
            case void = 3
        }

        let state: State
        /// Bytes of the record.
        let size: Int

        /// What stands for the mark of a record at a position.
        func word(at position: UInt64) -> UInt64 {
            UInt64(UInt32(size)) | UInt64(state.rawValue) << 32 | Self.tag(position) << 40
        }

        init(state: State, size: Int) {
            self.state = state
            self.size = size
        }

        /// `nil` if the word is no mark of a record at this position.
        init?(word: UInt64, at position: UInt64) {
            guard let state = State(rawValue: UInt8(truncatingIfNeeded: word >> 32)), word >> 40 == Self.tag(position)
            else { return nil }
            self.state = state
            size = Int(UInt32(truncatingIfNeeded: word))
            guard size >= Field.end, size % 8 == 0, size <= RequestLogLayout.size(textCount: maximumRoute + maximumText)
            else { return nil }
        }

        private static func tag(_ position: UInt64) -> UInt64 { (position / 8) & 0xFF_FFFF }
    }
}
