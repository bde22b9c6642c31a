import ComponentModel
import Foundation
import TestSupport
import Testing
import WASIHTTP
import WASIPreview2

@Suite("Interfaces of WASI 0.2")
struct InterfaceTests {
    static let interfaces = HostInterface.wasiPreview2 + HostInterface.wasiHTTP

    @Test("each interface has as many functions as that of 0.2.12")
    func counts() {
        let expected = [
            "io/error": 1, "io/poll": 3, "io/streams": 15,
            "cli/environment": 3, "cli/exit": 2, "cli/stdin": 1, "cli/stdout": 1, "cli/stderr": 1,
            "cli/terminal-input": 0, "cli/terminal-output": 0, "cli/terminal-stdin": 1, "cli/terminal-stdout": 1,
            "cli/terminal-stderr": 1,
            "clocks/monotonic-clock": 4, "clocks/wall-clock": 2, "clocks/timezone": 2,
            "random/random": 2, "random/insecure": 2, "random/insecure-seed": 1,
            "filesystem/types": 29, "filesystem/preopens": 1,
            "sockets/network": 1, "sockets/instance-network": 1, "sockets/ip-name-lookup": 3, "sockets/tcp": 28,
            "sockets/tcp-create-socket": 1, "sockets/udp": 18, "sockets/udp-create-socket": 1,
            "http/types": 52, "http/outgoing-handler": 1,
        ]
        var found: [String: Int] = [:]
        for interface in Self.interfaces {
            found[String(interface.name.dropFirst("wasi:".count))] = interface.functions.count
            #expect(interface.version == "0.2.12")
        }
        #expect(found == expected)
    }

    @Test("what may be done while an image is made tells nothing of the world and leaves no resource behind")
    func repeatable() {
        let repeatable = Self.interfaces.flatMap { interface in
            interface.functions.filter { $0.value.isRepeatable }.map { "\(interface.name) \($0.key)" }
        }
        #expect(
            repeatable.sorted() == [
                "wasi:cli/terminal-stderr get-terminal-stderr", "wasi:cli/terminal-stdin get-terminal-stdin",
                "wasi:cli/terminal-stdout get-terminal-stdout",
                "wasi:clocks/timezone display", "wasi:clocks/timezone utc-offset",
            ])
    }

    /// What `wasm-tools component wit --json --all-features` writes of a package that imports all of WASI 0.2.12.
    private static let description = ProcessInfo.processInfo.environment["HIPPO_WASI_WIT_JSON"]

    @Test(
        "each function has the type that the specification's texts give it",
        .enabled(if: description != nil, "set HIPPO_WASI_WIT_JSON to what wasm-tools tells of WASI's texts"))
    func types() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: try #require(Self.description)))
        let wit = try WITDescription(data)
        var compared = 0
        for interface in Self.interfaces {
            for (name, function) in interface.functions {
                #expect(wit.type(of: name, in: interface.name) == function.type.text, "\(interface.name) \(name)")
                compared += 1
            }
        }
        #expect(compared == Self.interfaces.map(\.functions.count).reduce(0, +))
    }
}

/// The types of the specification's texts, as `wasm-tools` tells them.
private struct WITDescription {
    private let interfaces: [[String: Any]]
    private let types: [[String: Any]]
    private let packages: [[String: Any]]

    init(_ data: Data) throws {
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        interfaces = try #require(root["interfaces"] as? [[String: Any]])
        types = try #require(root["types"] as? [[String: Any]])
        packages = try #require(root["packages"] as? [[String: Any]])
    }

    func type(of function: String, in name: String) -> String? {
        for interface in interfaces {
            guard let own = interface["name"] as? String, let package = interface["package"] as? Int,
                let packageName = packages[package]["name"] as? String,
                packageName.prefix(while: { $0 != "@" }) + "/" + own == name,
                let functions = interface["functions"] as? [String: [String: Any]], let found = functions[function],
                let parameters = found["params"] as? [[String: Any]]
            else { continue }
            let list = parameters.map { "\($0["name"]!): \(text($0["type"]!))" }.joined(separator: ", ")
            return "(\(list)) -> \(text(found["result"] as Any))"
        }
        return nil
    }

    private func text(_ type: Any) -> String {
        if let name = type as? String { return name }
        guard let number = type as? Int else { return "_" }
        guard let kind = types[number]["kind"] as? [String: Any], let (name, content) = kind.first else {
            return types[number]["name"] as? String ?? "?"
        }
        func labels(_ key: String) -> [[String: Any]] { (content as? [String: Any])?[key] as? [[String: Any]] ?? [] }
        func join(_ parts: [String]) -> String { parts.joined(separator: ", ") }
        switch name {
        case "type": return text(content)
        case "handle":
            let (handle, type) = (content as? [String: Any])!.first!
            return "\(handle)<\(resource(type))>"
        case "list", "option": return "\(name)<\(text(content))>"
        case "result":
            let parts = content as? [String: Any] ?? [:]
            return "result<\(text(parts["ok"] as Any)), \(text(parts["err"] as Any))>"
        case "tuple": return "tuple<\(join(((content as? [String: Any])?["types"] as? [Any] ?? []).map(text)))>"
        case "record": return "record{\(join(labels("fields").map { "\($0["name"]!): \(text($0["type"]!))" }))}"
        case "variant": return "variant{\(join(labels("cases").map { "\($0["name"]!)(\(text($0["type"] as Any)))" }))}"
        case "enum": return "enum{\(join(labels("cases").map { "\($0["name"]!)" }))}"
        case "flags": return "flags{\(join(labels("flags").map { "\($0["name"]!)" }))}"
        default: return "?"
        }
    }

    private func resource(_ type: Any) -> String {
        var number = type as? Int ?? 0
        while let kind = types[number]["kind"] as? [String: Any], let next = kind["type"] as? Int { number = next }
        return types[number]["name"] as? String ?? "?"
    }
}

extension ComponentModel.FunctionType {
    fileprivate var text: String {
        "(\(parameters.map { "\($0.label): \($0.type.text)" }.joined(separator: ", "))) -> \(result?.text ?? "_")"
    }
}

extension ValueType {
    fileprivate var text: String {
        func join(_ parts: [String]) -> String { parts.joined(separator: ", ") }
        return switch kind {
        case .bool: "bool"
        case .s8: "s8"
        case .u8: "u8"
        case .s16: "s16"
        case .u16: "u16"
        case .s32: "s32"
        case .u32: "u32"
        case .s64: "s64"
        case .u64: "u64"
        case .f32: "f32"
        case .f64: "f64"
        case .char: "char"
        case .string: "string"
        case .record(let fields): "record{\(join(fields.map { "\($0.label): \($0.type.text)" }))}"
        case .variant(let cases): "variant{\(join(cases.map { "\($0.label)(\($0.type?.text ?? "_"))" }))}"
        case .list(let element): "list<\(element.text)>"
        case .tuple(let types): "tuple<\(join(types.map(\.text)))>"
        case .flags(let labels): "flags{\(join(labels))}"
        case .enumeration(let labels): "enum{\(join(labels))}"
        case .option(let type): "option<\(type.text)>"
        case .result(let ok, let error): "result<\(ok?.text ?? "_"), \(error?.text ?? "_")>"
        case .own(let type): "own<\(type.shortName)>"
        case .borrow(let type): "borrow<\(type.shortName)>"
        case .fixedLengthList, .stream, .future, .map: "?"
        }
    }
}

extension ResourceType {
    fileprivate var shortName: String { String(name.split(separator: "/").last!) }
}
