import Foundation
import Testing
import WebAssemblyRuntime

@testable import WASI

/// Stands for a running module: it has 64 KiB of memory and calls WASI's functions by name, with plain numbers.
///
/// Addresses below 4,096 are for the results of helpers here; tests use those above.
final class Guest {
    let context: WASIContext
    let edition: Edition
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    /// The store that the guest is in, where a test needs one.
    var store: Store?
    private let functions: [String: WASIFunction]

    init(
        _ configuration: WASIConfiguration = WASIConfiguration(), edition: Edition = .preview1,
        resolver: PathResolver = .automatic
    ) {
        context = WASIContext(configuration, resolver: resolver)
        self.edition = edition
        functions = Dictionary(uniqueKeysWithValues: WASIFunction.all(of: edition).map { ($0.name, $0) })
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// A guest whose descriptor 3 is the directory at `path`.
    convenience init(
        at path: String, access: Preopen.Access = .readWrite, edition: Edition = .preview1,
        resolver: PathResolver = .automatic
    ) {
        let preopen = Preopen(hostPath: path, guestPath: "/", access: access)
        self.init(WASIConfiguration(preopens: [preopen]), edition: edition, resolver: resolver)
    }

    deinit {
        memory.deallocate()
    }

    /// Calls a function that may end the guest.
    func callThrowing(_ name: String, _ arguments: UInt64...) throws -> ErrorNumber {
        try invoke(name, arguments)
    }

    /// Calls a function that is expected to return.
    func call(_ name: String, _ arguments: UInt64...) -> ErrorNumber { call(name, arguments) }

    /// Calls a function that is expected to return.
    func call(_ name: String, _ arguments: [UInt64]) -> ErrorNumber {
        do {
            return try invoke(name, arguments)
        } catch {
            Issue.record("\(name) ended the guest: \(error)")
            return .inputOutput
        }
    }

    private func invoke(_ name: String, _ arguments: [UInt64]) throws -> ErrorNumber {
        let function = try #require(functions[name], "there is no function \(name)")
        try #require(function.parameters.count == arguments.count)
        var passed = InlineArray<9, UInt64>(repeating: 0)
        for (index, argument) in arguments.enumerated() { passed[index] = argument }
        let call = GuestCall(
            context: context, memory: GuestMemory(memory), edition: edition, arguments: passed, store: store)
        return try #require(try function.body(call))
    }

    // MARK: - Memory

    func u8(_ address: Int) -> UInt8 { memory.load(UInt8.self, at: address) }
    func u16(_ address: Int) -> UInt16 { memory.load(UInt16.self, at: address) }
    func u32(_ address: Int) -> UInt32 { memory.load(UInt32.self, at: address) }
    func u64(_ address: Int) -> UInt64 { memory.load(UInt64.self, at: address) }

    func bytes(_ address: Int, _ count: Int) -> [UInt8] { Array(memory[address..<address + count]) }
    func string(_ address: Int, _ count: Int) -> String { String(decoding: bytes(address, count), as: UTF8.self) }

    func put(_ text: String, at address: Int) {
        UnsafeMutableRawBufferPointer(rebasing: memory[address...]).copyBytes(from: text.utf8)
    }

    /// Puts an array of buffers, given by address and length.
    func putBuffers(_ buffers: [(UInt32, UInt32)], at address: Int) {
        for (index, buffer) in buffers.enumerated() {
            memory.store(buffer.0, at: address + index * 8)
            memory.store(buffer.1, at: address + index * 8 + 4)
        }
    }

    // MARK: - Whole operations

    /// Puts a path where nothing else is and returns its address and length.
    private func path(_ text: String, at address: Int) -> (UInt64, UInt64) {
        put(text, at: address)
        return (UInt64(address), UInt64(text.utf8.count))
    }

    /// Opens a path and returns the descriptor.
    func open(
        _ text: String, in directory: UInt64 = 3, follow: Bool = true, flags: OpenFlags = [],
        descriptorFlags: DescriptorFlags = [], rights: Rights = [.read, .seek, .tell, .status],
        inheriting: Rights = []
    ) throws(ErrorNumber) -> UInt64 {
        let (address, count) = path(text, at: 1_024)
        let result = call(
            "path_open", directory, follow ? 1 : 0, address, count, UInt64(flags.rawValue), rights.rawValue,
            inheriting.rawValue, UInt64(descriptorFlags.rawValue), 8)
        guard result == .success else { throw result }
        return UInt64(u32(8))
    }

    /// Calls a function whose arguments are a directory, a path and then `rest`.
    func callPath(_ name: String, _ text: String, in directory: UInt64 = 3, _ rest: UInt64...) -> ErrorNumber {
        let (address, count) = path(text, at: 1_024)
        return (try? invoke(name, [directory, address, count] + rest)) ?? .inputOutput
    }

    /// The status of what a path leads to, at address 256, or why there is none.
    func status(_ text: String, in directory: UInt64 = 3, follow: Bool = true) -> ErrorNumber {
        let (address, count) = path(text, at: 1_024)
        return call("path_filestat_get", directory, follow ? 1 : 0, address, count, 256)
    }

    func rename(_ old: String, _ new: String, from: UInt64 = 3, to: UInt64 = 3) -> ErrorNumber {
        let (oldAddress, oldCount) = path(old, at: 1_024)
        let (newAddress, newCount) = path(new, at: 2_048)
        return call("path_rename", from, oldAddress, oldCount, to, newAddress, newCount)
    }

    func link(_ old: String, _ new: String, follow: Bool = false, from: UInt64 = 3, to: UInt64 = 3) -> ErrorNumber {
        let (oldAddress, oldCount) = path(old, at: 1_024)
        let (newAddress, newCount) = path(new, at: 2_048)
        return call("path_link", from, follow ? 1 : 0, oldAddress, oldCount, to, newAddress, newCount)
    }

    func symbolicLink(to target: String, at new: String, in directory: UInt64 = 3) -> ErrorNumber {
        let (targetAddress, targetCount) = path(target, at: 1_024)
        let (newAddress, newCount) = path(new, at: 2_048)
        return call("path_symlink", targetAddress, targetCount, directory, newAddress, newCount)
    }

    func write(_ text: String, to descriptor: UInt64) throws(ErrorNumber) -> Int {
        put(text, at: 16_384)
        putBuffers([(16_384, UInt32(text.utf8.count))], at: 512)
        let result = call("fd_write", descriptor, 512, 1, 16)
        guard result == .success else { throw result }
        return Int(u32(16))
    }

    func read(_ descriptor: UInt64, upTo count: UInt32 = 4_096) throws(ErrorNumber) -> String {
        putBuffers([(16_384, count)], at: 512)
        let result = call("fd_read", descriptor, 512, 1, 16)
        guard result == .success else { throw result }
        return string(16_384, Int(u32(16)))
    }
}

/// Whatever is done to a path is done in both ways of resolving it.
let resolvers =
    PathResolver.automatic.usesKernel
    ? [PathResolver(usesKernel: true), PathResolver(usesKernel: false)] : [PathResolver(usesKernel: false)]
