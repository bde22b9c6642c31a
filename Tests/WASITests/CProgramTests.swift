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

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(
        _ body: String, _ arguments: [String] = [], environment: [(String, String)] = [], input: String = "",
        access: Preopen.Access = .readWrite
    ) throws -> CProgram.Result {
        try CProgram(Self.prelude + body).run(
            arguments, environment: environment, input: input,
            preopens: [Preopen(hostPath: directory.path, guestPath: "/", access: access)])
    }

    @Test func argumentsEnvironmentInputAndExitCode() throws {
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

    @Test func files() throws {
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
            """)
        #expect(result.output == "done\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test func directoriesAreReadWithPositions() throws {
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
            """)
        #expect(result.output == "302 2 202 302\n")
    }

    @Test func linksAndEscapes() throws {
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

    @Test func aReadOnlyDirectoryLooksLikeAReadOnlyFileSystem() throws {
        try directory.write("asset", to: "file")
        let result = try run(
            """
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
            """, access: .readOnly)
        #expect(result.output == "done\n")
    }

    @Test func sleepingAndPolling() throws {
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
                __wasi_rights_t all = 0xfffffff, rights = all & ~(__WASI_RIGHTS_PATH_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_WRITE);
                CHECK(__wasi_path_open(3, 0, ".", __WASI_OFLAGS_DIRECTORY, rights, all, 0, &directory) == 0);
                CHECK(__wasi_path_open(directory, 0, "made", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, all, all, 0, &file) == 0);
                CHECK(write(file, "x", 1) == 1);
                puts("done");
                return 0;
            }
            """)
        #expect(result.output == "done\n")
        #expect(try String(contentsOfFile: directory.path + "/made", encoding: .utf8) == "x")
    }
}
