import HTTP

/// The field by which a part of a blob is asked for.
enum BlobRange {
    /// - Parameters:
    ///   - range: What is wanted; `nil` for all.
    ///   - received: How many bytes of it have come already.
    static func headers(_ name: String, _ range: Range<Int>?, received: Int) -> Headers {
        if let range { return [name: "bytes=\(range.lowerBound + received)-\(range.upperBound - 1)"] }
        return received == 0 ? [:] : [name: "bytes=\(received)-"]
    }
}
