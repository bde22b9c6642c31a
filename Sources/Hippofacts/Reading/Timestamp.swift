#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `yyyyMMddHHmmssSSS`, in UTC.
func timestamp(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let numbers = [
        (Int(parts.tm_year) + 1900, 4), (Int(parts.tm_mon) + 1, 2), (Int(parts.tm_mday), 2), (Int(parts.tm_hour), 2),
        (Int(parts.tm_min), 2), (Int(parts.tm_sec), 2), (Int(milliseconds % 1000), 3),
    ]
    return numbers.map { number, width in
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }.joined()
}
