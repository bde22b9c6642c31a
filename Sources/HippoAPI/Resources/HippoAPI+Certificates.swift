import HTTP
import JSON

/// Certificates, which are kept for whoever has them in Hippo. See <doc:HippoAPI>.
extension HippoAPI {
    func certificates(_ page: HippoPage) throws(HippoFailure) -> Response {
        let view = try view()
        return try page.of(view.certificates, name: \.name) { (certificate) throws(HippoFailure) in
            view.json(certificate)
        }
    }

    func createCertificate(_ fields: HippoFields) throws(HippoFailure) -> Response {
        let certificate = HippoCertificate(
            id: .random(), name: try fields.required("name"), publicKey: try fields.required("publicKey"),
            privateKey: try fields.required("privateKey"))
        try change { (record) throws(HippoFailure) in
            guard !record.certificates.contains(where: { $0.name == certificate.name }) else {
                throw .invalid(field: "Name", message: "there is a certificate '\(certificate.name)' already")
            }
            guard record.certificates.count < HippoRecord.certificateLimit else {
                throw .conflict("There are \(HippoRecord.certificateLimit) certificates already: remove one first.")
            }
            record.certificates.append(certificate)
        }
        return answer(certificate.id)
    }

    func replaceCertificate(_ id: HippoID, _ fields: HippoFields) throws(HippoFailure) -> Response {
        try fields.check(id: id)
        let (name, publicKey) = (try fields.required("name"), try fields.required("publicKey"))
        let privateKey = try fields.required("privateKey")
        try change { (record) throws(HippoFailure) in
            guard let index = record.certificates.firstIndex(where: { $0.id == id }) else {
                throw .notFound("There is no certificate of this ID.")
            }
            guard !record.certificates.contains(where: { $0.name == name && $0.id != id }) else {
                throw .invalid(field: "Name", message: "there is a certificate '\(name)' already")
            }
            record.certificates[index].name = name
            record.certificates[index].publicKey = publicKey
            record.certificates[index].privateKey = privateKey
        }
        return done
    }

    func removeCertificate(_ id: HippoID) throws(HippoFailure) -> Response {
        try change { (record) throws(HippoFailure) in
            guard let index = record.certificates.firstIndex(where: { $0.id == id }) else {
                throw .notFound("There is no certificate of this ID.")
            }
            record.certificates.remove(at: index)
        }
        return done
    }
}
