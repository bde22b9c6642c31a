import HTTP
import WASIExperimentalHTTP
import WASIPreview2

extension OutgoingRequest {
    /// Sends the request.
    ///
    /// - Throws: an `HTTPErrorCode` if it is not valid, or not allowed.
    func send(_ options: RequestOptions?, _ context: HTTPContext, _ threads: ThreadBudget) throws
        -> FutureIncomingResponse
    {
        let length: UInt64?
        do throws(Fields.Problem) { length = try fields.contentLength } catch { throw HTTPErrorCode.protocolError }
        let method = line.method
        guard method.isValid, method != .connect else { throw HTTPErrorCode.requestMethodInvalid }
        let url = try url
        guard let policy = context.policy, policy.allows(url) else {
            context.policy?.problemObserver?(OutboundHTTPPolicy.refusal(of: url))
            throw HTTPErrorCode.requestDenied
        }
        // Before anything is opened for it: a component may ask ten thousand times.
        let limit = min(policy.maximumResponses, ThreadBudget.componentLimit)
        guard context.requests.value < limit, threads.hasRoom else { throw HTTPErrorCode.connectionLimitReached }
        // A body that nobody can write any more is empty.
        if pipe == nil, let length, length > 0 { throw HTTPErrorCode.requestBodySize(0) }
        var request = ClientRequest(method, url, headers: fields.headers)
        if let options { request.timeouts = options.timeouts }
        return FutureIncomingResponse(
            try RunningRequest(
                request, body: pipe, declaredLength: length, client: policy.client, count: context.requests,
                threads: threads, observer: policy.problemObserver))
    }

    private var url: HTTPURL {
        get throws(HTTPErrorCode) {
            let schemeName =
                switch line.scheme {
                case .http: "http"
                // As wasmtime has it.
                case .https, nil: "https"
                case .other: throw HTTPErrorCode.protocolError
                }
            var target = line.pathWithQuery ?? "/"
            if !target.hasPrefix("/") { target = "/" + target }
            guard let authority = line.authority, HTTPURL.isAuthority(authority), HTTPURL.isTarget(target) else {
                throw .requestURIInvalid
            }
            do { return try HTTPURL("\(schemeName)://\(authority)\(target)") } catch { throw .requestURIInvalid }
        }
    }
}
