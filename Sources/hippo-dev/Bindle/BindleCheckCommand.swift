import Bindle
import CommandLineInterface
import Platform
import Sandbox

extension Command {
    static let bindleCheck = Command(
        name: "check",
        summary: "Check a store: its file, and every parcel by its digest; and say what is in it.",
        discussion: """
            No server may be running on it. A parcel that is damaged counts as missing from then on: it is taken from the \
            project, or fetched, when it is needed next.
            """,
        options: [StoreOptions.store],
        action: { arguments in
            let path = try StoreOptions.path(arguments)
            let store = try BindleStore(path: path)
            try store.checkTables()
            let damaged = try store.damagedParcels()
            guard damaged.isEmpty else {
                throw CommandFailure(
                    "the store \(path) is damaged: \(Quantity.count(damaged.count, "parcel")) cannot be read\n"
                        + damaged.map { "  \($0)" }.joined(separator: "\n"))
            }
            let usage = try store.usage()
            print(
                """
                \(path) is sound.
                \(Quantity.count(usage.bindles, "bindle")), \(Quantity.count(usage.revisions, "revision")), \
                \(Quantity.count(usage.releases, "release")), \(Quantity.count(usage.parcels, "parcel")) of \(Quantity.size(usage.parcelBytes))
                \(Quantity.size(usage.fileBytes)) on the disk, \(Quantity.size(usage.freeBytes)) of them free
                """)
            return .success
        }
    )

    static let bindleReset = Command(
        name: "reset",
        summary: "Set a store aside, damaged or not, so that a new one is made in its place.",
        discussion: """
            The file, and the directory of its large parcels, are renamed, not removed. No server may be running on it.
            """,
        options: [StoreOptions.store],
        examples: [Example("hippo-dev bindle reset", "Begins this project's store anew.")],
        action: { arguments in
            let path = try StoreOptions.path(arguments)
            print("Moved \(path) to \(try BindleStore.setAside(path: path)); a new one is made when it is needed.")
            return .success
        }
    )
}

/// What commands that work on a store's file have in common.
private enum StoreOptions {
    static let store = Option(
        name: "store", valueName: "FILE", summary: "The file that holds the bindles.",
        defaultValue: ".hippo/bindles.sqlite")

    static func path(_ arguments: ParsedArguments) throws -> String {
        guard let path = arguments[store], FileStatus(path: path) != nil else {
            throw CommandFailure("there is no store \(arguments[store] ?? "")")
        }
        try PrivateFiles.checkStore(path)
        return path
    }
}
