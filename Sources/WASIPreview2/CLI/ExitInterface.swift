package import ComponentModel
import WASI

extension HostInterface {
    /// `wasi:cli/exit`. Both functions end the component as `proc_exit` of preview 1 does.
    package static let cliExit = HostInterface(wasi: "wasi:cli/exit") { list in
        list.add("exit", [("status", .result())]) { call in
            throw ProcessExit(code: call.arguments[0].caseNumber == 0 ? 0 : 1)
        }
        list.add("exit-with-code", [("status-code", .u8)]) { call in
            throw ProcessExit(code: UInt32(call.arguments[0].u8))
        }
    }
}
