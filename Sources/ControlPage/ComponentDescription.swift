import Bindle
import ComponentModel
import JSON
import WebAssembly

/// What a component of the app imports and exports, and what is in it.
struct ComponentDescription {
    private let name: String
    private let world: ComponentWorld

    /// A larger parcel is not read into memory for a description; in bytes.
    private static let largest = 256 << 20

    /// Whether a parcel is a component, which its first bytes say.
    static func isComponent(_ label: Label, of id: BindleID, revision: Int, in store: any BindleStorage) -> Bool {
        guard let reader = try? store.parcel(label.sha256, of: id, revision: revision, includingYanked: true),
            let beginning = try? reader.beginning(8), let binary = try? ModuleBinary(beginning)
        else { return false }
        return binary.kind == .component
    }

    /// - Throws: `ControlFailure` where the parcel is no component that could be read.
    init(_ label: Label, of id: BindleID, revision: Int, in store: any BindleStorage) throws(ControlFailure) {
        name = label.name
        guard label.size <= Self.largest else {
            throw ControlFailure(.notFound, "'\(label.name)' is too large to be described")
        }
        var bytes: [UInt8] = []
        do {
            let reader = try store.parcel(label.sha256, of: id, revision: revision, includingYanked: true)
            while let chunk = try reader.next() { bytes += chunk }
        } catch {
            throw ControlFailure(.notFound, "'\(label.name)' cannot be read: \(error)")
        }
        do throws(ComponentError) {
            world = ComponentWorld(of: try Component(bytes: bytes))
        } catch {
            throw ControlFailure(.notFound, "'\(label.name)' is no component that can be described: \(error)")
        }
    }

    var json: JSONObject {
        var object: JSONObject = [
            "module": .string(name), "imports": .array(world.imports.map { .string($0) }),
            "exports": .array(world.exports.map { .string($0) }),
            "modules": .array(
                world.modules.map { module in
                    var object: JSONObject = ["size": .integer(module.byteCount)]
                    object["name"] = module.name.map { .string($0) }
                    return .object(object)
                }),
        ]
        object["producers"] = world.producers.map { .string($0) }
        return object
    }
}
