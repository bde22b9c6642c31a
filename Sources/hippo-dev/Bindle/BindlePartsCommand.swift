import Bindle
import CommandLineInterface
import HTTP
import Platform

/// Invoices and parcels by themselves, under the names that the `bindle` client has for this.
extension Command {
    static let bindleParts: [Command] = [getInvoice, getParcel, pushInvoice, pushFile, generateLabel]

    private static let getInvoice = Command(
        name: "get-invoice",
        summary: "Fetch an invoice into a file.",
        options: BindleOptions.server + [invoiceOutput, BindleOptions.yanked],
        arguments: [BindleOptions.id],
        action: { arguments in
            let path = arguments[invoiceOutput] ?? "invoice.toml"
            let invoice = try BindleOptions.client(arguments).invoice(
                BindleOptions.id(arguments), includingYanked: arguments.isSet(BindleOptions.yanked))
            try FileWriter.write(invoice.toml, to: path, atomically: true)
            print(path)
            return .success
        }
    )

    private static let getParcel = Command(
        name: "get-parcel",
        summary: "Fetch a parcel into a file.",
        options: BindleOptions.server + [parcelOutput, BindleOptions.yanked],
        arguments: [BindleOptions.id, digest],
        action: { arguments in
            let client = try BindleOptions.client(arguments)
            let id = try BindleOptions.id(arguments)
            let isYankedWanted = arguments.isSet(BindleOptions.yanked)
            guard let digest = arguments[digest], SHA256Digest(hex: digest) != nil else {
                throw UsageError("a digest of 64 hexadecimal digits is wanted")
            }
            guard let label = try client.invoice(id, includingYanked: isYankedWanted).label(of: digest) else {
                throw CommandFailure("\(id) has no parcel \(digest)")
            }
            let path = arguments[parcelOutput] ?? "parcel.dat"
            // Under its name only when it is whole and right.
            let place = try TemporaryPlace(beside: path)
            let pending = "\(place.path)/parcel"
            let file = open(pending, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw CommandFailure("\(pending) cannot be made: \(SystemError.reason(errno))") }
            do {
                defer { close(file) }
                try client.parcel(label, of: id, includingYanked: isYankedWanted) { piece in
                    try FileWriter.write(piece, to: file, path: path)
                }
            }
            guard rename(pending, path) == 0 else {
                throw CommandFailure("cannot write \(path): \(SystemError.reason(errno))")
            }
            print(path)
            return .success
        }
    )

    private static let pushInvoice = Command(
        name: "push-invoice",
        summary: "Upload an invoice, and print the digests of the parcels that the server lacks.",
        options: BindleOptions.server + SigningOptions.all,
        arguments: [invoiceFile],
        action: { arguments in
            let invoice = try InvoiceFile.read(arguments[invoiceFile] ?? "invoice.toml")
            let creation = try BindleOptions.client(arguments).create(SigningOptions.signed(invoice, arguments))
            for label in creation.missing { StandardOutput.tell("\(label.sha256) \(label.name)") }
            return .success
        }
    )

    private static let pushFile = Command(
        name: "push-file",
        summary: "Upload a file as a parcel of a bindle whose invoice the server has.",
        options: BindleOptions.server,
        arguments: [BindleOptions.id, file],
        action: { arguments in
            let client = try BindleOptions.client(arguments)
            let id = try BindleOptions.id(arguments)
            let path = arguments[file] ?? ""
            let digest = try SHA256.hash(fileAt: path).digest.hex
            guard let label = try client.invoice(id).label(of: digest) else {
                throw CommandFailure("\(id) has no parcel with the content of \(path), whose digest is \(digest)")
            }
            let content = try OpenFile(path: path)
            try client.upload(label, to: id, body: .file(content, 0..<content.size))
            StandardOutput.tell("\(id): uploaded '\(label.name)'")
            return .success
        }
    )

    private static let generateLabel = Command(
        name: "generate-label",
        summary: "Print the label of a file, for an invoice.",
        options: [labelName, mediaType],
        arguments: [file],
        action: { arguments in
            let path = arguments[file] ?? ""
            let (digest, size) = try SHA256.hash(fileAt: path)
            let label = Label(
                sha256: digest.hex, mediaType: arguments[mediaType] ?? MediaType.forPath(path),
                name: arguments[labelName] ?? FilePath.name(path), size: size)
            print(label.toml, terminator: "")
            return .success
        }
    )

    private static let digest = Argument("SHA256", summary: "The parcel's digest.")
    private static let file = Argument("FILE", summary: "The file.")
    private static let invoiceFile = Argument(
        "FILE", summary: "The invoice.", arity: .optional, defaultValue: "invoice.toml")
    private static let invoiceOutput = Option(
        name: "output", shortName: "o", valueName: "FILE", summary: "Where to write it.", defaultValue: "invoice.toml")
    private static let parcelOutput = Option(
        name: "output", shortName: "o", valueName: "FILE", summary: "Where to write it.", defaultValue: "parcel.dat")
    private static let labelName = Option(
        name: "name", shortName: "n", valueName: "NAME", summary: "The parcel's name; by default the file's.")
    private static let mediaType = Option(
        name: "media-type", shortName: "m", valueName: "TYPE", summary: "Its media type; by default what its name says."
    )
}
