// What components of C that answer HTTP requests have in common. They are built without any library.

#define HTTP "wasi:http/types@0.2.4"
#define IO "wasi:io/streams@0.2.6"
IMPORT(HTTP, "[constructor]fields") int fields_new(void);
IMPORT(HTTP, "[method]fields.append") void fields_append(int, const char *, u32, const char *, u32, void *);
IMPORT(HTTP, "[method]fields.get") void fields_get(int, const char *, u32, void *);
IMPORT(HTTP, "[method]fields.entries") void fields_entries(int, void *);
IMPORT(HTTP, "[resource-drop]fields") void fields_drop(int);
IMPORT(HTTP, "[method]incoming-request.method") void request_method(int, void *);
IMPORT(HTTP, "[method]incoming-request.path-with-query") void request_path(int, void *);
IMPORT(HTTP, "[method]incoming-request.scheme") void request_scheme(int, void *);
IMPORT(HTTP, "[method]incoming-request.authority") void request_authority(int, void *);
IMPORT(HTTP, "[method]incoming-request.headers") int request_headers(int);
IMPORT(HTTP, "[method]incoming-request.consume") void request_consume(int, void *);
IMPORT(HTTP, "[method]incoming-body.stream") void incoming_stream(int, void *);
IMPORT(HTTP, "[static]incoming-body.finish") int incoming_finish(int);
IMPORT(HTTP, "[method]future-trailers.get") void trailers_get(int, void *);
IMPORT(HTTP, "[method]future-trailers.subscribe") int trailers_subscribe(int);
IMPORT(HTTP, "[constructor]outgoing-response") int response_new(int);
IMPORT(HTTP, "[method]outgoing-response.set-status-code") int response_status(int, int);
IMPORT(HTTP, "[method]outgoing-response.body") void response_body(int, void *);
IMPORT(HTTP, "[static]response-outparam.set") void outparam_set(int, int, int, int, u64, int, int, int, int);
IMPORT(HTTP, "[method]outgoing-body.write") void body_write(int, void *);
IMPORT(HTTP, "[static]outgoing-body.finish") void body_finish(int, int, int, void *);
IMPORT(IO, "[method]input-stream.blocking-read") void stream_read(int, u64, void *);
IMPORT(IO, "[resource-drop]input-stream") void input_drop(int);
IMPORT(IO, "[method]output-stream.blocking-write-and-flush") void stream_write(int, const void *, u32, void *);
IMPORT(IO, "[resource-drop]output-stream") void stream_drop(int);
IMPORT("wasi:io/poll@0.2.6", "[method]pollable.block") void pollable_block(int);
IMPORT("wasi:io/poll@0.2.6", "[resource-drop]pollable") void pollable_drop(int);

// Where functions leave what they return. Errors of HTTP have numbers of 64 bits in them.
static _Alignas(8) u32 result[20];

static u32 length(const char *text) {
    u32 count = 0;
    while (text[count]) count++;
    return count;
}

static void append(int fields, const char *name, const char *value) {
    fields_append(fields, name, length(name), value, length(value), result);
}

// Begins a response; gives its body.
static int begin_with(int outparam, int status, int fields) {
    int response = response_new(fields);
    response_status(response, status);
    response_body(response, result);
    int body = result[1];
    outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
    return body;
}

static int begin(int outparam, int status, const char *content_length) {
    int fields = fields_new();
    append(fields, "content-type", "text/plain");
    if (content_length) append(fields, "content-length", content_length);
    return begin_with(outparam, status, fields);
}

// Writes the whole body: there is one stream for it.
static void write(int body, const void *text, u32 count) {
    body_write(body, result);
    int stream = result[1];
    stream_write(stream, text, count, result);
    stream_drop(stream);
}

static void answer(int outparam, int status, const void *text, u32 count) {
    int body = begin(outparam, status, 0);
    if (count) write(body, text, count);
    body_finish(body, 0, 0, result);
}
