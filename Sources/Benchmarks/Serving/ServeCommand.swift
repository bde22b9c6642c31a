import CommandLineInterface
import Foundation

/// Requests per second beside other servers.
enum ServeCommand {
    private static let program = Option(
        name: "program", valueName: "FILE",
        summary: "The hippo-dev to measure, instead of the one beside this; several are measured beside each other.",
        isRepeatable: true)
    private static let seconds = Option(
        name: "seconds", valueName: "N", summary: "How long each cell of the table is measured.", defaultValue: "2")
    private static let rounds = Option(
        name: "rounds", valueName: "N", summary: "How often the servers take turns; medians are shown.",
        defaultValue: "1")
    private static let workload = Option(
        name: "workload", valueName: "NAME", summary: "Only this: static, hello, cgi, rust or go.",
        isRepeatable: true)
    private static let connections = Option(
        name: "connections", valueName: "N",
        summary: "Only with so many connections; 'new' for one for each request. [default: 1, 8, 32, 128, 512, new]",
        isRepeatable: true)
    private static let server = Option(
        name: "server", valueName: "NAME", summary: "Only this: nginx, node, wasmtime, up or wagi.", isRepeatable: true)
    private static let crowd = Option(
        flag: "crowd",
        summary:
            "Instead: how long a hello takes beside 32 endless handlers, and what 400 handlers take that sleep 3 s.")

    static let command = Command(
        name: "serve",
        summary: "Requests per second beside nginx, Node and wasmtime serve.",
        discussion: """
            Starts nginx (one worker, no log), a plain server of Node, `wasmtime serve`, `hippo-dev up` and `hippo-dev wagi`, \
            as far as they are on the PATH, and has wrk ask them in turns, on the same processors. Logs go to files. \
            nginx serves the file of 10 KB in each table, since the ratios are to that. The processor time is that \
            of all processes of the server; its system calls are counted by perf or strace, with 32 connections. The \
            hellos in Rust and in Go are compared with that in C on the same server.
            """,
        options: [program, seconds, rounds, workload, connections, server, crowd],
        action: run
    )

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let seconds = try SaveBenchmark.number(seconds, arguments[seconds]) ?? 2
        let rounds = try SaveBenchmark.number(rounds, arguments[rounds]) ?? 1
        let chosen = try arguments.values(of: workload).map { name in
            guard let workload = Workload(rawValue: name) else { throw UsageError("unknown workload '\(name)'") }
            return workload
        }
        let counts = try arguments.values(of: connections).map { text in
            text == "new"
                ? Connections.newEachTime : Connections(count: try SaveBenchmark.number(connections, text) ?? 1)
        }
        let programs = arguments.values(of: program)
        let files = try ServedFiles()
        defer { files.remove() }
        let servers = Servers(
            files, programs: programs.isEmpty ? [Programs.besideThisProgram("hippo-dev")] : programs,
            wanted: arguments.isSet(crowd) ? ["up", "wagi"] : Set(arguments.values(of: server)))
        defer { servers.stop() }
        print("\(ProcessInfo.processInfo.activeProcessorCount) processors, \(seconds) s a cell, \(rounds) times")
        for (number, program) in programs.enumerated() where programs.count > 1 {
            print("(\(number + 1)) is \(program)")
        }
        for reason in files.absent + servers.absent { print("Absent: \(reason)") }
        if arguments.isSet(crowd) {
            try CrowdBenchmark(servers: servers.running.filter { $0.workloads.contains(.hello) }).run()
            return .success
        }
        guard let wrk = Programs.find("wrk") else {
            print("wrk is not on the PATH: nothing can be measured")
            return .failure
        }
        try ServeBenchmark(
            wrk: LoadGenerator(wrk: wrk), servers: servers.running,
            workloads: chosen.isEmpty ? Workload.allCases : chosen,
            connections: counts.isEmpty
                ? [1, 8, 32, 128, 512].map { Connections(count: $0) } + [.newEachTime] : counts,
            seconds: seconds, rounds: rounds
        ).run()
        return .success
    }
}
