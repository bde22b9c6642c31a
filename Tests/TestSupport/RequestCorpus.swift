import Foundation

/// The requests of `Requests/malformed.txt`, which says what is in it.
package enum RequestCorpus {
    package struct Case: Sendable, CustomStringConvertible {
        /// Of the answer; `nil` for a request that is in order.
        package let status: Int?
        /// Whether only a server sees the fault that reads the body.
        package let isInBody: Bool
        /// Whether the client ends its sending side.
        package let endsSending: Bool
        package let name: String
        package let bytes: [UInt8]

        package var description: String { name }
    }

    package static let cases: [Case] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Requests/malformed.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(parse)
    }()

    private static func parse(_ line: Substring) -> Case {
        let halves = line.split(separator: "\t", maxSplits: 1)
        let words = halves[0].split(separator: " ", maxSplits: 2)
        let status = Int(words[0])!
        return Case(
            status: status == 0 ? nil : status, isInBody: words[1].contains("b"), endsSending: words[1].contains("e"),
            name: String(words[2]), bytes: EscapedBytes.bytes(of: halves[1]))
    }

    /// What is wrong with a server's answers, for each case that it gets wrong.
    ///
    /// - Parameter readsBodies: whether the server reads the body of a POST to `/`.
    package static func failures(port: UInt16, readsBodies: Bool) throws -> [String] {
        var failures: [String] = []
        for one in cases where readsBodies || !one.isInBody {
            let socket = try RawSocket(port: port)
            // A server may have answered, and closed, before it has got all.
            try? socket.send(bytes: one.bytes)
            if one.endsSending { socket.endSending() }
            let answer = try one.status == nil ? socket.receive(until: "\r\n\r\n") : socket.receiveAll()
            let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            let isRight =
                one.status.map { $0 == status } ?? (status.map { ![400, 408, 413, 431, 501].contains($0) } ?? false)
            let answerCount = answer.components(separatedBy: "HTTP/1.1 ").count - 1
            if !isRight || answerCount != 1 {
                failures.append("\(one.name): \(status ?? 0) in \(answerCount) answers, not \(one.status ?? 0)")
            }
        }
        return failures
    }
}
