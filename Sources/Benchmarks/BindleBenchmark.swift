import Bindle
import CommandLineInterface
import Foundation
import HTTP
import Synchronization

/// How fast a Bindle server answers what clients ask for most, takes bindles in, and gives a large parcel out.
enum BindleBenchmark {
    private static let before = Option(
        name: "before", valueName: "FILE", summary: "Another hippo-dev, which is measured first, in the same run.")
    private static let count = Option(
        name: "bindles", valueName: "N", summary: "How many bindles are there.", defaultValue: "2000")
    private static let seconds = Option(
        name: "seconds", valueName: "N", summary: "How long each request is asked again and again.", defaultValue: "3")
    private static let parcels = Option(
        name: "parcels", valueName: "N", summary: "How many parcels the longest invoice has.", defaultValue: "120000")

    static let command = Command(
        name: "bindle",
        summary: "Time a Bindle server: invoices, searches, taking in, a large parcel, a long invoice.",
        discussion: """
            Serves a store of its own in strict mode, takes bindles of three parcels in over one connection, and has wrk ask \
            for them over 8 connections. Their parcels come over 8 connections, too. A parcel of 100 MB is fetched three \
            times; the median counts. All figures are absolute; with --before there are two columns, measured one after \
            the other.
            """,
        options: [before, SaveBenchmark.program, count, seconds, parcels],
        action: run
    )

    private static func run(_ arguments: ParsedArguments) throws -> ExitCode {
        guard let wrk = Programs.find("wrk") else { throw UsageError("wrk is not installed, which sends the requests") }
        var programs = [("after", arguments[SaveBenchmark.program] ?? Programs.besideThisProgram("hippo-dev"))]
        if let before = arguments[before] { programs.insert(("before", before), at: 0) }
        let plan = Plan(
            load: LoadGenerator(wrk: wrk), count: try SaveBenchmark.number(count, arguments[count]) ?? 2000,
            seconds: try SaveBenchmark.number(seconds, arguments[seconds]) ?? 3,
            parcels: try SaveBenchmark.number(parcels, arguments[parcels]) ?? 120_000)
        var rows: [(name: String, figures: [String])] = []
        for (_, program) in programs {
            for (index, figure) in try plan.measure(program).enumerated() {
                if index == rows.count { rows.append((figure.name, [])) }
                rows[index].figures.append(figure.value)
            }
        }
        print("| | \(programs.map(\.0).joined(separator: " | ")) |")
        print("| --- |\(programs.map { _ in " ---: |" }.joined())")
        for row in rows { print("| \(row.name) | \(row.figures.joined(separator: " | ")) |") }
        return .success
    }

    /// What is measured of one program.
    private struct Plan {
        let load: LoadGenerator
        let count: Int
        let seconds: Int
        let parcels: Int

        typealias Figure = (name: String, value: String)

