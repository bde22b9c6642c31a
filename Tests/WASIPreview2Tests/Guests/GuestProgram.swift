import ComponentModel
import Foundation
import TestSupport
import WASIHTTP
import WASIPreview2
import WebAssembly
import WebAssemblyRuntime

/// A component of C, linked with all interfaces of WASI.
struct GuestProgram {
    let linked: LinkedComponent

    static let linker: ComponentLinker = {
        var linker = ComponentLinker()
        for interface in HostInterface.wasiPreview2 + HostInterface.wasiHTTP { linker.add(interface) }
        return linker
    }()

    init(_ source: String, wit: String) throws {
        let bytes = try CComponent.build(Self.prelude + source, wit: wit + Self.interfaces, world: "guest")
        linked = try Self.linker.link(try Component_(bytes: bytes))
    }

    init(contentsOf file: URL, stubImports: Bool = false) throws {
        let component = try Component_(binary: ModuleBinary(contentsOfFile: file.path))
        linked = try Self.linker.link(component, stubImports: stubImports)
    }

    /// The parts of the interfaces that the programs use, in several versions: what a component imports need not be whole.
    private static let interfaces = """

        package wasi:io@0.2.0 {
            interface error { resource error; }
            interface streams {
                use error.{error};
                variant stream-error { last-operation-failed(error), closed }
                resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
                resource output-stream {
                    blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
                }
            }
        }
        package wasi:io@0.2.6 {
            interface error { resource error; }
            interface streams {
                use error.{error};
                variant stream-error { last-operation-failed(error), closed }
                resource input-stream {
                    blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
                    read: func(len: u64) -> result<list<u8>, stream-error>;
                }
                resource output-stream {
                    blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
                }
            }
        }
        package wasi:cli@0.2.0 {
            interface environment { get-arguments: func() -> list<string>; }
            interface stdin { use wasi:io/streams@0.2.0.{input-stream}; get-stdin: func() -> input-stream; }
            interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
            interface exit { exit: func(status: result); }
            interface run { run: func() -> result; }
        }
        package wasi:filesystem@0.2.9 {
            interface types {
                use wasi:io/streams@0.2.6.{input-stream};
                flags path-flags { symlink-follow }
                flags open-flags { create, directory, exclusive, truncate }
                flags descriptor-flags {
                    read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory
                }
                enum error-code {
                    access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large,
                    illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links,
                    message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space,
                    not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow,
                    not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device,
                }
                resource descriptor {
                    read-via-stream: func(offset: u64) -> result<input-stream, error-code>;
                    open-at: func(path-flags: path-flags, path: string, open-flags: open-flags,
                        %flags: descriptor-flags) -> result<descriptor, error-code>;
                }
            }
            interface preopens {
                use types.{descriptor};
                get-directories: func() -> list<tuple<descriptor, string>>;
            }
        }
        package wasi:http@0.2.4 {
            interface types {
                use wasi:io/streams@0.2.6.{input-stream, output-stream};
                variant method { get, head, post, put, delete, connect, options, trace, patch, other(string) }
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
                    HTTP-request-header-section-size(option<u32>), HTTP-request-header-size(option<field-size-payload>),
                    HTTP-request-trailer-section-size(option<u32>), HTTP-request-trailer-size(field-size-payload),
                    HTTP-response-incomplete, HTTP-response-header-section-size(option<u32>),
                    HTTP-response-header-size(field-size-payload), HTTP-response-body-size(option<u64>),
                    HTTP-response-trailer-section-size(option<u32>), HTTP-response-trailer-size(field-size-payload),
                    HTTP-response-transfer-coding(option<string>), HTTP-response-content-coding(option<string>),
                    HTTP-response-timeout, HTTP-upgrade-failed, HTTP-protocol-error, loop-detected, configuration-error,
                    internal-error(option<string>),
                }
                resource fields { constructor(); }
                resource incoming-request {
                    method: func() -> method;
                    path-with-query: func() -> option<string>;
                    consume: func() -> result<incoming-body>;
                }
                resource incoming-body { %stream: func() -> result<input-stream>; }
                resource outgoing-response {
                    constructor(headers: fields);
                    body: func() -> result<outgoing-body>;
                }
                resource outgoing-body {
                    write: func() -> result<output-stream>;
                    finish: static func(this: outgoing-body, trailers: option<fields>) -> result<_, error-code>;
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

    private static let prelude = """
        #define IO0 "wasi:io/streams@0.2.0"
        #define IO6 "wasi:io/streams@0.2.6"
        #define FILES "wasi:filesystem/types@0.2.9"
        #define HTTP "wasi:http/types@0.2.4"
        typedef struct { u8 *start; u32 count; } bytes;
        typedef struct { u32 tag; u32 first; u32 second; } result;

        """
}

/// The component of the model; ``Component`` stands for one here.
typealias Component_ = ComponentModel.Component
