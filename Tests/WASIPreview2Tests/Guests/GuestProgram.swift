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
        let bytes = try CComponent.build(Self.prelude + source, wit: wit, world: "guest", usesWASI: true)
        linked = try Self.linker.link(try Component_(bytes: bytes))
    }

    init(contentsOf file: URL, stubImports: Bool = false) throws {
        let component = try Component_(binary: ModuleBinary(contentsOfFile: file.path))
        linked = try Self.linker.link(component, stubImports: stubImports)
    }

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
