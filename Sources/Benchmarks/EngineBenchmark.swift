import Foundation

/// Runs each guest on each engine, the engines taking turns, and prints the medians and their ratios as a table.
struct EngineBenchmark {
    let programs: Programs
    let engines: [Engine]
    let guests: [Guest]
    let repetitions: Int

    func run() {
        print("Milliseconds, medians of \(repetitions).\n")
        print("| program | " + engines.map(\.rawValue).joined(separator: " | ") + " | wasmkit / hippo-dev |")
        print("| --- |" + String(repeating: " ---: |", count: engines.count + 1))
        for guest in guests {
            let medians = measure(guest)
            let columns = engines.map { engine in medians[engine].map { String(format: "%.1f", $0) } ?? "–" }
            var ratio = "–"
            if let ours = medians[.hippoDev], let theirs = medians[.wasmkit] {
                ratio = String(format: "%.2f", theirs / ours)
            }
            print("| \(guest.name) | \(columns.joined(separator: " | ")) | \(ratio) |")
        }
    }

    /// The median of each engine that could run the guest; why another could not goes to standard error.
    private func measure(_ guest: Guest) -> [Engine: Double] {
        var samples: [Engine: [Double]] = [:]
        var failed: Set<Engine> = []
        for _ in 0..<repetitions {
            for engine in engines where !failed.contains(engine) {
                do {
                    let time = try engine.milliseconds(
                        module: guest.module, arguments: guest.arguments, programs: programs)
                    samples[engine, default: []].append(time)
                } catch {
                    failed.insert(engine)
                    FileHandle.standardError.write(Data("\(error)\n".utf8))
                }
            }
        }
        return samples.filter { !failed.contains($0.key) }.mapValues(\.median)
    }
}
