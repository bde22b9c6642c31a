;; A handler that sleeps for three seconds and answers then.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A subscription at 0: the monotonic clock, 3,000,000,000 ns from now.
  (data (i32.const 16) "\01\00\00\00\00\00\00\00\00\5e\d0\b2\00\00\00\00")
  (data (i32.const 100) "content-type: text/plain\n\nslept\n")
  (data (i32.const 200) "\64\00\00\00\20\00\00\00")
  (func (export "_start")
    (drop (call $poll (i32.const 0) (i32.const 300) (i32.const 1) (i32.const 400)))
    (drop (call $write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 400)))))
