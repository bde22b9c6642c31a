import Foundation

/// `wrk`, which asks as fast as it is answered.
struct LoadGenerator {
    let wrk: String

    /// What one run came to.
    struct Figures {
        var requests: Int
        var seconds: Double
        /// Microseconds.
        var medianLatency: Double
        /// Microseconds.
        var slowLatency: Double
        /// Answers that were neither 2xx nor 3xx.
        var failures: Int
        /// Connections that broke, and requests that had no answer in two seconds.
        var broken: Int
        /// Microseconds of processor time of the server's processes, for each request.
        var processorTime: Double = 0

        var rate: Double { Double(requests) / seconds }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Asks `url` for so many seconds.
    ///
    /// - Parameters:
    ///   - connections: how many at a time; each is kept alive unless `closes`.
    ///   - server: the process whose time, and that of its descendants, is counted.
    func run(_ url: String, connections: Connections, posts: Bool, seconds: Int, server: Int32) throws -> Figures {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: wrk)
        let script = Programs.peersDirectory.appendingPathComponent("wrk-report.lua").path
        process.arguments =
            ["-t1", "-c\(connections.count)", "-d\(seconds)s", "-s", script, url, "--"]
            + (posts ? ["post"] : []) + (connections.closes ? ["close"] : [])
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let before = ProcessTree.processorTime(of: server)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let after = ProcessTree.processorTime(of: server)
        let line = text.split(separator: "\n").last { $0.hasPrefix("figures ") }
        let numbers = line?.split(separator: " ").dropFirst().compactMap { Int($0) } ?? []
        guard numbers.count == 6, numbers[0] > 0 else {
            throw Failure(description: "wrk on \(url) told no figures: \(text.suffix(300))")
        }
        return Figures(
            requests: numbers[0], seconds: Double(numbers[1]) / 1e6, medianLatency: Double(numbers[2]),
            slowLatency: Double(numbers[3]), failures: numbers[4], broken: numbers[5],
            processorTime: (after - before) * 1e6 / Double(numbers[0]))
    }
}

/// How clients connect.
struct Connections: Hashable, CustomStringConvertible {
    var count: Int
    /// Whether each request has a connection of its own.
    var closes = false

    static let newEachTime = Connections(count: 32, closes: true)

    var description: String { closes ? "new, \(count)" : "\(count)" }
}
