#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `path` as an absolute one without symbolic links, `.` and `..`; `nil` (and `errno`) if nothing is there.
package func resolvedPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}
