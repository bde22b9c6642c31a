import Bindle
import ControlPage
import HTTP
import JSON

/// The part of the API that takes bindles in.
struct FeedSection: ControlSection {
    private let feed: Feed

    init(_ feed: Feed) {
        self.feed = feed
    }

    func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        switch request.path {
        case ["feed"]:
            try request.allow(.post)
            return try fetch(request)
        case ["feed", "files"]:
            try request.allow(.post)
            return try files(request)
        default: return nil
        }
    }

    private func fetch(_ request: ControlRequest) throws(ControlFailure) -> Response {
        _ = try request.parameters([])
        let body = try request.json(["id", "url", "replace"])
        let isReplacing = try body.isSet("replace")
        switch (try body.id("id"), try body.text("url")) {
        case (let id?, nil):
            return response(
                try request.whileWaiting { () throws(ControlFailure) in try feed.take(id, replacing: isReplacing) })
        case (nil, let url?):
            let url = try FeedURL(url)
            return response(
                try request.whileWaiting { () throws(ControlFailure) in try feed.take(url, replacing: isReplacing) })
        default: throw ControlFailure(.badRequest, "either 'id' or 'url' says what is taken in")
        }
    }

    private func files(_ request: ControlRequest) throws(ControlFailure) -> Response {
        let parameters = try request.parameters(["name", "version", "try", "replace"])
        let type = request.request.headers["Content-Type"]?.split(separator: ";").first
        // A page of another site can have a browser send a plain POST, but not one of this type.
        guard type?.lowercased() == "application/x-tar" else {
            throw ControlFailure(.unsupportedMediaType, "the Content-Type has to be application/x-tar")
        }
        var version: SemanticVersion?
        if let text = parameters.text("version") {
            guard let given = SemanticVersion(text) else {
                throw ControlFailure(.badRequest, "'version' is a semantic version, such as 1.2.3, not '\(text)'")
            }
            version = given
        }
        let name = parameters.text("name")
        if let name, !BindleID.isName(name) {
            throw ControlFailure(.badRequest, "'\(name)' cannot be the name of a bindle")
        }
        return response(
            try feed.take(
                files: request.body, name: name, version: version, isTrial: try parameters.isSet("try"),
                replacing: try parameters.isSet("replace")))
    }

    private func response(_ meal: Feed.Meal) -> Response {
        let invoice = meal.invoice
        var object: JSONObject = [
            "bindle": .string(invoice.id.description), "name": .string(invoice.id.name),
            "version": .string(invoice.id.version.description), "inferred": .boolean(meal.isInferred),
            "parcels": .integer(invoice.parcels.count),
            "size": .integer(invoice.size),
            "notes": .array(meal.notes.map { .string($0) }),
            "handlers": .array(
                invoice.parcels.compactMap { parcel -> JSONValue? in
                    guard let feature = parcel.label.wagi, !feature.isFile, let route = feature.route else {
                        return nil
                    }
                    return .object(["route": .string(route), "module": .string(parcel.label.name)])
                }),
        ]
        object["effect"] = meal.effect.map { .string($0.word) }
        return Response(json: object, status: meal.effect == .created ? .created : .ok)
    }
}
