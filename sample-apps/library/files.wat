;; Serves the files of whatever app uses it: the rest of the path behind the handler's route is the name of a file, and
;; what ends in a slash is its index.html.
;;
;; WAGI hands the request over as CGI does: the path is in the environment variable PATH_INFO, and the app's files are in
;; the directory that is open as descriptor 3.
(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

  ;; Memory: what WASI writes (0: count, 4: size, 8: descriptor, 12: bytes read or written), an I/O vector (16), texts,
  ;; the path (4096), the environment (8192, first the pointers, behind them the strings), and the file's bytes (131072).
  (memory (export "memory") 4)
  (data (i32.const 32) "PATH_INFO=\00")
  (data (i32.const 48) "index.html")
  (data (i32.const 64) "content-type: ")
  (data (i32.const 80) "\n\n")
  (data (i32.const 96) "status: 404\ncontent-type: text/plain\n\nThere is no such file.\n")
  ;; Endings of names and the types that they stand for; nothing for any other.
  (data (i32.const 256)
    "html\00text/html\00css\00text/css\00js\00text/javascript\00json\00application/json\00"
    "svg\00image/svg+xml\00png\00image/png\00jpg\00image/jpeg\00txt\00text/plain\00"
    "wasm\00application/wasm\00\00application/octet-stream\00")

  (func $write (param $text i32) (param $count i32)
    (i32.store (i32.const 16) (local.get $text))
    (i32.store (i32.const 20) (local.get $count))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 12))))

  ;; The number of bytes before the NUL that ends the string.
  (func $length (param $string i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $string))
    (block $found
      (loop $next
        (br_if $found (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $string)))

  ;; What follows the prefix in the string, or 0 if the string does not begin with it.
  (func $suffix (param $string i32) (param $prefix i32) (result i32)
    (loop $next
      (if (i32.eqz (i32.load8_u (local.get $prefix))) (then (return (local.get $string))))
      (if (i32.ne (i32.load8_u (local.get $string)) (i32.load8_u (local.get $prefix))) (then (return (i32.const 0))))
      (local.set $string (i32.add (local.get $string) (i32.const 1)))
      (local.set $prefix (i32.add (local.get $prefix) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; The value of PATH_INFO, or 0. An environment that does not fit is not looked at.
  (func $path_info (result i32)
    (local $pointer i32) (local $end i32) (local $value i32)
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.gt_u
          (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 4)) (i32.load (i32.const 4))) (i32.const 120000))
      (then (return (i32.const 0))))
    (local.set $pointer (i32.const 8192))
    (local.set $end (i32.add (i32.const 8192) (i32.mul (i32.load (i32.const 0)) (i32.const 4))))
    (drop (call $environ_get (local.get $pointer) (local.get $end)))
    (block $none
      (loop $next
        (br_if $none (i32.ge_u (local.get $pointer) (local.get $end)))
        (local.set $value (call $suffix (i32.load (local.get $pointer)) (i32.const 32)))
        (if (local.get $value) (then (return (local.get $value))))
        (local.set $pointer (i32.add (local.get $pointer) (i32.const 4)))
        (br $next)))
    (i32.const 0))

  ;; Writes the file's path to 4096, followed by a NUL, and returns its length; 0 if it is too long.
  (func $file_path (result i32)
    (local $source i32) (local $count i32)
    (local.set $source (call $path_info))
    (if (i32.eqz (local.get $source)) (then (return (i32.const 0))))
    (if (i32.eq (i32.load8_u (local.get $source)) (i32.const 47))
      (then (local.set $source (i32.add (local.get $source) (i32.const 1)))))
    (local.set $count (call $length (local.get $source)))
    (if (i32.gt_u (local.get $count) (i32.const 4000)) (then (return (i32.const 0))))
    (memory.copy (i32.const 4096) (local.get $source) (local.get $count))
    (if (i32.or
          (i32.eqz (local.get $count))
          (i32.eq (i32.load8_u (i32.add (i32.const 4095) (local.get $count))) (i32.const 47)))
      (then
        (memory.copy (i32.add (i32.const 4096) (local.get $count)) (i32.const 48) (i32.const 10))
        (local.set $count (i32.add (local.get $count) (i32.const 10)))))
    (i32.store8 (i32.add (i32.const 4096) (local.get $count)) (i32.const 0))
    (local.get $count))

  ;; The media type of the path, by what follows its last dot.
  (func $media_type (result i32)
    (local $ending i32) (local $next i32) (local $entry i32)
    (local.set $next (i32.const 4096))
    (local.set $ending (i32.const 80))
    (block $over
      (loop $search
        (br_if $over (i32.eqz (i32.load8_u (local.get $next))))
        (if (i32.eq (i32.load8_u (local.get $next)) (i32.const 46))
          (then (local.set $ending (i32.add (local.get $next) (i32.const 1)))))
        (local.set $next (i32.add (local.get $next) (i32.const 1)))
        (br $search)))
    (local.set $entry (i32.const 256))
    (loop $compare
      ;; The last entry has no ending, and is for every path.
      (local.set $next (call $suffix (local.get $ending) (local.get $entry)))
      (if (i32.or
            (i32.eqz (i32.load8_u (local.get $entry)))
            (i32.and (i32.ne (local.get $next) (i32.const 0)) (i32.eqz (i32.load8_u (local.get $next)))))
        (then
          (return (i32.add (i32.add (local.get $entry) (call $length (local.get $entry))) (i32.const 1)))))
      (local.set $entry (i32.add (i32.add (local.get $entry) (call $length (local.get $entry))) (i32.const 1)))
      (local.set $entry (i32.add (i32.add (local.get $entry) (call $length (local.get $entry))) (i32.const 1)))
      (br $compare))
    (unreachable))

  ;; Reads the next bytes of the file; -1 if that is not possible.
  (func $read (result i32)
    (i32.store (i32.const 16) (i32.const 131072))
    (i32.store (i32.const 20) (i32.const 131072))
    (if (call $fd_read (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 12))
      (then (return (i32.const -1))))
    (i32.load (i32.const 12)))

  (func (export "_start")
    (local $count i32) (local $type i32)
    (local.set $count (call $file_path))
    (block $missing
      (br_if $missing (i32.eqz (local.get $count)))
      ;; For reading (the right 2), links being followed (the flag 1): nothing leads out of the directory.
      (br_if $missing
        (call $path_open
          (i32.const 3) (i32.const 1) (i32.const 4096) (local.get $count) (i32.const 0) (i64.const 2) (i64.const 0)
          (i32.const 0) (i32.const 8)))
      (local.set $count (call $read))
      ;; A directory can be opened, but not read.
      (br_if $missing (i32.lt_s (local.get $count) (i32.const 0)))
      (local.set $type (call $media_type))
      (call $write (i32.const 64) (i32.const 14))
      (call $write (local.get $type) (call $length (local.get $type)))
      (call $write (i32.const 80) (i32.const 2))
      (loop $more
        (if (i32.gt_s (local.get $count) (i32.const 0))
          (then
            (call $write (i32.const 131072) (local.get $count))
            (local.set $count (call $read))
            (br $more))))
      (return))
    (call $write (i32.const 96) (i32.const 61))))
