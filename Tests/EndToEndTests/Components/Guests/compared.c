// Answers as its path says. What the program of Python has as well, it answers in the same way.

static const char *path;
static u32 path_count;
static int out;

static int path_begins(const char *prefix) {
    u32 count = length(prefix);
    if (count > path_count) return 0;
    for (u32 i = 0; i < count; i++) if (path[i] != prefix[i]) return 0;
    return 1;
}

static int path_is(const char *name) {
    u32 count = length(name);
    return path_begins(name) && (path_count == count || path[count] == '?');
}

static void put(const void *bytes, u32 count) {
    for (const u8 *place = bytes; count;) {
        u32 part = count < 4096 ? count : 4096;
        stream_write(out, place, part, result);
        place += part;
        count -= part;
    }
}

static void text(const char *line) { put(line, length(line)); }

static void open_body(int body) {
    body_write(body, result);
    out = result[1];
}

static void close_body(int body, int has_trailers, int trailers) {
    stream_drop(out);
    body_finish(body, has_trailers, trailers, result);
}

// A line for each field, whose name may be in any case.
static void put_fields(int fields) {
    fields_entries(fields, result);
    u32 *entries = (u32 *)result[0];
    for (u32 count = result[1]; count--; entries += 4) {
        u8 *name = (u8 *)entries[0];
        for (u32 i = 0; i < entries[1]; i++) if (name[i] >= 'A' && name[i] <= 'Z') name[i] |= 32;
        put(name, entries[1]);
        text(": ");
        put((void *)entries[2], entries[3]);
        text("\n");
    }
}

static void put_optional(u32 *value) {
    u32 has = *(u8 *)value, place = value[1], count = value[2];
    if (has) put((void *)place, count); else text("-");
}

// What the request says, and its fields.
static void describe(int request, int outparam) {
    static const char *methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    static const char *schemes[] = {"http", "https", "other"};
    int body = begin(outparam, 200, 0);
    open_body(body);
    request_method(request, result);
    u32 method = *(u8 *)result, place = result[1], count = result[2];
    if (method < 9) text(methods[method]); else put((void *)place, count);
    text(" ");
    request_path(request, result);
    put_optional(result);
    text("\n");
    request_scheme(request, result);
    text(*(u8 *)result ? schemes[*(u8 *)(result + 1)] : "-");
    text(" ");
    request_authority(request, result);
    put_optional(result);
    text("\n");
    put_fields(request_headers(request));
    close_body(body, 0, 0);
}

// The request's body, as it comes, and its trailers.
static void echo(int request, int outparam) {
    int body = begin(outparam, 200, 0);
    open_body(body);
    request_consume(request, result);
    int incoming = result[1];
    incoming_stream(incoming, result);
    int in = result[1];
    for (;;) {
        u32 top = heap_end;
        stream_read(in, 65536, result);
        if (*(u8 *)result) break;
        put((void *)result[1], result[2]);
        heap_end = top;
    }
    input_drop(in);
    int future = incoming_finish(incoming);
    int pollable = trailers_subscribe(future);
    pollable_block(pollable);
    pollable_drop(pollable);
    trailers_get(future, result);
    u8 *bytes = (u8 *)result;
    // Some, the first time, of no error, some.
    if (bytes[0] && !bytes[8] && !bytes[16] && bytes[24]) put_fields(result[7]);
    close_body(body, 0, 0);
}

// Which fields a response takes, and which it does not.
static void try_fields(int outparam) {
    static const struct { const char *name, *value; } tried[] = {
        {"connection", "close"}, {"Keep-Alive", "1"}, {"proxy-authenticate", "x"}, {"proxy-authorization", "x"},
        {"proxy-connection", "x"}, {"transfer-encoding", "chunked"}, {"upgrade", "x"}, {"host", "x"},
        {"http2-settings", "x"}, {"TE", "trailers"}, {"trailer", "x"}, {"content-length", "x"}, {"date", "x"},
        {"server", "x"}, {"cookie", "x"}, {"", "x"}, {"a b", "x"}, {"a:b", "x"}, {"\xC3\xA9", "x"}, {"a\n", "x"},
        {"!#$%&'*+-.^_`|~", "x"}, {"a", ""}, {"a", " x "}, {"a", "x\r\ny"}, {"a", "x\x01"}, {"a", "\xC3\xA9\xFF"},
        {"a", "\t"}, {"a", "\x7F"},
    };
    static const char *outcomes[] = {"taken", "invalid-syntax", "forbidden", "immutable"};
    u32 outcome[sizeof tried / sizeof *tried];
    int fields = fields_new();
    for (u32 i = 0; i < sizeof tried / sizeof *tried; i++) {
        append(fields, tried[i].name, tried[i].value);
        u8 *bytes = (u8 *)result;
        outcome[i] = bytes[0] ? 1 + bytes[1] : 0;
    }
    int body = begin(outparam, 200, 0);
    open_body(body);
    for (u32 i = 0; i < sizeof tried / sizeof *tried; i++) {
        text(tried[i].name);
        text("=");
        text(tried[i].value);
        text(": ");
        text(outcomes[outcome[i]]);
        text("|");
    }
    close_body(body, 0, 0);
}

