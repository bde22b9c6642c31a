import CommandLineInterface
import Foundation
import Platform
import Synchronization

/// A sandbox under load, saves and faults, for minutes.
enum SoakCommand {
    private static let minutes = Option(
        name: "minutes", valueName: "N", summary: "How long it takes.", defaultValue: "10")
    private static let clients = Option(
        name: "clients", valueName: "N", summary: "How many clients ask at the same time.", defaultValue: "24")
    private static let seed = Option(
        name: "seed", valueName: "N", summary: "Have the clients do the same again. It is shown at the start.")
    private static let pause = Option(
        name: "pause", valueName: "MS", summary: "How long after a save the next one comes.", defaultValue: "200")

    static let command = Command(
        name: "soak",
        summary: "Whether up answers rightly under load, saves and faults, and needs no more and more of the machine.",
        discussion: """
            Runs `hippo-dev up` on a project of eight handlers and some files. Clients ask for them, send bodies and \
            leave half-way, and put parcels into the Bindle server. Meanwhile handlers and files are saved, HIPPOFACTS is \
            broken now and then and mended, and WAGI processes are killed. Each answer has to be whole and the request's \
            own, and not older than what had been saved, unless it says so; only what a process that is killed was \
            answering may be cut. After a fifth of the time (2 minutes of 10) and at the end, memory and descriptors of \
            all processes are taken five times while the clients rest: the middle ones may be 5 % more at the end. The \
            exit code is 1 if anything was wrong.
            """,
        options: [minutes, clients, seed, pause, SaveBenchmark.program],
        action: run
    )

    private static let allowedGrowth = 0.05

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        let minutes = try SaveBenchmark.number(minutes, arguments[minutes]) ?? 10
        let clientCount = try SaveBenchmark.number(clients, arguments[clients]) ?? 24
        let pause = try SaveBenchmark.number(pause, arguments[pause]) ?? 200
        let seed = try arguments.value(of: seed, expecting: "a number") { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
        StandardOutput.tell("seed \(seed)")

        let project = try SoakProject()
        defer { project.remove() }
        let sandbox = try RunningSandbox(
            hippoDev: arguments[SaveBenchmark.program] ?? Programs.besideThisProgram("hippo-dev"),
            project: project.directory, path: "hello")
        defer { sandbox.stop() }
        let (record, gate) = (SoakRecord(), SoakGate())
        let ended = DispatchGroup()
        let (app, bindles) = (sandbox.app, sandbox.bindles)
        for number in 0..<clientCount {
            ended.enter()
            SystemThread.detach(name: "client") {
                SoakClient(
                    number: number, seed: seed &+ UInt64(number), project: project, app: app,
                    bindles: bindles, record: record, gate: gate
                ).run()
                ended.leave()
            }
        }
        let faults = SoakFaults(
            project: project, root: sandbox.identifier, pause: pause, seed: seed &- 1, record: record, gate: gate)
        for work in [faults.save, faults.kill] {
            ended.enter()
            SystemThread.detach(name: "faults") {
                work()
                ended.leave()
            }
        }

        let start = MonotonicTime.now
        let whole = Duration.seconds(60 * minutes)
        wait(until: start + whole / 5)
        let first = sample(sandbox, gate)
        StandardOutput.tell("after \((whole / 5).components.seconds) s: \(first.description)")
        wait(until: start + whole)
        let last = sample(sandbox, gate)
        StandardOutput.tell("after \(whole.components.seconds) s: \(last.description)")
        gate.end()
        ended.wait()

        StandardOutput.tell("\(project.saveCount) saves, \(record.killCount) processes killed")
        for (name, count) in record.counts { StandardOutput.tell("\(name): \(count)") }
        var violations = record.violations
        let growth = last.growth(since: first, beyond: allowedGrowth)
        violations += growth
        for violation in violations { StandardOutput.tell("wrong: \(PrintableText.line(violation))") }
        StandardOutput.tell("\(record.violationCount + growth.count) violations")
        return violations.isEmpty ? .success : .failure
    }

    private static func wait(until time: MonotonicTime) {
        while MonotonicTime.now < time { usleep(50_000) }
    }

    /// What the sandbox needs while nobody asks for anything: the middle of five times, with requests between them. How
    /// many instances a WAGI process has kept, and whether it has just been replaced, is another matter each time.
    private static func sample(_ sandbox: RunningSandbox, _ gate: SoakGate) -> SoakSample {
        let samples = (0..<5).map { _ in
            sleep(2)
            gate.close()
            defer { gate.open() }
            // Until it serves what was saved last, and has given back what it needs no more.
            sleep(5)
            return SoakSample(of: sandbox.identifier)
        }
        return SoakSample(middleOf: samples)
    }
}
