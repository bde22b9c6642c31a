import Bindle
import HTTP
import JSON

/// The variables of channels: a resource of its own up to Hippo 0.17, and since then a list that a channel has.
extension HippoAPI {
    /// A whole list. Of a key that comes twice, the last value stands: clients of 0.18 add to a list so.
    static func variables(_ list: JSONValue) throws(HippoFailure) -> [Channel.Variable] {
        guard let items = list.array else {
            throw .invalid(field: "EnvironmentVariables", message: "this has to be a list of keys and values")
        }
        var variables: [Channel.Variable] = []
        for item in items {
            guard let key = item.object?["key"]?.string, let value = item.object?["value"]?.string else {
                throw .invalid(field: "EnvironmentVariables", message: "each has to have 'key' and 'value', two texts")
            }
            set(try variable(key, value), in: &variables)
        }
        return variables
    }

    private static func set(_ variable: Channel.Variable, in variables: inout [Channel.Variable]) {
        if let index = variables.firstIndex(where: { $0.name == variable.name }) {
            variables[index] = variable
        } else {
            variables.append(variable)
        }
    }

    private static func variable(_ key: String, _ value: String) throws(HippoFailure) -> Channel.Variable {
        guard !key.isEmpty, !key.contains("="), !key.utf8.contains(0), !value.utf8.contains(0) else {
            throw .invalid(field: "Key", message: "'\(key)' cannot be the name of a variable")
        }
        return Channel.Variable(name: key, value: value)
    }

    // MARK: The resource of before

    func variables(_ page: HippoPage) throws(HippoFailure) -> Response {
        let all = try view().channels.flatMap { channel in channel.variables.map { (channel, $0) } }
        return try page.of(all, name: \.1.name) { (pair) throws(HippoFailure) in pair.0.json(pair.1) }
    }

    func variable(_ id: HippoID) throws(HippoFailure) -> Response {
        let (channel, index) = try find(variable: id)
        return Response(hippo: channel.json(channel.variables[index]))
    }

    func createVariable(_ fields: HippoFields) throws(HippoFailure) -> Response {
        let before = try view().channel(fields.requiredID("channelId"))
        var channel = before
        let variable = try Self.variable(fields.required("key"), fields.text("value") ?? "")
        Self.set(variable, in: &channel.variables)
        try put(channel, inPlaceOf: before)
        return answer(channel.hippoID(variable))
    }

    func replaceVariable(_ id: HippoID, _ fields: HippoFields) throws(HippoFailure) -> Response {
        try fields.check(id: id)
        let (before, index) = try find(variable: id)
        var channel = before
        let variable = try Self.variable(fields.required("key"), fields.text("value") ?? "")
        channel.variables.remove(at: index)
        Self.set(variable, in: &channel.variables)
        try put(channel, inPlaceOf: before)
        return done
    }

    func removeVariable(_ id: HippoID) throws(HippoFailure) -> Response {
        let (before, index) = try find(variable: id)
        var channel = before
        channel.variables.remove(at: index)
        try put(channel, inPlaceOf: before)
        return done
    }

    private func find(variable id: HippoID) throws(HippoFailure) -> (Channel, Int) {
        for channel in try view().channels {
            if let index = channel.variables.firstIndex(where: { channel.hippoID($0) == id }) {
                return (channel, index)
            }
        }
        throw .notFound("There is no variable of this ID.")
    }
}
