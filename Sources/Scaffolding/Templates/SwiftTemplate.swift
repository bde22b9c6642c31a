extension Template {
    func swiftProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let module = "build/\(name.package).wasm"
        let files = [
            ScaffoldFile(
                "Sources/Handler.swift",
                """
                // Answers /hello, and /hello?Ada. A request arrives as for a CGI program: in the environment, in the
                // arguments (the path, then the pieces of the query string) and on the standard input. The response
                // leaves on the standard output: header lines, an empty line, and the body. What is written to the
                // standard error is shown by `hippo-dev up`.

                @_cdecl("_start")
                public func start() {
                    let name = arguments().dropFirst().first ?? Array("world".utf8)
                    write("Content-Type: text/plain; charset=utf-8\\n\\n")
                    write("Hello, ")
                    write(name)
                    write("! Swift answered.\\n")
                    write("greeted somebody\\n", to: 2)
                }

                """),
            ScaffoldFile(
                "Sources/WASI.swift",
                """
                // The functions of wasi_snapshot_preview1 that this program needs, and what Swift makes of them.

                struct IOVector {
                    var address: UInt32
                    var count: UInt32
                }

                @_extern(wasm, module: "wasi_snapshot_preview1", name: "fd_write")
                @_extern(c)
                func fd_write(_ descriptor: UInt32, _ vectors: UInt32, _ count: UInt32, _ written: UInt32) -> UInt32

                @_extern(wasm, module: "wasi_snapshot_preview1", name: "args_sizes_get")
                @_extern(c)
                func args_sizes_get(_ count: UInt32, _ byteCount: UInt32) -> UInt32

                @_extern(wasm, module: "wasi_snapshot_preview1", name: "args_get")
                @_extern(c)
                func args_get(_ pointers: UInt32, _ bytes: UInt32) -> UInt32

                func address(of pointer: UnsafeRawPointer?) -> UInt32 {
                    UInt32(UInt(bitPattern: pointer))
                }

                /// Writes all of the bytes to a descriptor: 1 is the response, 2 the log.
                func write(_ bytes: [UInt8], to descriptor: UInt32 = 1) {
                    bytes.withUnsafeBytes { buffer in
                        var start = 0
                        while start < buffer.count {
                            var vector = IOVector(
                                address: address(of: buffer.baseAddress! + start), count: UInt32(buffer.count - start))
                            var written: UInt32 = 0
                            let failure = withUnsafePointer(to: &vector) { vector in
                                withUnsafeMutablePointer(to: &written) { written in
                                    fd_write(descriptor, address(of: vector), 1, address(of: written))
                                }
                            }
                            guard failure == 0 else { return }
                            start += Int(written)
                        }
                    }
                }

                func write(_ text: String, to descriptor: UInt32 = 1) {
                    write(Array(text.utf8), to: descriptor)
                }

                /// The path, then the pieces of the query string.
                func arguments() -> [[UInt8]] {
                    var count: UInt32 = 0
                    var byteCount: UInt32 = 0
                    _ = withUnsafeMutablePointer(to: &count) { count in
                        withUnsafeMutablePointer(to: &byteCount) {
                            args_sizes_get(address(of: count), address(of: $0))
                        }
                    }
                    var pointers = [UInt32](repeating: 0, count: Int(count) + 1)
                    var bytes = [UInt8](repeating: 0, count: Int(byteCount) + 1)
                    return pointers.withUnsafeMutableBytes { pointers in
                        bytes.withUnsafeMutableBytes { bytes in
                            let base = address(of: bytes.baseAddress)
                            guard args_get(address(of: pointers.baseAddress), base) == 0 else { return [] }
                            return (0..<Int(count)).map { index in
                                let start = Int(pointers.load(fromByteOffset: index * 4, as: UInt32.self) - base)
                                return Array(bytes[start...].prefix { $0 != 0 })
                            }
                        }
                    }
                }

                """),
            ScaffoldFile(
                "Sources/Allocator.swift",
                """
                // What Embedded Swift asks of its platform, which here is nobody: an allocator. Each request gets a
                // fresh instance of the module, so memory is only ever handed out; all of it goes after the response.

                /// The instruction memory.grow: the size before, in pages of 64 KiB, or -1.
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
                        // Pages that do not follow the last ones begin a new run.
                        if grown != end { start = grown }
                        end = grown + pageCount * pageSize
                    }
                    next = start + byteCount
                    result.pointee = UnsafeMutableRawPointer(bitPattern: start)
                    return 0
                }

                /// Swift reserves the name `free`; the linker is told to take this function for it (--wrap=free).
                @_cdecl("__wrap_free")
                public func release(_ pointer: UnsafeMutableRawPointer?) {}

                """),
            ScaffoldFile(
                "build.sh",
                """
                #!/bin/sh
                # Compiles the handler with the Swift toolchain on the PATH: Embedded Swift, linked into a module.
                set -e
                mkdir -p build
                swiftc -target wasm32-unknown-none-wasm -enable-experimental-feature Embedded \\
                    -enable-experimental-feature Extern -whole-module-optimization -Osize -parse-as-library \\
                    -Xfrontend -disable-stack-protector -module-name \(name.swiftModule) \\
                    -c Sources/*.swift -o build/handler.o
                wasm-ld --no-entry --export=_start --wrap=free --gc-sections --strip-debug \\
                    build/handler.o -o \(module)

                """),
        ]
        let description = greeter(
            name, module: module, build: .init(command: "sh build.sh", watch: ["Sources/*.swift", "build.sh"]),
            toolchain: .swift, ignored: ["build/"])
        return (description, files + page(name))
    }
}
