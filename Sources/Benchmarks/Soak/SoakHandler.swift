/// A handler of the soak's project: a program in WAT that says, in each answer, which revision of it answers and whom.
enum SoakHandler: String, CaseIterable {
    case hello
    /// Answers with its environment.
    case cgi
    /// Answers with the body, while it reads it.
    case echo
    /// Reads the body, and answers with its length and checksum.
    case upload
    case sleep
    /// Traps before it has answered.
    case trap
    /// Traps when a part of the answer has left.
    case cut
    /// Writes 1 MiB to its log, control characters in one line.
    case flood

    var file: String { "\(rawValue).wat" }

    /// The beginning of each answer's body. It has the same length for every revision.
    static func identity(_ revision: Int) -> String {
        let digits = String(revision)
        return "revision \(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits)\n"
    }

    static let identityLength = identity(0).utf8.count

    /// The checksum that `upload` answers with (FNV-1a).
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }

    // From 0: numbers. 16: pieces to be written. 256: an event to wait for. 1024: the head. 2048: addresses. 4096: arguments
    // or environment. 65536: what is read and written.
    func source(revision: Int) -> String {
        let head = "content-type: text/plain\\n\\n\(Self.identity(revision).dropLast())\\n"
        let headLength = 26 + Self.identityLength
        return """
            (module
              (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 3)
              (data (i32.const 1024) "\(head)")
              (func $put (param $file i32) (param $start i32) (param $count i32)
                (i32.store (i32.const 32) (local.get $start))
                (i32.store (i32.const 36) (local.get $count))
                (drop (call $write (local.get $file) (i32.const 32) (i32.const 1) (i32.const 8))))
              (func $next (result i32)
                (i32.store (i32.const 32) (i32.const 65536))
                (i32.store (i32.const 36) (i32.const 65536))
                (drop (call $read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 8)))
                (i32.load (i32.const 8)))
              (func $answer
                (drop (call $args_sizes (i32.const 0) (i32.const 4)))
                (drop (call $args (i32.const 2048) (i32.const 4096)))
                (i32.store (i32.const 16) (i32.const 1024))
                (i32.store (i32.const 20) (i32.const \(headLength)))
                (i32.store (i32.const 24) (i32.const 4096))
                (i32.store (i32.const 28) (i32.load (i32.const 4)))
                (drop (call $write (i32.const 1) (i32.const 16) (i32.const 2) (i32.const 8))))
              (func (export "_start") (local $count i32) (local $sum i32) (local $byte i32) (local $end i32)
                \(body)))
            """
    }

    private var body: String {
        switch self {
        case .hello: "(call $answer)"
        case .cgi:
            """
            (call $answer)
            (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
            (drop (call $environ (i32.const 2048) (i32.const 4096)))
            (call $put (i32.const 1) (i32.const 4096) (i32.load (i32.const 4)))
            """
        case .echo:
            """
            (call $answer)
            (loop $more
              (local.set $count (call $next))
              (if (local.get $count)
                (then (call $put (i32.const 1) (i32.const 65536) (local.get $count)) (br $more))))
            """
        case .upload:
            """
            (local.set $sum (i32.const -2128831035))
            (loop $more
              (local.set $count (call $next))
              (if (local.get $count)
                (then
                  (local.set $byte (i32.const 65536))
                  (local.set $end (i32.add (local.get $byte) (local.get $count)))
                  (loop $bytes
                    (local.set $sum (i32.mul
                      (i32.xor (local.get $sum) (i32.load8_u (local.get $byte))) (i32.const 16777619)))
                    (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
                    (br_if $bytes (i32.lt_u (local.get $byte) (local.get $end))))
                  (i32.store (i32.const 128) (i32.add (i32.load (i32.const 128)) (local.get $count)))
                  (br $more))))
            (i32.store (i32.const 132) (local.get $sum))
            (call $answer)
            (call $put (i32.const 1) (i32.const 128) (i32.const 8))
            """
        case .sleep:
            """
            (i32.store (i32.const 272) (i32.const 1))
            (i64.store (i32.const 280) (i64.const 100000000))
            (drop (call $poll (i32.const 256) (i32.const 320) (i32.const 1) (i32.const 8)))
            (call $answer)
            """
        case .trap: "(unreachable)"
        case .cut:
            """
            (call $answer)
            (call $put (i32.const 1) (i32.const 65536) (i32.const 65536))
            (call $put (i32.const 1) (i32.const 65536) (i32.const 65536))
            (unreachable)
            """
        case .flood:
            """
            (local.set $count (i32.const 16))
            (loop $more
              (call $put (i32.const 2) (i32.const 65536) (i32.const 65536))
              (local.set $count (i32.sub (local.get $count) (i32.const 1)))
              (br_if $more (local.get $count)))
            (call $answer)
            """
        }
    }
}
