import Foundation
import TestSupport
import Testing
import WASI

/// Programs that use WASI through a C library which is not ours.
@Suite(.enabled(if: CProgram.isAvailable, Comment(rawValue: CProgram.absence)))
struct CProgramTests {
    /// What every program here begins with: a check that tells its line.
    private static let prelude = """
        #include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <time.h>
        #include <unistd.h>
        #define FAIL(x) (printf("line %d: %s (%s)\\n", __LINE__, x, strerror(errno)), exit(99))
        #define CHECK(x) do { if (!(x)) FAIL(#x); } while (0)
        #define FAILS(x, number) do { errno = 0; CHECK((x) < 0); CHECK(errno == (number)); } while (0)

        """

    /// What the program's `/` is.
    enum Place: CaseIterable {
        case host, layer
    }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(_ body: String, in place: Place) throws -> CProgram.Result {
        guard place == .layer else { return try run(body) }
        let layer = try ContentFixture([:]).layer()
        return try CProgram(Self.prelude + body).run(preopens: [Preopen(layer: layer, guestPath: "/")])
    }

    private func run(
        _ body: String, _ arguments: [String] = [], environment: [(String, String)] = [], input: String = "",
        access: Preopen.Access = .readWrite
    ) throws -> CProgram.Result {
        try CProgram(Self.prelude + body).run(
            arguments, environment: environment, input: input,
            preopens: [Preopen(hostPath: directory.path, guestPath: "/", access: access)])
    }

    @Test("Arguments environment input and exit code") func argumentsEnvironmentInputAndExitCode() throws {
        let result = try run(
            """
            int main(int count, char **arguments) {
                for (int i = 1; i < count; i++) printf("[%s]", arguments[i]);
                printf("%s ", getenv("COLOR"));
                int c, sum = 0;
                while ((c = getchar()) != EOF) sum += c;
                printf("%d", sum);
                return 17;
            }
            """, ["one", "", "--three"], environment: [("COLOR", "blue")], input: "\u{1}\u{2}\u{4}")
        #expect(result.output == "[one][][--three]blue 7")
        #expect(result.exitCode == 17)
    }

    @Test("Files", arguments: Place.allCases) func files(_ place: Place) throws {
        let result = try run(
            """
            int main(void) {
                CHECK(mkdir("d", 0777) == 0);
                FILE *f = fopen("d/f", "w+");
                CHECK(f);
                for (int i = 0; i < 1000; i++) fprintf(f, "line %d\\n", i);
                CHECK(fseek(f, -4, SEEK_END) == 0);
                char line[64];
                CHECK(fgets(line, sizeof line, f) && !strcmp(line, "999\\n"));
                fclose(f);
                f = fopen("d/f", "a");
                CHECK(f && fputs("end", f) >= 0 && fclose(f) == 0);
                struct stat s;
                CHECK(stat("d/f", &s) == 0 && S_ISREG(s.st_mode) && s.st_size == 8893);
                CHECK(truncate("d/f", 10) == 0 && stat("d/f", &s) == 0 && s.st_size == 10);
                int fd = open("d/f", O_RDWR);
                CHECK(fd >= 0 && pwrite(fd, "XY", 2, 4) == 2 && lseek(fd, 0, SEEK_CUR) == 0);
                CHECK(read(fd, line, 64) == 10 && !memcmp(line, "lineXY\\nlin", 10));
                CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0 && (fcntl(fd, F_GETFL) & O_APPEND));
                CHECK(write(fd, "!", 1) == 1 && fstat(fd, &s) == 0 && s.st_size == 11);
                CHECK(ftruncate(fd, 3) == 0 && fsync(fd) == 0 && close(fd) == 0);
                FAILS(open("none", O_RDONLY), ENOENT);
                FAILS(open("d/f", O_CREAT | O_EXCL | O_WRONLY, 0666), EEXIST);
                FAILS(open("d", O_WRONLY), EISDIR);
                FAILS(open("d/f/x", O_RDONLY), ENOTDIR);
                struct timespec times[2] = {{1, 5}, {2, 6}};
                CHECK(utimensat(AT_FDCWD, "d/f", times, 0) == 0 && stat("d/f", &s) == 0);
                CHECK(s.st_mtim.tv_sec == 2 && s.st_mtim.tv_nsec == 6);
                CHECK(rename("d/f", "g") == 0 && unlink("g") == 0 && rmdir("d") == 0);
                puts("done");
                return 0;
            }
            """, in: place)
        #expect(result.output == "done\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test("Directories are read with positions", arguments: Place.allCases) func directoriesAreReadWithPositions(
        _ place: Place
    ) throws {
        let result = try run(
            """
            int main(void) {
                char name[32];
                for (int i = 0; i < 300; i++) {
                    snprintf(name, sizeof name, "entry-%d", i);
                    CHECK(mkdir(name, 0777) == 0);
                }
                DIR *d = opendir(".");
                CHECK(d);
                int count = 0, dots = 0;
                long position = 0;
                struct dirent *e;
                while ((e = readdir(d))) {
                    if (e->d_name[0] == '.') dots++;
                    CHECK(e->d_type == DT_DIR);
                    if (++count == 100) position = telldir(d);
                }
                printf("%d %d ", count, dots);
                seekdir(d, position);
                for (count = 0; readdir(d); count++) {}
                printf("%d ", count);
                rewinddir(d);
                for (count = 0; readdir(d); count++) {}
                printf("%d\\n", count);
                return closedir(d);
            }
            """, in: place)
        #expect(result.output == "302 2 202 302\n")
    }

