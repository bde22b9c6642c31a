package import HTTP

/// A part of the API at the control address: what answers at some of its paths.
///
/// A section is asked only about requests that may see the project: the guard and the token come before it.
package protocol ControlSection: Sendable {
    /// Answers a request for one of the section's paths.
    ///
    /// - Returns: `nil` if the path is not the section's.
    /// - Throws: what is wrong with the request, which becomes the answer.
    func respond(to request: ControlRequest) throws(ControlFailure) -> Response?
}
