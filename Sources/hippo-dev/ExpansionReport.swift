import Bindle
import ComponentModel
import Hippofacts
import JSON

extension Expansion {
    /// What `check --json` prints.
    ///
    func report(_ check: ModuleChecks) -> JSONObject {
        let modules = invoice.parcels.filter(\.isGlobal).map { parcel -> JSONValue in
            var module: JSONObject = ["name": .string(parcel.label.name), "bytes": .integer(Int(parcel.label.size))]
            module["component"] = check.worlds[parcel.label.sha256].map { .object($0.json) }
            module["route"] = parcel.label.wagi?.route.map { .string($0) }
            return .object(module)
        }
        return [
            "id": .string("\(invoice.id)"), "name": .string(invoice.id.name),
            "version": .string("\(invoice.id.version)"), "modules": .array(modules),
            "files": .integer(invoice.parcels.count { !$0.isGlobal }),
            "bytes": .integer(invoice.distinctLabels.reduce(0) { $0 + Int($1.size) }),
            "warnings": .array((warnings.map(\.description) + check.warnings).map { .string($0) }),
            "errors": .array(check.problems.map { .string($0) }),
        ]
    }
}

extension ComponentWorld {
    fileprivate var json: JSONObject {
        let modules = modules.map { module -> JSONValue in
            var object: JSONObject = ["bytes": .integer(module.byteCount)]
            object["name"] = module.name.map { .string($0) }
            return .object(object)
        }
        var object: JSONObject = [
            "exports": .array(exports.map { .string($0) }), "imports": .array(imports.map { .string($0) }),
            "modules": .array(modules),
        ]
        object["producers"] = producers.map { .string($0) }
        return object
    }
}