    @Test("Links and escapes") func linksAndEscapes() throws {
        try directory.write("outside", to: "../\(directory.url.lastPathComponent)-secret")
        defer { try? FileManager.default.removeItem(atPath: directory.path + "-secret") }
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/out", withDestinationPath: directory.path + "-secret")
        let result = try run(
            """
            int main(int count, char **arguments) {
                char target[64] = {0};
                CHECK(symlink("file", "link") == 0 && readlink("link", target, 63) == 4 && !strcmp(target, "file"));
                struct stat s;
                CHECK(lstat("link", &s) == 0 && S_ISLNK(s.st_mode));
                FAILS(stat("link", &s), ENOENT);
                int fd = open("file", O_CREAT | O_WRONLY, 0666);
                CHECK(fd >= 0 && stat("link", &s) == 0 && S_ISREG(s.st_mode));
                CHECK(link("file", "second") == 0 && stat("second", &s) == 0 && s.st_nlink == 2);
                CHECK(open("link", O_RDONLY | O_NOFOLLOW) < 0 && errno == ELOOP);
                CHECK(open(arguments[1], O_RDONLY) < 0);
                CHECK(open("out", O_RDONLY) < 0);
                CHECK(open("../../etc/passwd", O_RDONLY) < 0);
                CHECK(symlink("/etc/passwd", "absolute") < 0);
                puts("done");
                return 0;
            }
            """, ["../\(directory.url.lastPathComponent)-secret"])
        #expect(result.output == "done\n")
    }

    @Test("a read-only directory and a wwwroot look like a read-only file system", arguments: [false, true])
    func readOnlyFileSystems(_ isContent: Bool) throws {
        try directory.write("asset", to: "file")
        let content = try ContentFixture(["file": "asset"])
        let program = try CProgram(
            Self.prelude + """
                int main(void) {
                    char text[8] = {0};
                    int fd = open("file", O_RDONLY);
                    CHECK(fd >= 0 && read(fd, text, 8) == 5 && !strcmp(text, "asset"));
                    FAILS(open("file", O_RDWR), EROFS);
                    FAILS(open("new", O_CREAT | O_WRONLY, 0666), EROFS);
                    FAILS(mkdir("d", 0777), EROFS);
                    FAILS(unlink("file"), EROFS);
                    FAILS(rename("file", "other"), EROFS);
                    puts("done");
                    return 0;
                }
                """)
        let directory = Preopen(hostPath: directory.path, guestPath: "/", access: .readOnly)
        let result = try program.run(preopens: [isContent ? content.readOnly : directory])
        #expect(result.output == "done\n")
    }

