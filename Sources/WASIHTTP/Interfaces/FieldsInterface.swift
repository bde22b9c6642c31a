import ComponentModel
import WASIPreview2

extension FunctionList {
    /// Adds the functions of the resource `fields`.
    mutating func addFields() {
        let itself = ("self", ValueType.borrow(.fields))
        add("[constructor]fields", to: .own(.fields)) { call in
            .resource(try call.context.resources.insert(Fields(in: call.context.hostMemory)))
        }
        add("[static]fields.from-list", [("entries", .fieldEntries)], to: .result(.own(.fields), .headerError)) {
            call in
            try call.headerResult {
                let fields = Fields(in: call.context.hostMemory)
                for entry in call.arguments[0].list {
                    try fields.append(entry.fields[0].string, entry.fields[1].bytes)
                }
                return .resource(try call.context.resources.insert(fields))
            }
        }
        add("[method]fields.get", [itself, ("name", .string)], to: .list(.bytes)) { call in
            .list(try call.fields(0).values(of: call.arguments[1].string).map { .bytes($0) })
        }
        add("[method]fields.has", [itself, ("name", .string)], to: .bool) { call in
            .bool(try !call.fields(0).values(of: call.arguments[1].string).isEmpty)
        }
        add(
            "[method]fields.set", [itself, ("name", .string), ("value", .list(.bytes))],
            to: .result(nil, .headerError)
        ) { call in
            try call.headerResult {
                try call.fields(0).set(call.arguments[1].string, call.arguments[2].list.map(\.bytes))
                return nil
            }
        }
        add("[method]fields.delete", [itself, ("name", .string)], to: .result(nil, .headerError)) { call in
            try call.headerResult {
                try call.fields(0).delete(call.arguments[1].string)
                return nil
            }
        }
        add(
            "[method]fields.append", [itself, ("name", .string), ("value", .bytes)], to: .result(nil, .headerError)
        ) { call in
            try call.headerResult {
                try call.fields(0).append(call.arguments[1].string, call.arguments[2].bytes)
                return nil
            }
        }
        add("[method]fields.entries", [itself], to: .fieldEntries) { call in
            .list(try call.fields(0).list.map { .record([.string($0.name), .bytes($0.value)]) })
        }
        add("[method]fields.clone", [itself], to: .own(.fields)) { call in
            try call.insertCopy(of: call.fields(0), isMutable: true)
        }
    }
}

extension WASICall {
    func fields(_ position: Int) throws(ResourceError) -> Fields { try resource(position) }

    /// The `result` of a change of fields, with a `header-error`.
    fileprivate func headerResult(_ body: () throws -> Value?) throws -> Value {
        do { return .ok(try body()) } catch let problem as Fields.Problem {
            return .error(.variant(problem.rawValue, nil))
        }
    }

    /// The `result` of an operation of HTTP, with an `error-code`.
    func httpResult(_ body: () throws -> Value?) throws -> Value {
        do {
            return .ok(try body())
        } catch let code as HTTPErrorCode {
            try endIfInterrupted()
            return .error(code.value)
        }
    }

    /// A copy of fields, which cannot be changed where nothing else is said.
    func insertCopy(of fields: Fields, isMutable: Bool = false) throws -> Value {
        .resource(try context.resources.insert(Fields(fields, isMutable: isMutable, in: context.hostMemory)))
    }

    /// The `result` of what can be taken once; its error has nothing to say why.
    func once(_ object: AnyObject?, childOf parent: UInt32? = nil) throws -> Value {
        guard let object else { return .error() }
        return .ok(.resource(try context.resources.insert(object, childOf: parent)))
    }
}
