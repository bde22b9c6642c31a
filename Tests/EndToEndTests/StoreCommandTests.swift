import Bindle
import Foundation
import TestSupport
import Testing

/// `hippo-dev bindle check` and `reset` on a store with large parcels, and `up` with a bound for its history.
@Suite("Commands for a store", .timeLimit(.minutes(15)))
struct StoreCommandTests {
    private static let large = [UInt8](repeating: 7, count: 100_000)

    private static func makeStore(in directory: TemporaryDirectory) throws -> (path: String, file: String) {
        let path = directory.path + "/bindles.sqlite"
        let digest = SHA256.hash(Self.large).hex
        let invoice = Invoice(
            bindle: .init(id: try BindleID("app/1.0.0")),
            parcels: [
                Parcel(label: Label(sha256: digest, mediaType: "text/plain", name: "big.txt", size: Self.large.count))
            ])
        _ = try BindleStore(path: path).save(invoice) { (_) in .bytes(Self.large) }
        return (path, "\(path).parcels/\(digest)")
    }

    @Test("A damaged parcel is named, with the bindle that needs it")
    func check() throws {
        let directory = try TemporaryDirectory()
        let (path, file) = try Self.makeStore(in: directory)
        let sound = try Program.run(["bindle", "check", "--store", path])
        #expect(sound.status == 0 && sound.output.contains("is sound"), "\(sound)")
        try Data(repeating: 8, count: Self.large.count).write(to: URL(fileURLWithPath: file))
        let damaged = try Program.run(["bindle", "check", "--store", path])
        #expect(damaged.status == 1)
        #expect(damaged.errors.contains(SHA256.hash(Self.large).hex), "\(damaged)")
        #expect(damaged.errors.contains("app/1.0.0, where it is 'big.txt'"), "\(damaged)")
    }

    @Test("A store is set aside with its large parcels")
    func reset() throws {
        let directory = try TemporaryDirectory()
        let (path, _) = try Self.makeStore(in: directory)
        let result = try Program.run(["bindle", "reset", "--store", path])
        #expect(result.status == 0, "\(result)")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(!names.contains("bindles.sqlite") && !names.contains("bindles.sqlite.parcels"))
        let aside = try #require(names.first { $0.hasSuffix(".parcels") })
        let list = try Program.run(["bindle", "check", "--store", "\(directory.path)/\(aside.dropLast(8))"])
        #expect(list.status == 0, "\(list)")
    }

    @Test("The history of up has no more bytes than it may have")
    func history() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--max-history", "100kB"])
        _ = try await sandbox.next("ready")
        var last = 0
        for round in 0..<6 {
            try app.save(String(repeating: "\(round)", count: 60_000), to: "assets/large.txt")
            last = try await sandbox.next("serving")["revision"]?.integer ?? 0
        }
        kill(sandbox.id, SIGINT)
        _ = try await sandbox.waitForEnd()
        let store = try BindleStore(path: app.path + "/.hippo/bindles.sqlite")
        try store.checkIntegrity()
        let kept = try store.revisions().map(\.revision.number)
        #expect(kept.last == last && kept.count <= 3, "\(kept)")
        #expect(try store.usage().parcelBytes < 250_000)
    }
}
