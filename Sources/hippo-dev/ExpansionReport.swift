import Bindle
import Hippofacts
import JSON

extension Expansion {
    /// What `check --json` prints.
    ///
    /// - Parameter problems: What would keep modules from being loaded.
    func report(problems: [String]) -> JSONObject {
        let modules = invoice.parcels.filter(\.isGlobal).map { parcel -> JSONValue in
            var module: JSONObject = ["name": .string(parcel.label.name), "bytes": .integer(Int(parcel.label.size))]
            module["route"] = parcel.label.wagi?.route.map { .string($0) }
            return .object(module)
        }
        return [
            "id": .string("\(invoice.id)"), "name": .string(invoice.id.name),
            "version": .string("\(invoice.id.version)"), "modules": .array(modules),
            "files": .integer(invoice.parcels.count { !$0.isGlobal }),
            "bytes": .integer(invoice.distinctLabels.reduce(0) { $0 + Int($1.size) }),
            "warnings": .array(warnings.map { .string("\($0)") }), "errors": .array(problems.map { .string($0) }),
        ]
    }
}
