import WebAssembly

/// Imports or exports, in order and by name.
struct CheckedEntities {
    private(set) var all: [(name: String, entity: CheckedEntity)] = []
    private var places: [ExactName: Int] = [:]

    var count: Int { all.count }

    subscript(name: String) -> CheckedEntity? { places[ExactName(name)].map { all[$0].entity } }

    /// Adds one, unless there is one of that name.
    @discardableResult
    mutating func append(_ name: String, _ entity: CheckedEntity) -> Bool {
        let key = ExactName(name)
        guard places[key] == nil else { return false }
        places[key] = all.count
        all.append((name, entity))
        return true
    }

    /// The same names with other entities.
    func mapped(
        _ transform: (CheckedEntity) throws(DecodingFailure) -> CheckedEntity
    ) throws(DecodingFailure) -> CheckedEntities {
        var result = self
        for place in all.indices { result.all[place].entity = try transform(all[place].entity) }
        return result
    }

    var depth: Int { all.lazy.map(\.entity.depth).max() ?? 0 }
}
