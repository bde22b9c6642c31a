extension Template {
    func zigProject(_ name: ProjectName) -> (ProjectDescription, [ScaffoldFile]) {
        let module = "build/\(name.package).wasm"
        let files = [
            ScaffoldFile(
                "src/main.zig",
                """
                // Answers /hello, and /hello?Ada. A request arrives as for a CGI program: in the environment, in the
                // arguments (the path, then the pieces of the query string) and on the standard input. The response
                // leaves on the standard output: header lines, an empty line, and the body. What is written to the
                // standard error is shown by `hippo-dev up`.

                const wasi = @import("wasi.zig");

                pub fn main() void {
                    wasi.write(wasi.output, "Content-Type: text/plain; charset=utf-8\\n\\n");
                    const name = wasi.argument(1) orelse "world";
                    wasi.write(wasi.output, "Hello, ");
                    wasi.write(wasi.output, name);
                    wasi.write(wasi.output, "! Zig answered.\\n");
                    wasi.write(wasi.err, "greeted somebody\\n");
                }

                """),
            ScaffoldFile(
                "src/wasi.zig",
                """
                // The little of WASI that a handler needs. Zig's own library has it all, but in other words from version
                // to version; this file is the same for each.

                pub const output: u32 = 1;
                pub const err: u32 = 2;

                const Vector = extern struct { start: [*]const u8, length: usize };

                extern "wasi_snapshot_preview1" fn fd_write(u32, [*]const Vector, usize, *usize) u16;
                extern "wasi_snapshot_preview1" fn args_sizes_get(*usize, *usize) u16;
                extern "wasi_snapshot_preview1" fn args_get([*]usize, [*]u8) u16;

                // A request has an instance of the module for itself, so that these need not be shared.
                var pointers: [64]usize = undefined;
                var strings: [16384]u8 = undefined;

                /// Writes all of the text.
                pub fn write(descriptor: u32, text: []const u8) void {
                    var rest = text;
                    while (rest.len > 0) {
                        const vectors = [_]Vector{.{ .start = rest.ptr, .length = rest.len }};
                        var written: usize = 0;
                        if (fd_write(descriptor, &vectors, 1, &written) != 0) return;
                        rest = rest[written..];
                    }
                }

                /// An argument: the path is number 0, the pieces of the query string follow.
                pub fn argument(index: usize) ?[]const u8 {
                    var count: usize = 0;
                    var size: usize = 0;
                    if (args_sizes_get(&count, &size) != 0) return null;
                    if (index >= count or count > pointers.len or size > strings.len) return null;
                    if (args_get(&pointers, &strings) != 0) return null;
                    const start = pointers[index] - @intFromPtr(&strings);
                    var end = start;
                    while (strings[end] != 0) end += 1;
                    return strings[start..end];
                }

                """),
        ]
        let description = greeter(
            name, module: module,
            build: .init(
                command: "mkdir -p build && zig build-exe src/main.zig -target wasm32-wasi -O ReleaseSmall "
                    + "-femit-bin=\(module)",
                watch: ["src/**/*.zig"]),
            toolchain: .zig, ignored: ["build/", ".zig-cache/", "zig-cache/"])
        return (description, files + page(name))
    }
}
