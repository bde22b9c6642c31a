// The C library, under whichever name the system has it, for all that import Platform.
#if canImport(Glibc)
    @_exported import Glibc
#else
    @_exported import Darwin
#endif
