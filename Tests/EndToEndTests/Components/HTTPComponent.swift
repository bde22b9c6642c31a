import Foundation
import TestSupport

/// Components of C that answer HTTP requests themselves.
enum HTTPComponent {
    /// Builds a component.
    ///
    /// - Parameter handle: the body of `void handle(int request, int outparam)`, and nothing but what `library` declares.
    static func build(_ handle: String, declarations: String = "", imports: String = "") throws -> Data {
        let source = """
            \(library)
            \(declarations)
            EXPORT("wasi:http/incoming-handler@0.2.4#handle") void handle(int request, int outparam) {
            \(handle)
            }
            """
        return Data(try CComponent.build(source, wit: wit(imports), world: "app"))
    }

    /// One that answers with a text.
    static func answering(_ text: String) throws -> Data {
        try build("answer(outparam, 200, \"\(text)\", \(text.utf8.count));")
    }

    /// The part of WASI 0.2 that these components use.
    private static func wit(_ imports: String) -> String {
        """
        package test:app;
        world app {
            import wasi:http/types@0.2.4;
            \(imports)
            export wasi:http/incoming-handler@0.2.4;
        }
        package test:absent {
            interface clock { wind: func(turns: u32) -> u32; }
            interface bell { ring: func(); }
        }
        package wasi:cli@0.2.4 {
            interface environment { get-arguments: func() -> list<string>; }
            interface exit { exit: func(status: result); }
        }
        package wasi:io@0.2.4 {
            interface error { resource error { } }
            interface streams {
                use error.{error};
                variant stream-error { last-operation-failed(error), closed }
                resource output-stream {
                    blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
                }
            }
        }
        package wasi:http@0.2.4 {
            interface types {
                use wasi:io/streams@0.2.4.{output-stream};
                record DNS-error-payload { rcode: option<string>, info-code: option<u16> }
                record TLS-alert-received-payload { alert-id: option<u8>, alert-message: option<string> }
                record field-size-payload { field-name: option<string>, field-size: option<u32> }
                variant error-code {
                    DNS-timeout, DNS-error(DNS-error-payload), destination-not-found, destination-unavailable,
                    destination-IP-prohibited, destination-IP-unroutable, connection-refused, connection-terminated,
                    connection-timeout, connection-read-timeout, connection-write-timeout, connection-limit-reached,
                    TLS-protocol-error, TLS-certificate-error, TLS-alert-received(TLS-alert-received-payload),
                    HTTP-request-denied, HTTP-request-length-required, HTTP-request-body-size(option<u64>),
                    HTTP-request-method-invalid, HTTP-request-URI-invalid, HTTP-request-URI-too-long,
                    HTTP-request-header-section-size(option<u32>),
                    HTTP-request-header-size(option<field-size-payload>),
                    HTTP-request-trailer-section-size(option<u32>), HTTP-request-trailer-size(field-size-payload),
                    HTTP-response-incomplete, HTTP-response-header-section-size(option<u32>),
                    HTTP-response-header-size(field-size-payload), HTTP-response-body-size(option<u64>),
                    HTTP-response-trailer-section-size(option<u32>), HTTP-response-trailer-size(field-size-payload),
                    HTTP-response-transfer-coding(option<string>), HTTP-response-content-coding(option<string>),
                    HTTP-response-timeout, HTTP-upgrade-failed, HTTP-protocol-error, loop-detected,
                    configuration-error, internal-error(option<string>)
                }
                variant header-error { invalid-syntax, forbidden, immutable }
                resource fields {
                    constructor();
                    append: func(name: string, value: list<u8>) -> result<_, header-error>;
                    get: func(name: string) -> list<list<u8>>;
                }
                resource incoming-request {
                    headers: func() -> fields;
                    path-with-query: func() -> option<string>;
                }
                resource outgoing-body {
                    write: func() -> result<output-stream>;
                    finish: static func(this: outgoing-body, trailers: option<fields>) -> result<_, error-code>;
                }
                resource outgoing-response {
                    constructor(headers: fields);
                    set-status-code: func(status-code: u16) -> result;
                    body: func() -> result<outgoing-body>;
                }
                resource response-outparam {
                    set: static func(param: response-outparam, response: result<outgoing-response, error-code>);
                }
            }
            interface incoming-handler {
                use types.{incoming-request, response-outparam};
                handle: func(request: incoming-request, response-out: response-outparam);
            }
        }
        """
    }

    /// What they have in common: a response in one go, or in parts.
    private static let library = #"""
        #define HTTP "wasi:http/types@0.2.4"
        #define IO "wasi:io/streams@0.2.4"
        IMPORT(HTTP, "[constructor]fields") int fields_new(void);
        IMPORT(HTTP, "[method]fields.append") void fields_append(int, const char *, int, const char *, int, void *);
        IMPORT(HTTP, "[method]fields.get") void fields_get(int, const char *, int, void *);
        IMPORT(HTTP, "[method]incoming-request.headers") int request_headers(int);
        IMPORT(HTTP, "[method]incoming-request.path-with-query") void request_path(int, void *);
        IMPORT(HTTP, "[constructor]outgoing-response") int response_new(int);
        IMPORT(HTTP, "[method]outgoing-response.set-status-code") int response_status(int, int);
        IMPORT(HTTP, "[method]outgoing-response.body") void response_body(int, void *);
        IMPORT(HTTP, "[static]response-outparam.set")
        void outparam_set(int, int, int, int, u64, int, int, int, int);
        IMPORT(HTTP, "[method]outgoing-body.write") void body_write(int, void *);
        IMPORT(HTTP, "[static]outgoing-body.finish") void body_finish(int, int, int, void *);
        IMPORT(IO, "[method]output-stream.blocking-write-and-flush") void stream_write(int, const void *, int, void *);
        IMPORT(IO, "[resource-drop]output-stream") void stream_drop(int);
        static u32 result[16];

        // Begins a response; gives its body.
        static int begin(int outparam, int status, const char *length) {
            int fields = fields_new();
            fields_append(fields, "content-type", 12, "text/plain", 10, result);
            u32 digits = 0;
            while (length && length[digits]) digits++;
            if (length) fields_append(fields, "content-length", 14, length, digits, result);
            int response = response_new(fields);
            response_status(response, status);
            response_body(response, result);
            int body = result[1];
            outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
            return body;
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

        """#
}
