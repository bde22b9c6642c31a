package import WebAssemblyRuntime

/// What a call of a WASI function says to people: arguments by their names in the specification, paths and what is read
/// or written as text, results and errors by name.
package struct WASICallDescription {
    private let parameters: [Parameter]
    private let arguments: [UInt64]

    /// The description of a call that begins; nil if the function is not one of WASI's.
    package init?(module: String, name: String, arguments: [Value]) {
        guard Edition.allCases.contains(where: { $0.moduleName == module }),
            let parameters = Self.parameters[name]
        else { return nil }
        self.parameters = parameters.split(separator: " ").compactMap { Parameter(String($0)) }
        self.arguments = arguments.map { value in
            switch value {
            case .i32(let bits): UInt64(bits)
            case .i64(let bits): bits
            default: 0
            }
        }
        guard self.parameters.reduce(0, { $0 + $1.kind.argumentCount }) == arguments.count else { return nil }
    }

    /// The arguments, with commas between them.
    package func arguments(in memory: Memory?) -> String {
        let memory = GuestMemory(of: memory)
        var texts: [String] = []
        forEachParameter { parameter, position in
            switch parameter.kind {
            case .number: texts.append("\(parameter.name)=\(arguments[position])")
            case .signed: texts.append("\(parameter.name)=\(Int64(bitPattern: arguments[position]))")
            case .flags, .address: texts.append("\(parameter.name)=0x\(String(arguments[position], radix: 16))")
            case .text:
                texts.append("\(parameter.name)=\(text(position, arguments[position + 1], memory))")
            case .buffer, .filled: texts.append("\(parameter.name)=\(arguments[position + 1]) bytes")
            case .written: texts.append("\(parameter.name)=\(buffers(position, nil, memory))")
            case .read:
                let size = buffers(position, memory).reduce(0) { $0 + $1.count }
                texts.append("\(parameter.name)=\(size) bytes")
            case .result: break
            }
        }
        return texts.joined(separator: ", ")
    }

    /// What the function returns, and, unless that is an error, what it has stored.
    package func results(_ results: [Value], in memory: Memory?) -> String {
        guard case .i32(let code)? = results.first else { return "" }
        guard let error = UInt16(exactly: code).flatMap(ErrorNumber.init(rawValue:)) else { return "\(code)" }
        guard error == .success else { return error.symbol }
        let memory = GuestMemory(of: memory)
        var texts: [String] = []
        var count: UInt64?
        forEachParameter { parameter, position in
            guard case .result(let size) = parameter.kind, let value = number(position, size, memory) else { return }
            texts.append("\(parameter.name)=\(value)")
            count = count ?? value
        }
        forEachParameter { parameter, position in
            switch parameter.kind {
            case .read: texts.append(buffers(position, count, memory))
            case .filled: texts.append(text(position, min(count ?? .max, arguments[position + 1]), memory))
            default: break
            }
        }
        return ([error.symbol] + texts).joined(separator: ", ")
    }

    // MARK: The guest's memory

    private func forEachParameter(_ body: (Parameter, Int) -> Void) {
        var position = 0
        for parameter in parameters {
            body(parameter, position)
            position += parameter.kind.argumentCount
        }
    }

    private func address(_ position: Int) -> UInt32 { UInt32(truncatingIfNeeded: arguments[position]) }

    private func number(_ position: Int, _ size: UInt32, _ memory: GuestMemory) -> UInt64? {
        guard let bytes = try? memory.bytes(at: address(position), count: size) else { return nil }
        var number: UInt64 = 0
        for byte in bytes.prefix(Int(size)).reversed() { number = number << 8 | UInt64(byte) }
        return number
    }

    /// The bytes at the address that an argument is.
    private func text(_ position: Int, _ count: UInt64, _ memory: GuestMemory) -> String {
        guard let count = UInt32(exactly: count), let bytes = try? memory.bytes(at: address(position), count: count)
        else { return "(out of bounds)" }
        return Self.quoted(bytes.prefix(Self.shownBytes), of: bytes.count)
    }

    /// The buffers whose list's address and count are the arguments from a position on; none if any is out of bounds.
    private func buffers(_ position: Int, _ memory: GuestMemory) -> [UnsafeMutableRawBufferPointer] {
        let list = try? BufferList(at: address(position), count: address(position + 1), in: memory)
        return list?.buffers.map { UnsafeMutableRawBufferPointer(start: $0.iov_base, count: $0.iov_len) } ?? []
    }

    /// What stands in buffers, at most `count` bytes of it.
    private func buffers(_ position: Int, _ count: UInt64?, _ memory: GuestMemory) -> String {
        let buffers = buffers(position, memory)
        let size = min(buffers.reduce(0) { $0 + $1.count }, count.flatMap { Int(exactly: $0) } ?? .max)
        var shown: [UInt8] = []
        for buffer in buffers where shown.count < min(Self.shownBytes, size) {
            shown += buffer.prefix(min(Self.shownBytes, size) - shown.count)
        }
        return Self.quoted(shown, of: size)
    }

    /// How many bytes of a text are shown.
    private static let shownBytes = 60

    private static func quoted(_ bytes: some Sequence<UInt8>, of count: Int) -> String {
        let shown = Array(bytes)
        // The end of what is shown may be in the middle of a character.
        let isWhole = shown.count == count
        let text = isWhole ? String(validating: shown, as: UTF8.self) : String(decoding: shown, as: UTF8.self)
        let quoted = text?.debugDescription ?? "\"\(shown.map(escaped).joined())\""
        return isWhole ? quoted : quoted + "… (\(count) bytes)"
    }

    /// A byte that is not part of valid text.
    private static func escaped(_ byte: UInt8) -> String {
        (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "\\x\(hexadecimal(byte))"
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

extension WASICallDescription {
    private struct Parameter {
        enum Kind {
            case number, signed, flags
            /// Where a structure is.
            case address
            /// The address and length of a text that is passed.
            case text
            /// The address and length of a place for bytes that nobody wants to see.
            case buffer
            /// The address and length of a place for a text.
            case filled
            /// The address and length of a list of buffers that are written from.
            case written
            /// The same of buffers that are read into.
            case read
            /// The address for a number of so many bytes.
            case result(UInt32)

            var argumentCount: Int {
                switch self {
                case .number, .signed, .flags, .address, .result: 1
                case .text, .buffer, .filled, .written, .read: 2
                }
            }
        }

        let name: String
        let kind: Kind

        /// Reads `name` for a number, or `name:kind`.
        init?(_ text: String) {
            let parts = text.split(separator: ":").map(String.init)
            name = parts[0]
            let kinds: [String: Kind] = [
                "signed": .signed, "flags": .flags, "address": .address, "text": .text, "buffer": .buffer,
                "filled": .filled, "written": .written, "read": .read, "result2": .result(2), "result4": .result(4),
                "result8": .result(8),
            ]
            guard let kind = parts.count == 1 ? .number : kinds[parts[1]] else { return nil }
            self.kind = kind
        }
    }

    /// The parameters of all functions.
    private static let parameters: [String: String] = [
        "args_get": "argv:address argv_buf:address",
        "args_sizes_get": "count:result4 size:result4",
        "clock_res_get": "id resolution:result8",
        "clock_time_get": "id precision time:result8",
        "environ_get": "environ:address environ_buf:address",
        "environ_sizes_get": "count:result4 size:result4",
        "fd_advise": "fd offset len advice",
        "fd_allocate": "fd offset len",
        "fd_close": "fd",
        "fd_datasync": "fd",
        "fd_fdstat_get": "fd stat:address",
        "fd_fdstat_set_flags": "fd flags:flags",
        "fd_fdstat_set_rights": "fd base:flags inheriting:flags",
        "fd_filestat_get": "fd stat:address",
        "fd_filestat_set_size": "fd size",
        "fd_filestat_set_times": "fd atim mtim flags:flags",
        "fd_pread": "fd iovs:read offset nread:result4",
        "fd_prestat_dir_name": "fd path:filled",
        "fd_prestat_get": "fd prestat:address",
        "fd_pwrite": "fd iovs:written offset nwritten:result4",
        "fd_read": "fd iovs:read nread:result4",
        "fd_readdir": "fd buf:buffer cookie bufused:result4",
        "fd_renumber": "fd to",
        "fd_seek": "fd offset:signed whence newoffset:result8",
        "fd_sync": "fd",
        "fd_tell": "fd offset:result8",
        "fd_write": "fd iovs:written nwritten:result4",
        "path_create_directory": "fd path:text",
        "path_filestat_get": "fd flags:flags path:text stat:address",
        "path_filestat_set_times": "fd flags:flags path:text atim mtim fst_flags:flags",
        "path_link": "old_fd old_flags:flags old_path:text new_fd new_path:text",
        "path_open": "fd dirflags:flags path:text oflags:flags "
            + "base:flags inheriting:flags fdflags:flags opened:result4",
        "path_readlink": "fd path:text buf:filled bufused:result4",
        "path_remove_directory": "fd path:text",
        "path_rename": "fd old_path:text new_fd new_path:text",
        "path_symlink": "old_path:text fd new_path:text",
        "path_unlink_file": "fd path:text",
        "poll_oneoff": "in:address out:address nsubscriptions nevents:result4",
        "proc_exit": "code",
        "proc_raise": "signal",
        "random_get": "buf:buffer",
        "sched_yield": "",
        "sock_accept": "fd flags:flags connection:result4",
        "sock_recv": "fd data:read flags:flags nread:result4 roflags:result2",
        "sock_send": "fd data:written flags:flags nwritten:result4",
        "sock_shutdown": "fd how:flags",
    ]

    /// The functions that can be described, and how many arguments each takes.
    static var argumentCounts: [String: Int] {
        parameters.mapValues { text in
            text.split(separator: " ").compactMap { Parameter(String($0)) }.reduce(0) { $0 + $1.kind.argumentCount }
        }
    }
}

extension ErrorNumber {
    /// The name that POSIX has for the error, or the specification, which writes it in lower case and without the `E`.
    package var symbol: String {
        self == .success ? "success" : "E" + Self.names[Int(rawValue)].uppercased()
    }

    private static let names = """
        success 2big acces addrinuse addrnotavail afnosupport again already badf badmsg busy canceled child \
        connaborted connrefused connreset deadlk destaddrreq dom dquot exist fault fbig hostunreach idrm ilseq \
        inprogress intr inval io isconn isdir loop mfile mlink msgsize multihop nametoolong netdown netreset \
        netunreach nfile nobufs nodev noent noexec nolck nolink nomem nomsg noprotoopt nospc nosys notconn notdir \
        notempty notrecoverable notsock notsup notty nxio overflow ownerdead perm pipe proto protonosupport \
        prototype range rofs spipe srch stale timedout txtbsy xdev notcapable
        """.split(separator: " ").map(String.init)
}
