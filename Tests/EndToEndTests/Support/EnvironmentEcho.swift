/// A handler that answers with its environment, as zero-terminated strings.
enum EnvironmentEcho {
    static let module = """
        (module
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get" (func $environment (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 2)
          (data (i32.const 64) "content-type: text/plain\\0a\\0a")
          (func $print (param $address i32) (param $count i32)
            (i32.store (i32.const 0) (local.get $address))
            (i32.store (i32.const 4) (local.get $count))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
          (func (export "_start")
            (drop (call $sizes (i32.const 16) (i32.const 20)))
            (drop (call $environment (i32.const 1024) (i32.const 16384)))
            (call $print (i32.const 64) (i32.const 26))
            (call $print (i32.const 16384) (i32.load (i32.const 20)))))
        """
}
