(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\63\00\00\00")
  (data (i32.const 16) "content-type: text/plain\nx-colour: blue\nx-colour: green\n\nfirst line\nsecond line\nthird line\n1\t2\1b[31m\n\n\n")
  (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
