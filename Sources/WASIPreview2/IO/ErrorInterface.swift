package import ComponentModel

extension HostInterface {
    /// `wasi:io/error`.
    package static let ioError = HostInterface(wasi: "wasi:io/error", resources: ["error": .ioError]) { list in
        list.add("[method]error.to-debug-string", [("self", .borrow(.ioError))], to: .string) { call in
            .string(try call.resource(0, as: IOError.self).description)
        }
    }
}
