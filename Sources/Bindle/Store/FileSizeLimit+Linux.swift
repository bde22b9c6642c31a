import Glibc

/// The limit on the size of this process's files (`ulimit -f`).
enum FileSizeLimit {
    static var isSet: Bool {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 && limit.rlim_cur != rlim_t.max
    }
}