        func measure(_ program: String) throws -> [Figure] {
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent("bindle-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let server = try StrictServer(program, store: directory.appendingPathComponent("bindles.sqlite"))
            defer { server.stop() }
            let client = try BindleClient(baseURL: server.url)

            let texts = try (0..<count).map { try Self.invoice($0).encoded(as: .toml) }
            let plain = Client()
            let start = ContinuousClock.now
            for text in texts { try Self.post(text, to: client, by: plain) }
            let time = (ContinuousClock.now - start) / .seconds(1)
            var figures: [Figure] = [
                ("\(count) invoices taken in", String(format: "%.2f s", time))
            ]
            for (name, path) in [
                ("an invoice of 3 parcels", "/_i/example.com/cookbook7/1.0.7"),
                ("search, one hit", "/_q?q=cookbook7&v=1.0.7"),
                ("search, 100 hits, a page of 50", "/_q?q=cookbook7"),
                ("search by a range of versions", "/_q?q=cookbook7&v=%5E1.0.50"),
            ] {
                let run = try load.run(
                    server.url + path, connections: Connections(count: 8), posts: false, seconds: seconds,
                    server: server.process.processIdentifier)
                figures.append((name, String(format: "%.0f/s%@", run.rate, run.failures > 0 ? " (failed)" : "")))
            }
            figures.append(try smallParcels(client))
            figures.append(try parcel(client))
            figures.append(try longInvoice(client))
            return figures
        }

        private static func post(_ invoice: [UInt8], to server: BindleClient, by client: Client) throws {
            let url = try HTTPURL("\(server.baseURL)/_i")
            let response = try client.send(
                ClientRequest(.post, url, headers: ["Content-Type": "application/toml"], body: .bytes(invoice)))
            _ = try response.readAll(limit: 1 << 20)
            guard response.status.code < 300 else {
                throw StrictServer.Failure(description: "an invoice is answered with \(response.status)")
            }
        }

        /// Bindles of as many names as there are hundreds, in as many versions.
        private static func invoice(_ number: Int) throws -> Invoice {
            let id = try BindleID("example.com/cookbook\(number / 100)/1.0.\(number % 100)")
            let parcels = (0..<3).map { parcel -> Parcel in
                let content = Self.content(parcel, of: number)
                return Parcel(
                    label: Label(
                        sha256: SHA256.hash(content.utf8).hex, mediaType: "text/plain", name: "file\(parcel).txt",
                        size: content.utf8.count))
            }
            return Invoice(
                bindle: .init(id: id, description: "Recipes, volume \(number)", authors: ["Ada Lovelace"]),
                parcels: parcels)
        }

        private static func content(_ parcel: Int, of number: Int) -> String { "parcel \(parcel) of \(number)" }

        /// Uploads the parcels of the bindles, by eight threads.
        private func smallParcels(_ client: BindleClient) throws -> Figure {
            let failure = Mutex<(any Error)?>(nil)
            let start = ContinuousClock.now
            DispatchQueue.concurrentPerform(iterations: Self.uploaders) { thread in
                do {
                    for number in stride(from: thread, to: count, by: Self.uploaders) {
                        let invoice = try Self.invoice(number)
                        for (parcel, content) in zip(invoice.parcels, (0..<3).map { Self.content($0, of: number) }) {
                            try client.upload(parcel.label, to: invoice.id, body: .bytes(Array(content.utf8)))
                        }
                    }
                } catch { failure.withLock { $0 = error } }
            }
            if let error = failure.withLock({ $0 }) { throw error }
            let time = (ContinuousClock.now - start) / .seconds(1)
            return (
                "\(3 * count) small parcels taken in over \(Self.uploaders) connections", String(format: "%.2f s", time)
            )
        }

        private static let uploaders = 8

        private func parcel(_ client: BindleClient) throws -> Figure {
            let size = 100_000_000
            var bytes = [UInt8](repeating: 0, count: size)
            for index in stride(from: 0, to: size, by: 4096) { bytes[index] = UInt8(truncatingIfNeeded: index >> 12) }
            let label = Label(
                sha256: SHA256.hash(bytes).hex, mediaType: "application/octet-stream", name: "large", size: size)
            let id = try BindleID("example.com/large/1.0.0")
            _ = try client.create(Invoice(bindle: .init(id: id), parcels: [Parcel(label: label)]))
            try client.upload(label, to: id, body: .bytes(bytes))
            // Nobody hashes what arrives: it is the server that is measured.
            let url = try HTTPURL("\(client.baseURL)/_i/\(id)@\(label.sha256)")
            let plain = Client()
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
            defer { buffer.deallocate() }
            let times = try (0..<3).map { _ -> Double in
                let start = ContinuousClock.now
                let response = try plain.send(ClientRequest(.get, url))
                var total = 0
                while case let count = try response.read(into: buffer), count > 0 { total += count }
                guard total == size else { throw StrictServer.Failure(description: "the parcel has \(total) bytes") }
                return (ContinuousClock.now - start) / .milliseconds(1)
            }
            return ("a parcel of 100 MB fetched", String(format: "%.0f ms", times.median))
        }

        private func longInvoice(_ client: BindleClient) throws -> Figure {
            let id = try BindleID("example.com/long/1.0.0")
            let parcels = (0..<parcels).map { number -> Parcel in
                let name = "files/\(number).txt"
                return Parcel(
                    label: Label(
                        sha256: SHA256.hash(name.utf8).hex, mediaType: "text/plain", name: name, size: number,
                        feature: Label.featureOfFiles),
                    conditions: Conditions(memberOf: ["files"]))
            }
            let text = Invoice(bindle: .init(id: id), parcels: parcels, groups: [Group(name: "files")]).encoded(
                as: .toml)
            let name = "an invoice of \(parcels.count) parcels taken in"
            var configuration = ClientConfiguration()
            configuration.stallTimeout = .seconds(600)
            let url = try HTTPURL("\(client.baseURL)/_i")
            let start = ContinuousClock.now
            let response = try Client(configuration: configuration).send(
                ClientRequest(.post, url, headers: ["Content-Type": "application/toml"], body: .bytes(text)))
            _ = try response.readAll(limit: 1 << 30)
            let time = (ContinuousClock.now - start) / .seconds(1)
            return (name, response.status.code < 300 ? String(format: "%.2f s", time) : "\(response.status.code)")
        }
    }
}
