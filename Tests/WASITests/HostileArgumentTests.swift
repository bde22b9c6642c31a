import TestSupport
import Testing
import WebAssemblyRuntime

@testable import WASI

/// Whatever numbers a guest passes, it gets an error code back: nothing ends the process, and nothing is touched beyond
/// the guest's memory.
@Suite struct HostileArgumentTests {
    /// Numbers at which arithmetic goes wrong.
    private static let values: [UInt64] = [
        0, 1, 3, 4, 7, 512, 16_384, 65_535, 65_536, 65_537, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF8, 0xFFFF_FFFF,
        0x1_0000_0000, 1 << 50, UInt64(Int64.max) - 4_095, UInt64(Int64.max), 1 << 63, .max - 7, .max,
    ]

    /// What descriptor 3 is, and descriptor 4 and 5, a file and a directory of it.
    enum Kind: CaseIterable, Sendable {
        case host, readOnlyHost, content, layer

        func guest(_ directory: TemporaryDirectory, _ edition: Edition) throws -> Guest {
            let content = try ContentFixture(["file": "0123456789", "folder/inner": "x"])
            try directory.write("0123456789", to: "file")
            try directory.write("x", to: "folder/inner")
            let preopen =
                switch self {
                case .host: Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite)
                case .readOnlyHost: Preopen(hostPath: directory.path, guestPath: "/", access: .readOnly)
                case .content: content.readOnly
                case .layer: Preopen(layer: content.layer(.init(bytes: 1 << 20)), guestPath: "/")
                }
            let guest = Guest(
                WASIConfiguration(
                    arguments: ["program", "argument"], environment: [("NAME", "value")], preopens: [preopen]),
                edition: edition)
            // A wait for a clock that is far away ends at once.
            guest.store = Store()
            guest.store?.interrupt()
            let writes: Rights = self == .host || self == .layer ? [.read, .write] : .read
            _ = try guest.open("file", rights: writes)
            _ = try guest.open("folder", flags: .directory)
            return guest
        }
    }

    /// The memory has something sensible where small addresses lead: a path, buffers of sizes that do not fit, a
    /// subscription.
    private static func fill(_ guest: Guest) {
        guest.memory.initializeMemory(as: UInt8.self, repeating: 0)
        guest.put("file", at: 0)
        guest.put("new", at: 3)
        guest.put("folder/inner", at: 16_384)
        guest.putBuffers([(0, 4), (65_530, 6), (512, 0xFFFF_FFFF), (0xFFFF_FFFF, 1)], at: 512)
    }

    private static func restore(_ guest: Guest, _ kind: Kind) {
        // A call may have closed or renumbered them.
        for descriptor in 3...5 as ClosedRange<UInt64> where guest.call("fd_fdstat_get", descriptor, 40_000) != .success
        {
            _ = try? guest.open(descriptor == 4 ? "file" : "folder", rights: .read)
        }
    }

    @Test("every function takes every hostile number in every place", arguments: Kind.allCases, Edition.allCases)
    fileprivate func everyPlace(_ kind: Kind, _ edition: Edition) throws {
        for function in WASIFunction.all(of: edition) where function.name != "proc_exit" {
            let directory = try TemporaryDirectory()
            var guest = try kind.guest(directory, edition)
            let count = function.parameters.count
            for place in 0..<count {
                for value in Self.values {
                    // The others are such that the call gets as far as it can.
                    for others in [4, 512, 16_384] as [UInt64] {
                        Self.fill(guest)
                        var arguments = [UInt64](repeating: others, count: count)
                        if place != 0, others >= 512 { arguments[0] = others == 512 ? 4 : 3 }
                        arguments[place] = value
                        // The host would take gigabytes of its disk.
                        if kind == .host, function.name == "fd_allocate", value > 1 << 20 { continue }
                        _ = guest.call(function.name, arguments)
                    }
                    if guest.call("fd_fdstat_get", 3, 40_000) != .success { guest = try kind.guest(directory, edition) }
                    Self.restore(guest, kind)
                }
            }
        }
    }

    @Test("functions take hostile numbers in all places at once", arguments: Kind.allCases)
    func allPlaces(_ kind: Kind) throws {
        let directory = try TemporaryDirectory()
        var generator = SeededGenerator()
        let skipped = kind == .host ? ["proc_exit", "fd_allocate"] : ["proc_exit"]
        let functions = WASIFunction.all(of: .preview1).filter { !skipped.contains($0.name) }
        var guest = try kind.guest(directory, .preview1)
        for round in 0..<5_000 {
            if round % 500 == 0 { guest = try kind.guest(directory, .preview1) }
            Self.fill(guest)
            let function = functions.randomElement(using: &generator)!
            var arguments = function.parameters.map { _ in Self.values.randomElement(using: &generator)! }
            if !arguments.isEmpty, Bool.random(using: &generator) {
                arguments[0] = .random(in: 3...5, using: &generator)
            }
            _ = guest.call(function.name, arguments)
        }
        // It works still.
        guest = try kind.guest(directory, .preview1)
        #expect(guest.call("fd_fdstat_get", 3, 40_000) == .success)
    }

    @Test("results may lie over what they are made of", arguments: Kind.allCases)
    func overlappingBuffers(_ kind: Kind) throws {
        let directory = try TemporaryDirectory()
        let guest = try kind.guest(directory, .preview1)
        // The count is stored over the list of buffers, which is read into as well.
        guest.putBuffers([(512, 16), (516, 4)], at: 512)
        #expect(guest.call("fd_read", 4, 512, 2, 512) == .success)
        #expect(guest.u32(512) == 10)
        // The path and the descriptor's number share their place.
        guest.put("file", at: 1_024)
        #expect(guest.call("path_open", 3, 0, 1_024, 4, 0, 2, 0, 0, 1_024) == .success)
        // A status over its own path, a listing over its own count, subscriptions over their events.
        guest.put("file", at: 1_024)
        #expect(guest.call("path_filestat_get", 3, 0, 1_024, 4, 1_024) == .success)
        #expect(guest.call("fd_readdir", 3, 1_024, 200, 0, 1_100) == .success)
        guest.memory.store(UInt64(1), at: 2_048)
        guest.memory.store(UInt64(2), at: 2_056)
        guest.memory.store(UInt32(4), at: 2_064)
        #expect(guest.call("poll_oneoff", 2_048, 2_048, 1, 2_048) == .success)
    }

    @Test("a host that opens a file is not asked for sizes that it cannot have", arguments: Kind.allCases)
    func sizes(_ kind: Kind) throws {
        let directory = try TemporaryDirectory()
        let guest = try kind.guest(directory, .preview1)
        for size in [UInt64(Int64.max), 1 << 63, .max] as [UInt64] {
            #expect(guest.call("fd_filestat_set_size", 4, size) != .success)
        }
        #expect(guest.call("path_symlink", 0, 0xFFFF_FFFF, 3, 0, 4) == .badAddress)
        #expect(guest.call("random_get", 0, 0xFFFF_FFFF) == .badAddress)
        #expect(guest.call("poll_oneoff", 0, 0, 0xFFFF_FFFF, 0) == .invalidArgument)
        #expect(guest.call("fd_read", 4, 0, 0xFFFF_FFFF, 0) == .badAddress)
    }
}
