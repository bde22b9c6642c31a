/// The conditions that a request sets on the representation it asks for (RFC 9110 section 13), for GET and HEAD.
struct Preconditions {
    enum Outcome { case proceed, notModified, failed }

    private let headers: Headers

    init(_ headers: Headers) {
        self.headers = headers
    }

    /// Evaluates the conditions in the order of section 13.2.2.
    ///
    /// - Parameter modified: when the representation was modified, in seconds since 1970; `nil` where nobody knows, and
    ///   conditions on it do not count.
    func evaluate(tag: EntityTag, modified: Int64?) -> Outcome {
        guard headers.hasConditions else { return .proceed }
        if let list = tags("If-Match") {
            if !list.contains(where: tag.matchesStrongly) { return .failed }
        } else if let modified, let date = headers["If-Unmodified-Since"].flatMap(HTTPDate.parse), modified > date {
            return .failed
        }
        if let list = tags("If-None-Match") {
            return list.contains(where: tag.matchesWeakly) ? .notModified : .proceed
        }
        if let modified, let date = headers["If-Modified-Since"].flatMap(HTTPDate.parse), modified <= date {
            return .notModified
        }
        return .proceed
    }

    /// Whether ranges are wanted of this representation: `If-Range` names it, or is absent.
    static func allowsRange(_ headers: Headers, tag: EntityTag, lastModified: String?) -> Bool {
        guard let condition = headers["If-Range"] else { return true }
        if let wanted = EntityTag(condition) { return wanted.matchesStrongly(tag) }
        return condition == lastModified
    }

    /// The tags of all fields of that name; one that cannot be understood names none.
    private func tags(_ name: String) -> EntityTag.List? {
        guard headers.contains(name) else { return nil }
        return EntityTag.List(headers.all(name).joined(separator: ",")) ?? .tags([])
    }
}
