import Foundation

/// Has the servers answer in turns, and prints a table for each workload.
struct ServeBenchmark {
    let wrk: LoadGenerator
    let servers: [RunningServer]
    let workloads: [Workload]
    let connections: [Connections]
    let seconds: Int
    let rounds: Int

    func run() throws {
        for workload in workloads {
            // nginx has only the file, which all are compared with.
            let taking = servers.filter { server in
                server.workloads.contains(workload) || server.name == "nginx" && !workload.isComparedWithHello
            }
            guard taking.contains(where: { $0.workloads.contains(workload) }) else { continue }
            let reference = workload.isComparedWithHello ? "of hello" : "of nginx"
            print("\n\(workload.title)\n")
            print(
                "| server | connections | requests/s | \(reference) | p50 µs | p99 µs | CPU µs/request | system calls | errors |"
            )
            print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
            for connections in connections { try measure(workload, connections, taking) }
        }
    }

    private func measure(_ workload: Workload, _ connections: Connections, _ taking: [RunningServer]) throws {
        var samples = [[LoadGenerator.Figures]](repeating: [], count: taking.count)
        var hellos = samples
        for _ in 0..<rounds {
            for (index, server) in taking.enumerated() {
                samples[index].append(try load(server, workload, connections, seconds))
                guard workload.isComparedWithHello else { continue }
                hellos[index].append(try load(server, .hello, connections, seconds))
            }
        }
        let nginx = taking.firstIndex { $0.name == "nginx" }.map { samples[$0].map(\.rate).median }
        for (index, server) in taking.enumerated() {
            let calls = connections == Connections(count: 32) ? try systemCalls(server, workload, connections) : nil
            let figures = samples[index]
            let reference = workload.isComparedWithHello ? hellos[index].map(\.rate).median : nginx
            let errors = figures.reduce(0) { $0 + $1.failures + $1.broken }
            let ratio = reference.map { String(format: "%.2f", figures.map(\.rate).median / $0) } ?? "–"
            print(
                "| \(server.name) | \(connections) "
                    + String(
                        format: "| %.0f | %@ | %.0f | %.0f | %.0f | %@ | %d |", figures.map(\.rate).median, ratio,
                        figures.map(\.medianLatency).median, figures.map(\.slowLatency).median,
                        figures.map(\.processorTime).median, calls ?? "", errors))
        }
        fflush(nil)
    }

    private func load(
        _ server: RunningServer, _ workload: Workload, _ connections: Connections, _ seconds: Int
    ) throws -> LoadGenerator.Figures {
        // A server that does not run the workload is measured with its file.
        let workload = server.workloads.contains(workload) ? workload : .staticFile
        return try wrk.run(
            server.url(workload), connections: connections, posts: workload.posts, seconds: seconds,
            server: server.identifier)
    }

    /// System calls of all the server's processes for each request, in a run of their own.
    private func systemCalls(_ server: RunningServer, _ workload: Workload, _ connections: Connections) throws -> String
    {
        var requests = 0
        let count = try SystemCalls.count(of: ProcessTree.members(of: server.identifier)) {
            requests = try load(server, workload, connections, 1).requests
        }
        return count.map { String(format: "%.1f", Double($0) / Double(max(1, requests))) } ?? "–"
    }
}
