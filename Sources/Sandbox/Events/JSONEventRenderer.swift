import JSON

/// Renders events for tools: one JSON object on a line.
struct JSONEventRenderer: EventRenderer {
    mutating func render(_ event: Event) -> String {
        event.json.serialized + "\n"
    }
}
