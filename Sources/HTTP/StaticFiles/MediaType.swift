/// Media types by the extension of a file's name.
public enum MediaType {
    /// The media type for a path extension without its dot, in any case; `nil` if it is not known.
    public static func forPathExtension(_ pathExtension: some StringProtocol) -> String? { fatalError() }

    /// The media type for a path, by its extension; `application/octet-stream` if that is not known.
    public static func forPath(_ path: some StringProtocol) -> String { fatalError() }
}
