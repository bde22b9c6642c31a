import Foundation
import TestSupport
import Testing

@testable import WASI

/// One program that makes some 570 calls and prints what each returns. What the calls did on wasmtime is in
/// `WASI.docc/Paths.md` and `Files.md`, as far as it differs.
@Suite(.enabled(if: CProgram.isAvailable, Comment(rawValue: CProgram.absence)))
struct CallTableTests {
    private static let program = Result { try CProgram(source) }

    /// What the calls return on a preopen, a line each.
    private static func table(_ preopen: Preopen) throws -> [String] {
        let result = try program.get().run(preopens: [preopen])
        #expect(result.exitCode == 0)
        return result.output.split(separator: "\n").map(String.init)
    }

    private let directory: TemporaryDirectory
    private let content: ContentFixture

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("0123456789", to: "f")
        try directory.write("g", to: "d/g")
        content = try ContentFixture(["f": "0123456789", "d/g": "g"])
    }

    /// The lines that differ, as `one | other`.
    private func differences(_ one: [String], _ other: [String]) -> [String] {
        #expect(one.count == other.count)
        return zip(one, other).filter { $0 != $1 }.map { "\($0) | \($1)" }
    }

    @Test("every call on a layer returns what it returns on a directory of the host")
    func layerAsHost() throws {
        let host = try Self.table(Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite))
        let layer = try Self.table(Preopen(layer: content.layer(), guestPath: "/"))
        #expect(host.count > 550)
        #expect(differences(host, layer) == [])
    }

    @Test("every call on a wwwroot returns what it returns on a read-only directory of the host, or EROFS")
    func contentAsReadOnlyHost() throws {
        let host = try Self.table(Preopen(hostPath: directory.path, guestPath: "/", access: .readOnly))
        let value = try Self.table(content.readOnly)
        let readOnly = ErrorNumber.readOnlyFileSystem.rawValue
        #expect(differences(host, value).filter { !$0.hasSuffix(" \(readOnly)") } == [])
    }

    private static let source = #"""
        #include <stdio.h>
        #include <string.h>
        #include <wasi/api.h>
        #include <stdint.h>
        typedef __wasi_fd_t fd_t;
        typedef __wasi_rights_t R;
        #define ALL ((R)0x3fffffff)
        #define LOOK (__WASI_RIGHTS_FD_SEEK|__WASI_RIGHTS_FD_TELL|__WASI_RIGHTS_FD_FILESTAT_GET)
        #define RD ((R)__WASI_RIGHTS_FD_READ|__WASI_RIGHTS_FD_READDIR|LOOK)
        #define WR ((R)__WASI_RIGHTS_FD_WRITE|LOOK)
        static int P(const char *label, int e) {
            printf("%s %d\n", label, e);
            return e;
        }
        static int opn(fd_t d, const char *p, int look, int of, R r, int ff, fd_t *o) {
            fd_t x = 9999;
            int e = __wasi_path_open(d, look, p, of, r, ALL, ff, &x);
            *o = e ? 9999 : x;
            return e;
        }
        static char buf[4096];
        static __wasi_size_t n;
        static __wasi_filesize_t s64;
        static __wasi_filestat_t fs;
        static __wasi_fdstat_t fd_;
        static __wasi_prestat_t pre;
        static __wasi_timestamp_t ts;
        static int rd(fd_t f) {
            __wasi_iovec_t v = {(uint8_t*)buf, 100};
            return __wasi_fd_read(f, &v, 1, &n);
        }
        static int prd(fd_t f, uint64_t o) {
            __wasi_iovec_t v = {(uint8_t*)buf, 100};
            return __wasi_fd_pread(f, &v, 1, o, &n);
        }
        static int wr(fd_t f) {
            __wasi_ciovec_t v = {(uint8_t*)"xy", 2};
            return __wasi_fd_write(f, &v, 1, &n);
        }
        static int pwr(fd_t f, uint64_t o) {
            __wasi_ciovec_t v = {(uint8_t*)"xy", 2};
            return __wasi_fd_pwrite(f, &v, 1, o, &n);
        }
        static int stt(const char *p, int look) {
            return __wasi_path_filestat_get(3, look, p, &fs);
        }
        static int O(const char *label, const char *p, int look, int of, R r, int ff) {
            fd_t f;
            int e = opn(3, p, look, of, r, ff, &f);
            P(label, e);
            if (!e) __wasi_fd_close(f);
            return e;
        }
        static void every(const char *name, fd_t f) {
            char l[200];
            #define E(what, call) do { snprintf(l, sizeof l, "%s %s", name, what); P(l, call); } while (0)
            E("fd_advise", __wasi_fd_advise(f, 0, 1, 0));
            E("fd_advise 6", __wasi_fd_advise(f, 0, 1, 6));
            E("fd_advise neg", __wasi_fd_advise(f, UINT64_MAX, 1, 0));
            E("fd_allocate", __wasi_fd_allocate(f, 0, 1));
            E("fd_datasync", __wasi_fd_datasync(f));
            E("fd_sync", __wasi_fd_sync(f));
            E("fd_fdstat_get", __wasi_fd_fdstat_get(f, &fd_));
            printf("%s type %d flags %d\n", name, fd_.fs_filetype, fd_.fs_flags);
            E("fd_fdstat_set_flags 0", __wasi_fd_fdstat_set_flags(f, 0));
            E("fd_fdstat_set_flags append", __wasi_fd_fdstat_set_flags(f, 1));
            E("fd_fdstat_set_flags sync", __wasi_fd_fdstat_set_flags(f, 16));
            E("fd_fdstat_set_flags 32", __wasi_fd_fdstat_set_flags(f, 32));
            R base = fd_.fs_rights_base, inheriting = fd_.fs_rights_inheriting;
            E("fd_fdstat_set_rights same", __wasi_fd_fdstat_set_rights(f, base, inheriting));
            E("fd_fdstat_set_rights more", __wasi_fd_fdstat_set_rights(f, ALL, ALL));
            E("fd_filestat_get", __wasi_fd_filestat_get(f, &fs));
            E("fd_filestat_set_size", __wasi_fd_filestat_set_size(f, 10));
            E("fd_filestat_set_size big", __wasi_fd_filestat_set_size(f, UINT64_MAX));
            E("fd_filestat_set_times", __wasi_fd_filestat_set_times(f, 1000, 2000, 5));
            E("fd_filestat_set_times both", __wasi_fd_filestat_set_times(f, 1000, 2000, 12));
            E("fd_filestat_set_times 16", __wasi_fd_filestat_set_times(f, 1000, 2000, 16));
            E("fd_pread", prd(f, 0));
            E("fd_pread neg", prd(f, UINT64_MAX));
            E("fd_prestat_get", __wasi_fd_prestat_get(f, &pre));
            E("fd_prestat_dir_name", __wasi_fd_prestat_dir_name(f, (uint8_t*)buf, 100));
            E("fd_prestat_dir_name 0", __wasi_fd_prestat_dir_name(f, (uint8_t*)buf, 0));
            E("fd_pwrite", pwr(f, 0));
            E("fd_pwrite neg", pwr(f, UINT64_MAX));
            E("fd_read", rd(f));
            E("fd_readdir", __wasi_fd_readdir(f, (uint8_t*)buf, 100, 0, &n));
            E("fd_readdir cookie", __wasi_fd_readdir(f, (uint8_t*)buf, 100, UINT64_MAX, &n));
            E("fd_seek", __wasi_fd_seek(f, 0, 0, &s64));
            E("fd_seek neg", __wasi_fd_seek(f, -1, 0, &s64));
            E("fd_seek whence", __wasi_fd_seek(f, 0, 3, &s64));
            E("fd_tell", __wasi_fd_tell(f, &s64));
            E("fd_write", wr(f));
            E("path_create_directory in", __wasi_path_create_directory(f, "zz"));
            E("path_remove_directory in", __wasi_path_remove_directory(f, "zz"));
            E("path_filestat_get in", __wasi_path_filestat_get(f, 0, "none", &fs));
            fd_t x; E("path_open in", opn(f, "none", 0, 0, RD, 0, &x));
            __wasi_iovec_t in = {(uint8_t*)buf, 1};
            __wasi_ciovec_t out = {(uint8_t*)buf, 1};
            __wasi_roflags_t ro;
            E("sock_recv", __wasi_sock_recv(f, &in, 1, 0, &n, &ro));
            E("sock_send", __wasi_sock_send(f, &out, 1, 0, &n));
            E("sock_shutdown", __wasi_sock_shutdown(f, 3));
            E("sock_shutdown 0", __wasi_sock_shutdown(f, 0));
            for (int w = 1; w < 3; w++) {
                __wasi_subscription_t sub = {0}; __wasi_event_t ev = {0};
                sub.u.tag = w; sub.u.u.fd_read.file_descriptor = f;
                int e = __wasi_poll_oneoff(&sub, &ev, 1, &n);
                printf("%s poll %d: %d %d n=%d nbytes=%d flags=%d\n", name, w, e, e ? 0 : ev.error, (int)n,
                    (int)ev.fd_readwrite.nbytes, ev.fd_readwrite.flags);
            }
        }
        int main(void) {
            fd_t f, g, d; setvbuf(stdout, 0, _IONBF, 0);
            P("stat .", stt(".", 0));
            P("stat f", stt("f", 0));
            P("stat f/", stt("f/", 0));
            P("stat f/x", stt("f/x", 0));
            P("stat f/..", stt("f/..", 0));
            P("stat f/.", stt("f/.", 0));
            P("stat d/", stt("d/", 0));
            P("stat d/g", stt("d/g", 0));
            P("stat d/../f", stt("d/../f", 0));
            P("stat none", stt("none", 0));
            P("stat none/..", stt("none/..", 0));
            P("stat ..", stt("..", 0));
            P("stat d/../..", stt("d/../..", 0));
            P("stat /", stt("/", 0));
            P("stat /f", stt("/f", 0));
            P("stat empty", stt("", 0));
            P("stat utf8", stt("\xff", 0));
            P("stat d//g", stt("d//g", 0));
            P("stat ./f", stt("./f", 0));
            memset(buf, 'n', 300); buf[300] = 0;
            P("stat name 300", stt(buf, 0));
            P("stat look 2", stt("f", 2));
            memset(buf, '/', 4095); buf[0] = 'd'; buf[4095] = 0;
            O("open f", "f", 0, 0, RD, 0);
            O("open f rights 0", "f", 0, 0, 0, 0);
            O("open f all", "f", 0, 0, ALL, 0);
            O("open f directory", "f", 0, 2, RD, 0);
            O("open f/", "f/", 0, 0, RD, 0);
            O("open f creat", "f", 0, 1, RD, 0);
            O("open f creat excl", "f", 0, 5, RD, 0);
            O("open f excl", "f", 0, 4, RD, 0);
            O("open d", "d", 0, 0, RD, 0);
            O("open d write", "d", 0, 0, ALL, 0);
            O("open d write directory", "d", 0, 2, ALL, 0);
            O("open d trunc", "d", 0, 8, RD, 0);
            O("open d directory trunc", "d", 0, 10, RD, 0);
            O("open d creat", "d", 0, 1, RD, 0);
            O("open d creat excl", "d", 0, 5, RD, 0);
            O("open d creat directory", "d", 0, 3, RD, 0);
            O("open new creat directory", "newd", 0, 3, RD, 0);
            O("open . ", ".", 0, 2, RD, 0);
            O("open . write", ".", 0, 0, ALL, 0);
            O("open . write only", ".", 0, 0, WR, 0);
            O("open . creat", ".", 0, 1, RD, 0);
            O("open . write directory", ".", 0, 2, ALL, 0);
            O("open none", "none", 0, 0, RD, 0);
            O("open none/x creat", "none/x", 0, 1, WR, 0);
            O("open new/ creat", "new/", 0, 1, WR, 0);
            O("open f/x creat", "f/x", 0, 1, WR, 0);
            O("open .. ", "..", 0, 0, RD, 0);
            O("open ../x creat", "../x", 0, 1, WR, 0);
            O("open utf8", "\xff\xfe", 0, 1, WR, 0);
            O("open of 16", "f", 0, 16, RD, 0);
            O("open ff 32", "f", 0, 0, RD, 32);
            O("open look 2", "f", 2, 0, RD, 0);
            O("open empty", "", 0, 0, RD, 0);
            O("open rights unknown", "f", 0, 0, RD | ((R)1 << 40), 0);
            O("open f append", "f", 0, 0, RD, 1);
            O("open f sync", "f", 0, 0, RD, 16);
            O("open f dsync write", "f", 0, 0, WR, 2);
            O("open f nonblock", "f", 0, 0, RD, 4);
            O("open d/. ", "d/.", 0, 0, RD, 0);
            O("open d/..", "d/..", 0, 2, RD, 0);
            O("open f/.", "f/.", 0, 0, RD, 0);
            P("open closed dir", opn(77, "f", 0, 0, RD, 0, &f));
            P("open stdin dir", opn(0, "f", 0, 0, RD, 0, &f));
            O("open new creat", "new", 0, 1, WR, 0);
            P("unlink new", __wasi_path_unlink_file(3, "new"));
            O("open new creat readonly", "new", 0, 1, RD, 0);
            P("unlink new", __wasi_path_unlink_file(3, "new"));
            O("open new creat trunc", "new", 0, 9, ALL, 0);
            P("unlink new", __wasi_path_unlink_file(3, "new"));
            O("open f trunc readonly", "f", 0, 8, RD, 0);
            P("stat f", stt("f", 0));
            printf("size %d\n", (int)fs.size);
            opn(3, "f", 0, 0, ALL, 0, &f);
            wr(f);
            every("rw file", f);
            __wasi_fd_close(f);
            P("open ro", opn(3, "f", 0, 0, RD, 0, &f));
            every("ro file", f);
            __wasi_fd_close(f);
            P("open wo", opn(3, "f", 0, 0, WR, 0, &f));
            every("wo file", f);
            __wasi_fd_close(f);
            P("open dir", opn(3, "d", 0, 2, (ALL & ~(R)__WASI_RIGHTS_FD_WRITE), 0, &d));
            every("dir", d);
            P("dir stat ../f", __wasi_path_filestat_get(d, 0, "../f", &fs));
            __wasi_fd_close(d);
            every("preopen", 3);
            every("stdin", 0);
            every("stderr", 2);
            every("closed", 77);
            P("prestat_get 0", __wasi_fd_prestat_get(0, &pre));
            /* changes */
            P("mkdir m", __wasi_path_create_directory(3, "m"));
            P("mkdir m again", __wasi_path_create_directory(3, "m"));
            P("mkdir f", __wasi_path_create_directory(3, "f"));
            P("mkdir f/x", __wasi_path_create_directory(3, "f/x"));
            P("mkdir m/n/", __wasi_path_create_directory(3, "m/n/"));
            P("mkdir none/x", __wasi_path_create_directory(3, "none/x"));
            P("mkdir .", __wasi_path_create_directory(3, "."));
            P("mkdir ..", __wasi_path_create_directory(3, ".."));
            P("mkdir d/..", __wasi_path_create_directory(3, "d/.."));
            P("mkdir empty", __wasi_path_create_directory(3, ""));
            P("rmdir m", __wasi_path_remove_directory(3, "m"));
            P("rmdir f", __wasi_path_remove_directory(3, "f"));
            P("rmdir none", __wasi_path_remove_directory(3, "none"));
            P("rmdir .", __wasi_path_remove_directory(3, "."));
            P("rmdir ..", __wasi_path_remove_directory(3, ".."));
            P("rmdir m/.", __wasi_path_remove_directory(3, "m/."));
            P("rmdir m/..", __wasi_path_remove_directory(3, "m/.."));
            P("rmdir m/n", __wasi_path_remove_directory(3, "m/n"));
            P("unlink m", __wasi_path_unlink_file(3, "m"));
            P("unlink m/", __wasi_path_unlink_file(3, "m/"));
            P("unlink f/", __wasi_path_unlink_file(3, "f/"));
            P("unlink none", __wasi_path_unlink_file(3, "none"));
            P("unlink .", __wasi_path_unlink_file(3, "."));
            P("unlink f/x", __wasi_path_unlink_file(3, "f/x"));
            P("unlink ..", __wasi_path_unlink_file(3, ".."));
            P("rename f f", __wasi_path_rename(3, "f", 3, "f"));
            P("rename f e", __wasi_path_rename(3, "f", 3, "e"));
            P("rename e f", __wasi_path_rename(3, "e", 3, "f"));
            P("rename f m", __wasi_path_rename(3, "f", 3, "m"));
            P("rename m f", __wasi_path_rename(3, "m", 3, "f"));
            P("rename m d", __wasi_path_rename(3, "m", 3, "d"));
            P("rename m m/x", __wasi_path_rename(3, "m", 3, "m/x"));
            P("rename f f2/", __wasi_path_rename(3, "f", 3, "f2/"));
            P("rename f/ f2", __wasi_path_rename(3, "f/", 3, "f2"));
            P("rename m m2/", __wasi_path_rename(3, "m", 3, "m2/"));
            P("rename m2/ m", __wasi_path_rename(3, "m2/", 3, "m"));
            P("rename none x", __wasi_path_rename(3, "none", 3, "x"));
            P("rename . x", __wasi_path_rename(3, ".", 3, "x"));
            P("rename f .", __wasi_path_rename(3, "f", 3, "."));
            P("rename f ..", __wasi_path_rename(3, "f", 3, ".."));
            P("rename .. x", __wasi_path_rename(3, "..", 3, "x"));
            P("rename f none/x", __wasi_path_rename(3, "f", 3, "none/x"));
            P("rename f f/x", __wasi_path_rename(3, "f", 3, "f/x"));
            P("rename d/g m", __wasi_path_rename(3, "d/g", 3, "m"));
            P("rename d d/..", __wasi_path_rename(3, "d", 3, "d/.."));
            P("link f l", __wasi_path_link(3, 0, "f", 3, "l"));
            P("link f l again", __wasi_path_link(3, 0, "f", 3, "l"));
            P("link d l2", __wasi_path_link(3, 0, "d", 3, "l2"));
            P("link none l2", __wasi_path_link(3, 0, "none", 3, "l2"));
            P("link f/ l2", __wasi_path_link(3, 0, "f/", 3, "l2"));
            P("link f l2/", __wasi_path_link(3, 0, "f", 3, "l2/"));
            P("link f ../x", __wasi_path_link(3, 0, "f", 3, "../x"));
            P("link f follow", __wasi_path_link(3, 1, "f", 3, "l3"));
            P("unlink l", __wasi_path_unlink_file(3, "l"));
            __wasi_path_unlink_file(3, "l3");
            P("symlink f s", __wasi_path_symlink("f", 3, "s"));
            P("symlink again", __wasi_path_symlink("f", 3, "s"));
            P("symlink abs", __wasi_path_symlink("/f", 3, "s2"));
            P("symlink empty", __wasi_path_symlink("", 3, "s3"));
            P("symlink s/", __wasi_path_symlink("f", 3, "s4/"));
            P("symlink up", __wasi_path_symlink("../up", 3, "s5"));
            P("symlink utf8", __wasi_path_symlink("\xff", 3, "s6"));
            P("symlink loop", __wasi_path_symlink("loop", 3, "loop"));
            P("symlink dir", __wasi_path_symlink("d", 3, "sd"));
            P("symlink dangling", __wasi_path_symlink("made", 3, "sn"));
            P("readlink s", __wasi_path_readlink(3, "s", (uint8_t*)buf, 100, &n));
            P("readlink short", __wasi_path_readlink(3, "s", (uint8_t*)buf, 0, &n));
            P("readlink f", __wasi_path_readlink(3, "f", (uint8_t*)buf, 100, &n));
            P("readlink d", __wasi_path_readlink(3, "d", (uint8_t*)buf, 100, &n));
            P("readlink .", __wasi_path_readlink(3, ".", (uint8_t*)buf, 100, &n));
            P("readlink none", __wasi_path_readlink(3, "none", (uint8_t*)buf, 100, &n));
            P("readlink s/", __wasi_path_readlink(3, "s/", (uint8_t*)buf, 100, &n));
            P("readlink sd/", __wasi_path_readlink(3, "sd/", (uint8_t*)buf, 100, &n));
            P("readlink ..", __wasi_path_readlink(3, "..", (uint8_t*)buf, 100, &n));
            P("stat s", stt("s", 0));
            P("stat s follow", stt("s", 1));
            P("stat s/", stt("s/", 0));
            P("stat s5 follow", stt("s5", 1));
            P("stat loop follow", stt("loop", 1));
            P("stat sd/g", stt("sd/g", 0));
            P("stat sd/", stt("sd/", 0));
            P("stat sd/../f", stt("sd/../f", 0));
            P("stat sn follow", stt("sn", 1));
            O("open s", "s", 0, 0, RD, 0);
            O("open s follow", "s", 1, 0, RD, 0);
            O("open sn creat", "sn", 1, 1, WR, 0);
            O("open sn creat excl", "sn", 1, 5, WR, 0);
            O("open sd directory", "sd", 0, 2, RD, 0);
            O("open sd directory follow", "sd", 1, 2, RD, 0);
            O("open loop follow", "loop", 1, 0, RD, 0);
            O("open s5 follow", "s5", 1, 0, RD, 0);
            O("open s5 creat", "s5", 1, 1, WR, 0);
            P("rmdir sd", __wasi_path_remove_directory(3, "sd"));
            P("rmdir sd/", __wasi_path_remove_directory(3, "sd/"));
            P("unlink sd/", __wasi_path_unlink_file(3, "sd/"));
            P("link s ls", __wasi_path_link(3, 0, "s", 3, "ls"));
            P("link s lf follow", __wasi_path_link(3, 1, "s", 3, "lf"));
            P("rename s s9", __wasi_path_rename(3, "s", 3, "s9"));
            P("path_filestat_set_times", __wasi_path_filestat_set_times(3, 0, "f", 1, 2, 5));
            P("path_filestat_set_times none", __wasi_path_filestat_set_times(3, 0, "none", 1, 2, 5));
            P("path_filestat_set_times dir", __wasi_path_filestat_set_times(3, 0, "d", 1, 2, 5));
            P("path_filestat_set_times link", __wasi_path_filestat_set_times(3, 0, "s9", 1, 2, 5));
            P("path_filestat_set_times both", __wasi_path_filestat_set_times(3, 0, "f", 1, 2, 3));
            /* removed directory */
            P("mkdir r", __wasi_path_create_directory(3, "r"));
            P("open r", opn(3, "r", 0, 2, (ALL & ~(R)__WASI_RIGHTS_FD_WRITE), 0, &d));
            P("rmdir r", __wasi_path_remove_directory(3, "r"));
            P("create in removed", opn(d, "x", 0, 1, WR, 0, &g));
            P("mkdir in removed", __wasi_path_create_directory(d, "x"));
            P("readdir removed", __wasi_fd_readdir(d, (uint8_t*)buf, 100, 0, &n));
            printf("used %d\n", (int)n);
            P("stat removed .", __wasi_path_filestat_get(d, 0, ".", &fs));
            P("fstat removed", __wasi_fd_filestat_get(d, &fs));
            /* renumber, close */
            opn(3, "f", 0, 0, RD, 0, &f);
            opn(3, "f", 0, 0, RD, 0, &g);
            P("renumber", __wasi_fd_renumber(f, g));
            P("renumber closed", __wasi_fd_renumber(f, g));
            P("renumber to free", __wasi_fd_renumber(g, 99));
            P("renumber self", __wasi_fd_renumber(g, g));
            P("close", __wasi_fd_close(g));
            P("close again", __wasi_fd_close(g));
            P("close 2^32-1", __wasi_fd_close(-1));
            P("clock_res 9", __wasi_clock_res_get(9, &ts));
            P("clock_time 9", __wasi_clock_time_get(9, 0, &ts));
            P("clock cpu", __wasi_clock_time_get(2, 0, &ts));
            P("clock thread", __wasi_clock_res_get(3, &ts));
            P("poll none", __wasi_poll_oneoff((void*)buf, (void*)buf, 0, &n));
            P("sched_yield", __wasi_sched_yield());
            P("iov 0", __wasi_fd_write(1, (void*)buf, 0, &n));
            P("iov many", __wasi_fd_write(2, (void*)buf, 0x20000000, &n));
            P("sock_accept 3", __wasi_sock_accept(3, 0, &f));
            P("sock_accept 77", __wasi_sock_accept(77, 0, &f));
            P("sock_accept 0", __wasi_sock_accept(0, 0, &f));
            P("rmdir preopen contents", __wasi_path_remove_directory(3, "d"));
            fflush(stdout);
            P("close preopen", __wasi_fd_close(3));
            P("stat closed", stt("f", 0));
            return 0;
        }
        """#
}
