/// The response that comes before the response: 100 (RFC 9110 section 15.2.1).
enum InterimResponse {
    enum Result { case sent, blocked, failed }

    /// Sends it as a whole or not at all: a socket that takes a part of its 25 bytes is of no use any more.
    static func sendContinue(to descriptor: Int32) -> Result {
        let line: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
        let bytes = UnsafeRawBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount)
        return switch StreamSocket.send(descriptor, bytes) {
        case .moved(bytes.count): .sent
        case .wouldBlock: .blocked
        case .moved, .end, .failed: .failed
        }
    }
}
