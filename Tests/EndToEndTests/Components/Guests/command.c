// A command that ends as its argument says.

IMPORT("wasi:cli/environment@0.2.0", "get-arguments") void get_arguments(u32 *);
IMPORT("wasi:cli/stdout@0.2.0", "get-stdout") int get_stdout(void);
IMPORT("wasi:cli/exit@0.2.0", "exit") void leave(int);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.blocking-write-and-flush")
void stream_write(int, const char *, u32, u32 *);

EXPORT("wasi:cli/run@0.2.0#run") int run(void) {
    static u32 result[4];
    get_arguments(result);
    u32 *arguments = (u32 *)result[0];
    char end = result[1] > 1 ? *(char *)arguments[2] : '?';
    stream_write(get_stdout(), "begun\n", 6, result);
    switch (end) {
    case 's': return 0;
    case 'f': return 1;
    case 'S': leave(0);
    case 'F': leave(1);
    default: __builtin_trap();
    }
}
