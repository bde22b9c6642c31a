import Bindle
import CommandLineInterface
import Sandbox

/// The options that say where the parcels of a store are.
enum ParcelOptions {
    static let place = Option(
        name: "parcels", valueName: "PLACE",
        summary:
            "Where the parcels are kept: store (beside the bindles), memory, dir:PATH, s3://BUCKET/PREFIX or "
            + "az://ACCOUNT/CONTAINER/PREFIX. Parcels that are elsewhere are moved there. By default they stay where they are, in a new store beside the bindles.",
        kind: .text)
    static let endpoint = Option(
        name: "endpoint", valueName: "URL",
        summary:
            "With --parcels, the address of a service like S3 or Azure Blob Storage, such as http://127.0.0.1:9000. "
            + "{bucket} in its host stands for the bucket, which is otherwise in the path.",
        kind: .text)
    static let cache = Option(
        name: "parcel-cache", valueName: "SIZE",
        summary: "With --parcels, how much of a service's parcels is kept on this machine, too. By default 1GiB.")
    static let own = Option(
        flag: "own-parcels",
        summary: "With --parcels, remove parcels there that nothing names any more: no other store uses the place.")

    static let all = [place, endpoint, cache, own]

    /// What the arguments say; `nil` if they say nothing.
    static func settings(_ arguments: ParsedArguments) throws -> ParcelSettings? {
        guard let text = arguments[place] else {
            for option in [endpoint, cache] where arguments[option] != nil {
                throw UsageError("the option '--\(option.name)' goes with '--parcels'")
            }
            guard !arguments.isSet(own) else { throw UsageError("the option '--own-parcels' goes with '--parcels'") }
            return nil
        }
        let location: ParcelLocation
        do { location = try ParcelLocation(parsing: text, endpoint: arguments[endpoint]) } catch {
            throw UsageError("\(error)")
        }
        return ParcelSettings(
            location: location, cacheLimit: try LimitOptions.size(arguments, cache), isOwn: arguments.isSet(own))
    }
}
