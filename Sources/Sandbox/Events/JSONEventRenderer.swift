import JSON
import SandboxProtocol

/// Renders events for tools: one JSON object on a line.
struct JSONEventRenderer: EventRenderer {
    mutating func render(_ event: Event) -> String {
        event.json.serialized + "\n"
    }

    func render(_ entries: [RequestLogEntry], to output: inout [UInt8]) {
        var writer = JSONWriter()
        for entry in entries { writer.write(entry, time: nil) }
        output += writer.bytes
    }
}
