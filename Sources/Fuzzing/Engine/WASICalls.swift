import Content
import Cryptography
import WASI
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// Calls of WASI that bytes decide: which function, and with which numbers. Descriptor 3 is a layer over a wwwroot, and
/// descriptor 4 the wwwroot itself. An error code is an answer; only what ends the process is a finding.
enum WASICalls {
    /// The functions, and their parameters: `4` is an `i32`, `8` an `i64`. Those that wait are left out, and the one
    /// that ends the guest.
    private static let functions: [(name: String, parameters: String)] = [
        ("args_get", "44"), ("args_sizes_get", "44"), ("environ_get", "44"), ("environ_sizes_get", "44"),
        ("clock_res_get", "44"), ("clock_time_get", "484"), ("fd_advise", "4884"), ("fd_allocate", "488"),
        ("fd_close", "4"), ("fd_datasync", "4"), ("fd_fdstat_get", "44"), ("fd_fdstat_set_flags", "44"),
        ("fd_fdstat_set_rights", "488"), ("fd_filestat_get", "44"), ("fd_filestat_set_size", "48"),
        ("fd_filestat_set_times", "4884"), ("fd_pread", "44484"), ("fd_prestat_get", "44"),
        ("fd_prestat_dir_name", "444"), ("fd_pwrite", "44484"), ("fd_read", "4444"), ("fd_readdir", "44484"),
        ("fd_renumber", "44"), ("fd_seek", "4844"), ("fd_sync", "4"), ("fd_tell", "44"), ("fd_write", "4444"),
        ("path_create_directory", "444"), ("path_filestat_get", "44444"), ("path_filestat_set_times", "4444884"),
        ("path_link", "4444444"), ("path_open", "444448844"), ("path_readlink", "444444"),
        ("path_remove_directory", "444"), ("path_rename", "444444"), ("path_symlink", "44444"),
        ("path_unlink_file", "444"), ("random_get", "44"), ("sock_accept", "444"), ("sock_recv", "444444"),
        ("sock_send", "44444"), ("sock_shutdown", "44"), ("proc_raise", "4"), ("sched_yield", ""),
    ]

    /// Numbers at which arithmetic goes wrong, and some that are right.
    private static let numbers: [UInt64] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 64, 512, 1_024, 4_095, 4_096, 65_535, 65_536, 0x7FFF_FFFF, 0x8000_0000,
        0xFFFF_FFF8, 0xFFFF_FFFF, 1 << 32, 1 << 50, UInt64(Int64.max) - 4_095, UInt64(Int64.max), 1 << 63, .max,
    ]

    private struct Contents: ContentSource {
        func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
            guard name != "gone" else { throw .gone(name: name) }
            return OpenContent([UInt8](repeating: UInt8(ascii: "x"), count: file.size))
        }
    }

    private static let wwwroot: Wwwroot? = {
        let digest = SHA256.hash([] as [UInt8])
        let files: [(path: RelativePath, file: ContentFile)] = ["f", "gone", "d/g", "d/e/h"].compactMap { path in
            let file = ContentFile(digest: digest, size: 10_000, mediaType: "text/plain", modificationTime: 1)
            return RelativePath(validating: path).map { ($0, file) }
        }
        return try? Wwwroot(files)
    }()

    /// A module that passes on what it is called with.
    private static let linked: LinkedModule? = {
        func types(_ parameters: String) -> String {
            parameters.map { $0 == "4" ? "i32" : "i64" }.joined(separator: " ")
        }
        let imports = functions.map { name, parameters in
            "(import \"wasi_snapshot_preview1\" \"\(name)\" (func $\(name) (param \(types(parameters))) (result i32)))"
        }
        let exports = functions.map { name, parameters in
            let arguments = parameters.indices.enumerated().map { "(local.get \($0.offset))" }.joined(separator: " ")
            return "(func (export \"\(name)\") (param \(types(parameters))) (result i32) (call $\(name) \(arguments)))"
        }
        var linker = Linker()
        linker.defineWASI()
        let text = "(module \(imports.joined()) (memory (export \"memory\") 1) \(exports.joined()))"
        return try? linker.link(Module(bytes: assemble(text)))
    }()

    /// Runs the calls. The first byte says how many bytes of the rest stand in the guest's memory at its start, after a
    /// path and a list of buffers.
    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let linked, let wwwroot, let first = input.first else { return }
        let layer = TransientLayer(over: wwwroot, content: Contents(), limits: .init(bytes: 1 << 20, entries: 100))
        let configuration = WASIConfiguration(
            arguments: ["program"],
            preopens: [
                Preopen(layer: layer, guestPath: "/"),
                Preopen(wwwroot: wwwroot, content: Contents(), guestPath: "/read-only"),
            ], descriptorLimit: 16)
        let store = Store(limits: FuzzTarget.limits, hostState: WASIContext(configuration))
        guard let instance = try? linked.instantiate(in: store), let memory = instance.memory(named: "memory"),
            let bytes = try? memory.bytes(at: UInt64(0), count: 65_536)
        else { return }
        bytes.copyBytes(from: Array("f/d/g/e/new".utf8))
        // Buffers at 512: two that are right, then one that is beyond the memory.
        for (index, number) in [1_024, 100, 2_048, 3_000, 65_530, 100].enumerated() as EnumeratedSequence<[UInt32]> {
            bytes.storeBytes(of: number.littleEndian, toByteOffset: 512 + 4 * index, as: UInt32.self)
        }
        var rest = input.dropFirst()
        UnsafeMutableRawBufferPointer(rebasing: bytes[64...]).copyBytes(from: rest.prefix(Int(first)))
        rest = rest.dropFirst(Int(first))
        while let choice = rest.popFirst() {
            let (name, parameters) = functions[Int(choice) % functions.count]
            let arguments = parameters.map { parameter -> Value in
                let number = number(&rest)
                return parameter == "4" ? .i32(UInt32(truncatingIfNeeded: number)) : .i64(number)
            }
            _ = try? instance.function(named: name)?.call(arguments)
        }
    }

    private static func number(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> UInt64 {
        guard let choice = rest.popFirst() else { return 0 }
        if Int(choice) < numbers.count * 4 { return numbers[Int(choice) % numbers.count] }
        return UInt64(choice) << 8 | UInt64(rest.popFirst() ?? 0)
    }
}
