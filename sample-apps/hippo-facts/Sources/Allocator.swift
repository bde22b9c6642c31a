// What Embedded Swift asks of its platform, which here is nobody: an allocator. Each request gets a fresh instance of
// the module, so memory is only ever handed out; all of it goes when the response has been written.

/// The WebAssembly instruction `memory.grow`: the size before, in pages of 64 KiB, or -1.
@_silgen_name("llvm.wasm.memory.grow.i32")
func memoryGrow(_ memory: Int32, _ pageCount: Int32) -> Int32

let pageSize: UInt = 65_536

nonisolated(unsafe) var next: UInt = 0
nonisolated(unsafe) var end: UInt = 0

@_cdecl("posix_memalign")
public func allocate(
    _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: UInt, _ byteCount: UInt
) -> Int32 {
    let outOfMemory: Int32 = 12
    var start = (next + alignment - 1) & ~(alignment - 1)
    if start + byteCount > end {
        let pageCount = (byteCount + alignment + pageSize - 1) / pageSize
        let previous = memoryGrow(0, Int32(pageCount))
        guard previous >= 0 else { return outOfMemory }
        let grown = UInt(previous) * pageSize
        // Pages that follow the last ones extend them; others begin a new run, and the rest of the old one is lost.
        if grown != end { start = grown }
        end = grown + pageCount * pageSize
    }
    next = start + byteCount
    result.pointee = UnsafeMutableRawPointer(bitPattern: start)
    return 0
}

/// Swift reserves the name `free`; the linker is told to take this function for it (`--wrap=free`).
@_cdecl("__wrap_free")
public func release(_ pointer: UnsafeMutableRawPointer?) {}
