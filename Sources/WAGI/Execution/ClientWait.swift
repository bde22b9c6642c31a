/// What a client can make a guest wait for.
enum ClientWait {
    case requestBody, response
}
