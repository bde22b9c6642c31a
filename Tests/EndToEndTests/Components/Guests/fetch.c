// Asks a server for `/5` by HTTPS, and prints its answer. The last argument is its host and port. It is a CGI program, too.

#define HTTP "wasi:http/types@0.2.4"
#define IO "wasi:io/streams@0.2.6"
IMPORT("wasi:cli/environment@0.2.0", "get-arguments") void get_arguments(void *);
IMPORT("wasi:cli/stdout@0.2.0", "get-stdout") int get_stdout(void);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.blocking-write-and-flush")
void stream_write(int, const void *, u32, void *);
IMPORT(HTTP, "[constructor]fields") int fields_new(void);
IMPORT(HTTP, "[constructor]outgoing-request") int request_new(int);
IMPORT(HTTP, "[method]outgoing-request.set-scheme") int set_scheme(int, int, int, const char *, u32);
IMPORT(HTTP, "[method]outgoing-request.set-authority") int set_authority(int, int, const void *, u32);
IMPORT(HTTP, "[method]outgoing-request.set-path-with-query") int set_path(int, int, const void *, u32);
IMPORT("wasi:http/outgoing-handler@0.2.4", "handle") void handle(int, int, int, void *);
IMPORT(HTTP, "[method]future-incoming-response.subscribe") int future_subscribe(int);
IMPORT(HTTP, "[method]future-incoming-response.get") void future_get(int, void *);
IMPORT(HTTP, "[method]incoming-response.status") int response_status(int);
IMPORT(HTTP, "[method]incoming-response.consume") void response_consume(int, void *);
IMPORT(HTTP, "[method]incoming-body.stream") void incoming_stream(int, void *);
IMPORT(IO, "[method]input-stream.blocking-read") void stream_read(int, u64, void *);
IMPORT("wasi:io/poll@0.2.6", "[method]pollable.block") void pollable_block(int);

static _Alignas(8) u32 result[20];
static int out;

static void text(const char *line) {
    u32 count = 0;
    while (line[count]) count++;
    stream_write(out, line, count, result);
}

static void number(u32 value) {
    if (value > 9) number(value / 10);
    char digit = '0' + value % 10;
    stream_write(out, &digit, 1, result);
}

static int failure(const u32 *code) {
    u32 number_of_code = *(const u8 *)code;
    text("error ");
    number(number_of_code);
    text("\n");
    return 0;
}

EXPORT("wasi:cli/run@0.2.0#run") int run(void) {
    out = get_stdout();
    text("Content-Type: text/plain\n\n");
    get_arguments(result);
    u32 *last = (u32 *)result[0] + 2 * (result[1] - 1);
    int request = request_new(fields_new());
    set_scheme(request, 1, 1, 0, 0);
    set_authority(request, 1, (void *)last[0], last[1]);
    set_path(request, 1, "/5", 2);
    handle(request, 0, 0, result);
    if (*(u8 *)result) return failure(result + 2);
    int future = result[2];
    pollable_block(future_subscribe(future));
    future_get(future, result);
    if (*(u8 *)(result + 4)) return failure(result + 6);
    int response = result[6];
    number(response_status(response));
    text(" ");
    response_consume(response, result);
    incoming_stream(result[1], result);
    int in = result[1];
    for (;;) {
        stream_read(in, 4096, result);
        if (*(u8 *)result) break;
        u32 place = result[1], count = result[2];
        stream_write(out, (void *)place, count, result);
    }
    text("\n");
    return 0;
}
