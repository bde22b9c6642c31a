/// The machine's processors.
package enum Processors {
    /// How many the system can run threads on now, at least 1.
    package static var count: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