static void many_fields(int outparam) {
    int fields = fields_new();
    append(fields, "X-Twice", "1");
    append(fields, "x-other", "a, b");
    append(fields, "x-TWICE", "2");
    append(fields, "set-cookie", "a=1");
    append(fields, "set-cookie", "b=2; Path=/");
    append(fields, "x-empty", "");
    append(fields, "x-bytes", "\xC3\xA9\xFF");
    append(fields, "!#$%&'*+-.^_`|~", "odd");
    int body = begin_with(outparam, 200, fields);
    open_body(body);
    text("fields");
    close_body(body, 0, 0);
}

// `/status/NNN`, with a body if there is a query.
static void status(int outparam) {
    int code = 0;
    u32 i = 8;
    for (; i < path_count && path[i] >= '0' && path[i] <= '9'; i++) code = 10 * code + path[i] - '0';
    int response = response_new(fields_new());
    if (response_status(response, code)) return answer(outparam, 500, "no status", 9);
    response_body(response, result);
    int body = result[1];
    outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
    open_body(body);
    if (i < path_count) text("body");
    close_body(body, 0, 0);
}

static void with_trailers(int outparam) {
    int fields = fields_new();
    append(fields, "trailer", "x-checksum, x-second");
    int body = begin_with(outparam, 200, fields);
    open_body(body);
    text("body");
    int trailers = fields_new();
    append(trailers, "x-checksum", "12");
    append(trailers, "x-second", "b");
    close_body(body, 1, trailers);
}

// A body of another length than its head says.
static void wrong_length(int outparam, const char *content_length) {
    int body = begin(outparam, 200, content_length);
    open_body(body);
    text("body");
    close_body(body, 0, 0);
}

// A mebibyte of letters.
static void large(int outparam) {
    static u8 letters[4096];
    for (u32 i = 0; i < sizeof letters; i++) letters[i] = 'a' + i % 26;
    int body = begin(outparam, 200, 0);
    open_body(body);
    for (int i = 0; i < 256; i++) put(letters, sizeof letters);
    close_body(body, 0, 0);
}

static void handle_request(int request, int outparam) {
    request_path(request, result);
    path = (const char *)result[1];
    path_count = result[2];
    if (path_is("/echo")) return echo(request, outparam);
    if (path_is("/fields")) return try_fields(outparam);
    if (path_is("/many-fields")) return many_fields(outparam);
    if (path_begins("/status/")) return status(outparam);
    if (path_is("/trailers")) return with_trailers(outparam);
    if (path_is("/large")) return large(outparam);
    if (path_is("/exact")) return wrong_length(outparam, "4");
    if (path_is("/short")) return wrong_length(outparam, "9");
    if (path_is("/long")) return wrong_length(outparam, "2");
    if (path_is("/empty")) return answer(outparam, 200, 0, 0);
    if (path_is("/trap")) __builtin_trap();
    if (path_is("/unset")) return;
    if (path_is("/error")) return outparam_set(outparam, 1, 33, 0, 0, 0, 0, 0, 0);
    if (path_is("/bodiless")) return outparam_set(outparam, 0, response_new(fields_new()), 0, 0, 0, 0, 0, 0);
    if (path_is("/late-trap")) {
        open_body(begin(outparam, 200, 0));
        text("part");
        __builtin_trap();
    }
    if (path_is("/unfinished")) {
        open_body(begin(outparam, 200, 0));
        return text("part");
    }
    if (path_is("/afterwards")) {
        answer(outparam, 200, "whole", 5);
        __builtin_trap();
    }
    describe(request, outparam);
}
