;; Greets whoever the query string names: /hello?Ada answers "Hello, Ada!", and /hello the world.
;; WAGI hands the request over as CGI does. The arguments are the path and then each piece of the query string; what is
;; written to standard output is header lines, an empty line, and the body.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; Memory: texts, then the sizes that WASI writes (64: count, 68: bytes), an I/O vector (72), the count written (80),
  ;; and the arguments from 1024 on: first the pointers, behind them the strings.
  (memory (export "memory") 1)
  (data (i32.const 0) "content-type: text/plain\n\nHello, ")
  (data (i32.const 40) "world")
  (data (i32.const 48) "!\n")

  (func $write (param $text i32) (param $count i32)
    (i32.store (i32.const 72) (local.get $text))
    (i32.store (i32.const 76) (local.get $count))
    (drop (call $fd_write (i32.const 1) (i32.const 72) (i32.const 1) (i32.const 80))))

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

  (func (export "_start")
    (local $name i32)
    (drop (call $args_sizes_get (i32.const 64) (i32.const 68)))
    ;; The strings go behind the pointers; a query that does not fit into the page of memory is not greeted.
    (if (i32.gt_u
          (i32.add (i32.mul (i32.load (i32.const 64)) (i32.const 4)) (i32.load (i32.const 68)))
          (i32.const 64000))
      (then (call $proc_exit (i32.const 1))))
    (drop (call $args_get
      (i32.const 1024)
      (i32.add (i32.const 1024) (i32.mul (i32.load (i32.const 64)) (i32.const 4)))))

    (call $write (i32.const 0) (i32.const 33))
    (if (i32.gt_u (i32.load (i32.const 64)) (i32.const 1))
      (then
        (local.set $name (i32.load (i32.const 1028)))
        (call $write (local.get $name) (call $length (local.get $name))))
      (else
        (call $write (i32.const 40) (i32.const 5))))
    (call $write (i32.const 48) (i32.const 2))))
