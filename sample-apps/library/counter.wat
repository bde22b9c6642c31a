;; Counts the visits of a browser, which keeps the count in a cookie.
;;
;; WAGI hands the request over as CGI does: cookies are in the environment variable HTTP_COOKIE, as `name=value` separated
;; by `; `.
(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

  ;; Memory: what WASI writes (0: count, 4: size, 12: bytes written), an I/O vector (16), texts, the number as text (ends
  ;; at 1024), and the environment (8192, first the pointers, behind them the strings).
  (memory (export "memory") 3)
  (data (i32.const 32) "HTTP_COOKIE=\00")
  (data (i32.const 48) "visits=\00")
  (data (i32.const 64) "content-type: text/plain\nset-cookie: visits=")
  (data (i32.const 128) "; Path=/; SameSite=Lax\n\nVisit number ")
  (data (i32.const 192) ".\n")

  (func $write (param $text i32) (param $count i32)
    (i32.store (i32.const 16) (local.get $text))
    (i32.store (i32.const 20) (local.get $count))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 12))))

  ;; What follows the prefix in the string, or 0 if the string does not begin with it.
  (func $suffix (param $string i32) (param $prefix i32) (result i32)
    (loop $next
      (if (i32.eqz (i32.load8_u (local.get $prefix))) (then (return (local.get $string))))
      (if (i32.ne (i32.load8_u (local.get $string)) (i32.load8_u (local.get $prefix))) (then (return (i32.const 0))))
      (local.set $string (i32.add (local.get $string) (i32.const 1)))
      (local.set $prefix (i32.add (local.get $prefix) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; The value of HTTP_COOKIE, or 0. An environment that does not fit is not looked at.
  (func $cookies (result i32)
    (local $pointer i32) (local $end i32) (local $value i32)
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.gt_u
          (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 4)) (i32.load (i32.const 4))) (i32.const 180000))
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

  ;; The number that the cookie holds; 0 without one. A browser may send anything: beyond nine digits, counting begins
  ;; again.
  (func $visits (result i32)
    (local $text i32) (local $number i32) (local $digits i32) (local $value i32)
    (local.set $text (call $cookies))
    (if (i32.eqz (local.get $text)) (then (return (i32.const 0))))
    (block $none
      (loop $cookie
        (local.set $value (call $suffix (local.get $text) (i32.const 48)))
        (if (local.get $value)
          (then
            (loop $digit
              (if (i32.lt_u (i32.sub (i32.load8_u (local.get $value)) (i32.const 48)) (i32.const 10))
                (then
                  (if (i32.eq (local.get $digits) (i32.const 9)) (then (return (i32.const 0))))
                  (local.set $digits (i32.add (local.get $digits) (i32.const 1)))
                  (local.set $number
                    (i32.add
                      (i32.mul (local.get $number) (i32.const 10))
                      (i32.sub (i32.load8_u (local.get $value)) (i32.const 48))))
                  (local.set $value (i32.add (local.get $value) (i32.const 1)))
                  (br $digit))))
            (return (local.get $number))))
        ;; On to what follows the next semicolon and space.
        (loop $skip
          (br_if $none (i32.eqz (i32.load8_u (local.get $text))))
          (local.set $text (i32.add (local.get $text) (i32.const 1)))
          (br_if $skip (i32.ne (i32.load8_u (i32.sub (local.get $text) (i32.const 1))) (i32.const 59))))
        (if (i32.eq (i32.load8_u (local.get $text)) (i32.const 32))
          (then (local.set $text (i32.add (local.get $text) (i32.const 1)))))
        (br $cookie)))
    (i32.const 0))

  ;; Writes the number before 1024, and returns where it begins.
  (func $digits (param $number i32) (result i32)
    (local $place i32)
    (local.set $place (i32.const 1024))
    (loop $next
      (local.set $place (i32.sub (local.get $place) (i32.const 1)))
      (i32.store8 (local.get $place) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $next (local.get $number)))
    (local.get $place))

  (func (export "_start")
    (local $number i32)
    (local.set $number (call $digits (i32.add (call $visits) (i32.const 1))))
    (call $write (i32.const 64) (i32.const 44))
    (call $write (local.get $number) (i32.sub (i32.const 1024) (local.get $number)))
    (call $write (i32.const 128) (i32.const 37))
    (call $write (local.get $number) (i32.sub (i32.const 1024) (local.get $number)))
    (call $write (i32.const 192) (i32.const 2))))
