/// What is wrong with an archive that is read.
package enum ArchiveError: Error, Hashable, CustomStringConvertible {
    /// It is no gzip file, or one of a kind that is not read.
    case notGzip(String)
    /// The compressed data breaks the rules of DEFLATE.
    case malformedData(String)
    /// It ends before it is whole.
    case truncated
    /// There is something after the end.
    case trailingData
    /// The unpacked bytes are not those that were packed.
    case wrongChecksum
    /// It unpacks to more than is allowed.
    case tooLarge(limit: Int64)
    /// So little unpacks to so much that it is taken for an attack.
    case implausibleRatio(packed: Int64, unpacked: Int64)
    /// A header of a tar archive is not valid; the place is that of the header, in bytes from the beginning.
    case malformedHeader(offset: Int64, problem: String)
    /// An entry that is refused.
    case refused(path: String, problem: String)

    package var description: String {
        switch self {
        case .notGzip(let problem): "this is not a gzip file that can be read: \(problem)"
        case .malformedData(let problem): "the compressed data is damaged: \(problem)"
        case .truncated: "the archive is truncated"
        case .trailingData: "there is data after the end of the archive"
        case .wrongChecksum: "the archive is damaged: its checksum is not that of its content"
        case .tooLarge(let limit): "the archive unpacks to more than the \(limit) bytes that are allowed"
        case .implausibleRatio(let packed, let unpacked):
            "the archive unpacks \(packed) bytes to more than \(unpacked), which only an attack does"
        case .malformedHeader(let offset, let problem):
            "the archive's header at byte \(offset) is not valid: \(problem)"
        case .refused(let path, let problem): "the archive's entry \(path.debugDescription) is refused: \(problem)"
        }
    }
}

/// Puts the next bytes into the buffer, which is not empty, and returns their number; 0 at the end.
package typealias ByteSource = (UnsafeMutableRawBufferPointer) throws -> Int

/// Takes all of the bytes.
package typealias ByteSink = (UnsafeRawBufferPointer) throws -> Void

/// How much an archive may unpack to.
package struct UnpackingLimits: Hashable, Sendable {
    /// Bytes in all.
    package var maximumSize: Int64
    /// Bytes for each packed byte, once there are more than `plausibleSize`; `nil` for any number.
    package var maximumRatio: Int64?
    /// As much may come from however little.
    package static let plausibleSize: Int64 = 64 << 20

    package init(maximumSize: Int64 = 16 << 30, maximumRatio: Int64? = 200) {
        self.maximumSize = maximumSize
        self.maximumRatio = maximumRatio
    }

    func check(packed: Int64, unpacked: Int64) throws(ArchiveError) {
        guard unpacked <= maximumSize else { throw .tooLarge(limit: maximumSize) }
        guard let maximumRatio, unpacked > Self.plausibleSize else { return }
        let (allowed, overflow) = packed.multipliedReportingOverflow(by: maximumRatio)
        guard overflow || unpacked <= allowed else { throw .implausibleRatio(packed: packed, unpacked: unpacked) }
    }
}
