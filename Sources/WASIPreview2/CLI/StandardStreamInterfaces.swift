package import ComponentModel

extension HostInterface {
    /// `wasi:cli/stdin`.
    package static let cliStdin = HostInterface(wasi: "wasi:cli/stdin") { list in
        list.add("get-stdin", to: .own(.inputStream)) { call in
            let source = StandardSource(call.context.configuration.standardInput)
            return .resource(try call.context.resources.insert(InputStream(source)))
        }
    }

    /// `wasi:cli/stdout`.
    package static let cliStdout = HostInterface(wasi: "wasi:cli/stdout") { list in
        list.add("get-stdout", to: .own(.outputStream)) { call in
            let sink = StandardSink(call.context.configuration.standardOutput)
            return .resource(try call.context.resources.insert(OutputStream(sink)))
        }
    }

    /// `wasi:cli/stderr`.
    package static let cliStderr = HostInterface(wasi: "wasi:cli/stderr") { list in
        list.add("get-stderr", to: .own(.outputStream)) { call in
            let sink = StandardSink(call.context.configuration.standardError)
            return .resource(try call.context.resources.insert(OutputStream(sink)))
        }
    }
}