    @Test("Sleeping and polling") func sleepingAndPolling() throws {
        let result = try run(
            """
            int main(void) {
                struct timespec before, after, pause = {0, 12000000};
                clock_gettime(CLOCK_MONOTONIC, &before);
                CHECK(nanosleep(&pause, 0) == 0);
                clock_gettime(CLOCK_MONOTONIC, &after);
                CHECK((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 12000000);
                struct pollfd watched[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
                CHECK(poll(watched, 2, 1000) == 2 && (watched[0].revents & POLLIN) && (watched[1].revents & POLLOUT));
                puts("done");
                return 0;
            }
            """)
        #expect(result.output == "done\n")
    }

    /// As Go's `os.Root` does it.
    @Test("a file is created and truncated below a directory that was opened without the right to set sizes")
    func directoryWithoutTheRightToSetSizes() throws {
        let result = try run(
            """
            #include <wasi/api.h>
            int main(void) {
                __wasi_fd_t directory, file;
                __wasi_rights_t all = 0xfffffff;
                __wasi_rights_t rights = all & ~(__WASI_RIGHTS_PATH_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_WRITE);
                CHECK(__wasi_path_open(3, 0, ".", __WASI_OFLAGS_DIRECTORY, rights, all, 0, &directory) == 0);
                int flags = __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC;
                CHECK(__wasi_path_open(directory, 0, "made", flags, all, all, 0, &file) == 0);
                CHECK(write(file, "x", 1) == 1);
                puts("done");
                return 0;
            }
            """)
        #expect(result.output == "done\n")
        #expect(try String(contentsOfFile: directory.path + "/made", encoding: .utf8) == "x")
    }

    @Test("programs make, link, rename and remove in a layer what the wwwroot has, as on a disk")
    func layerOverFiles() throws {
        let content = try ContentFixture(["data/one": "1", "data/two": "22", "page": "<p>"])
        let program = try CProgram(
            Self.prelude + """
                static int count(const char *path) {
                    DIR *d = opendir(path);
                    CHECK(d);
                    int n = 0;
                    while (readdir(d)) n++;
                    closedir(d);
                    return n - 2;
                }
                int main(void) {
                    struct stat a, b;
                    CHECK(count("data") == 2 && stat("data/one", &a) == 0 && a.st_size == 1);
                    FILE *f = fopen("data/one", "a+");
                    CHECK(f && fputs("more", f) >= 0 && fclose(f) == 0);
                    CHECK(stat("data/one", &b) == 0 && b.st_size == 5 && b.st_ino == a.st_ino && b.st_mtime > a.st_mtime);
                    f = fopen("data/.tmp", "w");
                    CHECK(f && fputs("replaced", f) >= 0 && fclose(f) == 0 && rename("data/.tmp", "data/two") == 0);
                    CHECK(count("data") == 2 && stat("data/two", &a) == 0 && a.st_size == 8);
                    CHECK(link("data/two", "three") == 0 && symlink("data/two", "four") == 0);
                    CHECK(stat("three", &b) == 0 && b.st_ino == a.st_ino && b.st_nlink == 2);
                    CHECK(stat("four", &b) == 0 && b.st_ino == a.st_ino);
                    CHECK(rename("data", "moved") == 0 && count("moved") == 2);
                    FAILS(stat("four", &b), ENOENT);
                    FAILS(rmdir("moved"), ENOTEMPTY);
                    CHECK(unlink("moved/one") == 0 && unlink("moved/two") == 0 && rmdir("moved") == 0);
                    CHECK(unlink("page") == 0 && unlink("three") == 0 && unlink("four") == 0 && count(".") == 0);
                    int fd = open("left", O_CREAT | O_EXCL | O_RDWR, 0666);
                    CHECK(fd >= 0 && unlink("left") == 0 && write(fd, "still", 5) == 5 && fstat(fd, &a) == 0);
                    CHECK(a.st_size == 5 && a.st_nlink == 0 && close(fd) == 0);
                    puts("done");
                    return 0;
                }
                """)
        let layer = content.layer()
        let result = try program.run(preopens: [Preopen(layer: layer, guestPath: "/")])
        #expect(result.output == "done\n")
        #expect(layer.usedBytes == 0)
    }
}
