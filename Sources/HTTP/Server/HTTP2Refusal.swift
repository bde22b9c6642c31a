/// What a client is told that begins with HTTP/2 without having asked for it (RFC 9113 section 3.3).
///
/// A client of HTTP/2 reads frames, and would take an answer in HTTP/1.1 for garbage. It gets the two frames that the
/// protocol has for this: empty settings, with which every server begins, and the end of the connection, for the reason
/// that HTTP/1.1 is required, with words for people.
enum HTTP2Refusal {
    static let bytes: [UInt8] = frame(type: 4, []) + frame(type: 7, lastStream + reason + Array(words.utf8))

    /// None of the client's streams was looked at.
    private static let lastStream: [UInt8] = [0, 0, 0, 0]
    /// HTTP_1_1_REQUIRED (RFC 9113 section 7).
    private static let reason: [UInt8] = [0, 0, 0, 0x0D]
    private static let words = "this server speaks HTTP/1.1"

    /// A frame of the connection as a whole, without flags (RFC 9113 section 4.1).
    private static func frame(type: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, 0, 0, 0, 0, 0]
            + payload
    }
}
