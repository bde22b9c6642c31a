import Foundation
import TestSupport
import Testing

@testable import WASI

@Suite struct DescriptorTests {
    let directory: TemporaryDirectory
    let guest: Guest

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("0123456789", to: "digits")
        guest = Guest(at: directory.path)
    }

    @Test("Preopens tell their names") func preopensTellTheirNames() {
        #expect(guest.call("fd_prestat_get", 3, 100) == .success)
        #expect(guest.u8(100) == 0)
        #expect(guest.u32(104) == 1)
        #expect(guest.call("fd_prestat_dir_name", 3, 200, 1) == .success)
        #expect(guest.string(200, 1) == "/")
        #expect(guest.call("fd_prestat_dir_name", 3, 200, 0) == .nameTooLong)
        #expect(guest.call("fd_prestat_get", 4, 100) == .badDescriptor)
        #expect(guest.call("fd_prestat_get", 0, 100) == .badDescriptor)
    }

    @Test("A new descriptor has the lowest free number") func aNewDescriptorHasTheLowestFreeNumber() throws {
        let (first, second, third) = (
            try guest.open("digits"), try guest.open("digits"), try guest.open("digits")
        )
        #expect([first, second, third] == [4, 5, 6])
        #expect(guest.call("fd_close", 5) == .success)
        #expect(guest.call("fd_close", 4) == .success)
        #expect(try guest.open("digits") == 4)
        #expect(try guest.open("digits") == 5)
        #expect(try guest.open("digits") == 7)
    }

    @Test("A closed descriptor is gone") func aClosedDescriptorIsGone() throws {
        let file = try guest.open("digits")
        #expect(guest.call("fd_close", file) == .success)
        #expect(guest.call("fd_close", file) == .badDescriptor)
        #expect(guest.call("fd_fdstat_get", file, 100) == .badDescriptor)
        #expect(guest.call("fd_close", 0xFFFF_FFFF) == .badDescriptor)
    }

    @Test("Renumbering replaces the target") func renumberingReplacesTheTarget() throws {
        let (source, target) = (try guest.open("digits"), try guest.open("digits"))
        #expect(try guest.read(source, upTo: 4) == "0123")
        #expect(guest.call("fd_renumber", source, target) == .success)
        #expect(try guest.read(target, upTo: 4) == "4567")
        #expect(guest.call("fd_close", source) == .badDescriptor)
        #expect(try guest.open("digits") == source)
    }

    @Test("Renumbering needs two open descriptors") func renumberingNeedsTwoOpenDescriptors() throws {
        let file = try guest.open("digits")
        #expect(guest.call("fd_renumber", file, 99) == .badDescriptor)
        #expect(guest.call("fd_renumber", 99, file) == .badDescriptor)
        #expect(guest.call("fd_renumber", file, file) == .success)
        #expect(try guest.read(file, upTo: 1) == "0")
    }

    @Test("There is a limit of open descriptors") func thereIsALimitOfOpenDescriptors() throws {
        let preopen = Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite)
        let guest = Guest(WASIConfiguration(preopens: [preopen], descriptorLimit: 6))
        _ = try guest.open("digits")
        _ = try guest.open("digits")
        #expect(throws: ErrorNumber.tooManyOpenDescriptors) {
            try guest.open("new", flags: .create)
        }
        #expect(guest.status("new") == .noEntry)
        #expect(guest.call("fd_close", 4) == .success)
        #expect(try guest.open("digits") == 4)
    }

    @Test("rights can be given up and not gained, and bar nothing")
    func narrowedRights() throws {
        let file = try guest.open("digits", rights: [.read, .seek, .tell])
        #expect(guest.call("fd_fdstat_get", file, 100) == .success)
        #expect(guest.u8(100) == FileType.regularFile.rawValue)
        #expect(Rights(rawValue: guest.u64(108)) == [.read, .seek, .tell])
        #expect(guest.u64(116) == 0)

        #expect(guest.call("fd_fdstat_set_rights", file, Rights.write.rawValue, 0) == .notCapable)
        #expect(guest.call("fd_fdstat_set_rights", file, Rights.seek.rawValue, 0) == .success)
        #expect(guest.call("fd_fdstat_get", file, 100) == .success)
        #expect(Rights(rawValue: guest.u64(108)) == .seek)
        #expect(try guest.read(file) == "0123456789")
        #expect(guest.call("fd_fdstat_set_rights", file, Rights.read.rawValue, 0) == .notCapable)
    }

    @Test("what is opened through a directory may have rights that the directory does not pass on")
    func inheritedRights() throws {
        let narrow = try guest.open(".", flags: .directory, rights: [], inheriting: [])
        let file = try guest.open("digits", in: narrow, rights: [.read, .write], inheriting: .all)
        #expect(try guest.read(file) == "0123456789")
        #expect(try guest.write("!", to: file) == 1)
        _ = try guest.open("new", in: narrow, flags: [.create, .truncate], rights: .read)
        #expect(guest.status("new", in: narrow) == .success)
    }

    @Test("a directory that was opened without any right can be changed and listed")
    func directoryWithoutRights() throws {
        let weak = try guest.open(".", flags: .directory, rights: [])
        #expect(guest.callPath("path_create_directory", "d", in: weak) == .success)
        #expect(guest.rename("d", "e", from: weak, to: weak) == .success)
        #expect(guest.callPath("path_remove_directory", "e", in: weak) == .success)
        #expect(guest.link("digits", "second", from: weak, to: weak) == .success)
        #expect(guest.callPath("path_unlink_file", "second", in: weak) == .success)
        #expect(guest.symbolicLink(to: "digits", at: "link", in: weak) == .success)
        #expect(guest.callPath("path_readlink", "link", in: weak, 5_000, 100, 16) == .success)
        #expect(guest.call("fd_readdir", weak, 20_000, 1_000, 0, 16) == .success)
        #expect(guest.call("fd_filestat_set_times", weak, 0, 0, 4) == .success)
        #expect(guest.call("fd_filestat_get", weak, 100) == .success)
        #expect(guest.call("fd_sync", weak) == .success)
    }

    @Test("Functions on directories refuse files") func functionsOnDirectoriesRefuseFiles() throws {
        let file = try guest.open("digits")
        #expect(guest.status("x", in: file) == .notDirectory)
        #expect(throws: ErrorNumber.notDirectory) { try guest.open("x", in: file) }
        #expect(guest.call("fd_readdir", file, 4_096, 100, 0, 16) == .notDirectory)
        #expect(guest.call("fd_prestat_dir_name", file, 200, 1) == .notDirectory)
    }

    @Test("Functions on files refuse directories") func functionsOnFilesRefuseDirectories() {
        #expect(throws: ErrorNumber.isDirectory) { try guest.read(3) }
        #expect(throws: ErrorNumber.badDescriptor) { try guest.write("x", to: 3) }
        #expect(guest.call("fd_seek", 3, 0, 0, 100) == .badDescriptor)
        #expect(guest.call("fd_tell", 3, 100) == .badDescriptor)
        #expect(guest.call("fd_allocate", 3, 0, 1) == .badDescriptor)
        #expect(guest.call("fd_advise", 3, 0, 1, 0) == .badDescriptor)
        #expect(guest.call("fd_filestat_set_size", 3, 0) == .badDescriptor)
    }

    @Test("Flags can be changed but not synchronous writing") func flagsCanBeChangedButNotSynchronousWriting() throws {
        let file = try guest.open("digits", rights: [.read, .write, .setDescriptorFlags])
        #expect(guest.call("fd_fdstat_set_flags", file, UInt64(DescriptorFlags.nonblocking.rawValue)) == .success)
        #expect(guest.call("fd_fdstat_get", file, 100) == .success)
        #expect(guest.u16(102) == DescriptorFlags.nonblocking.rawValue)
        #expect(guest.call("fd_fdstat_set_flags", file, UInt64(DescriptorFlags.append.rawValue)) == .success)
        #expect(try guest.write("!", to: file) == 1)
        #expect(try String(contentsOfFile: directory.path + "/digits", encoding: .utf8) == "0123456789!")
        #expect(guest.call("fd_fdstat_set_flags", file, UInt64(DescriptorFlags.sync.rawValue)) == .notSupported)
        #expect(guest.call("fd_fdstat_set_flags", file, 1 << 5) == .invalidArgument)
    }

    @Test("Contexts made from one configuration do not share descriptors")
    func contextsMadeFromOneConfigurationDoNotShareDescriptors() throws {
        let configuration = WASIConfiguration(
            preopens: [Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite)])
        let (first, second) = (Guest(configuration), Guest(configuration))
        let file = try first.open("digits")
        #expect(second.call("fd_close", file) == .badDescriptor)
        #expect(first.call("fd_close", 3) == .success)
        #expect(second.status("digits") == .success)
    }

    @Test("A preopen that is missing is noticed when it is opened") func aPreopenThatIsMissingIsNoticedWhenItIsOpened()
    {
        let missing = Preopen(hostPath: directory.path + "/none", guestPath: "/", access: .readOnly)
        #expect { try missing.open() } throws: { "\($0)".contains("/none\" for the module: No such file or directory") }
        #expect(Guest(WASIConfiguration(preopens: [missing])).status("x") == .noEntry)
    }

    @Test(
        "calls for sockets say that an open descriptor is no socket, and that a closed one is closed",
        arguments: ["sock_recv": 6, "sock_send": 5, "sock_shutdown": 2, "sock_accept": 3])
    func sockets(_ function: String, _ count: Int) throws {
        let file = try guest.open("digits")
        for descriptor in [0, 1, 2, 3, file] {
            #expect(guest.call(function, [descriptor] + [UInt64](repeating: 0, count: count - 1)) == .notSocket)
        }
        for descriptor in [99, 0xFFFF_FFFF] as [UInt64] {
            #expect(guest.call(function, [descriptor] + [UInt64](repeating: 0, count: count - 1)) == .badDescriptor)
        }
    }
}
