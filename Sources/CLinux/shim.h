// What Linux has and Swift's Glibc module does not show: its headers hide these declarations from programs that do not
// ask for GNU extensions, and a Swift module cannot ask. Nothing here has code of its own but for calls without a wrapper,
// and for what only C can ask the compiler.

#ifndef HIPPO_DEV_CLINUX_H
#define HIPPO_DEV_CLINUX_H

#if defined(__linux__)

// All that Swift's module has comes from there. Otherwise this module had declarations of its own of the same constants,
// and Swift files that import Glibc only would not see theirs any more.
#pragma clang module import SwiftGlibc

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// MARK: Flags

// For what a name stands for, without its contents.
#ifndef O_PATH
#define O_PATH 010000000
#endif

// Leases and pipes, for fcntl.
#ifndef F_SETLEASE
#define F_SETLEASE 1024
#define F_GETLEASE 1025
#endif
#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#endif

// Locks of a file that belong to an open file and not to a process, for fcntl.
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

// Seals of a memory file, for fcntl.
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#define F_SEAL_FUTURE_WRITE 16
#endif

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#define MFD_ALLOW_SEALING 2U
#endif

#ifndef FALLOC_FL_KEEP_SIZE
#define FALLOC_FL_KEEP_SIZE 1
#define FALLOC_FL_PUNCH_HOLE 2
#endif

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1U
#define RENAME_EXCHANGE 2U
#endif

// Sends bytes only if the peer has taken most of those before: for a TCP socket's option.
#ifndef TCP_NOTSENT_LOWAT
#define TCP_NOTSENT_LOWAT 25
#endif

// Makes a clone of a file that shares its blocks: `_IOW(0x94, 9, int)` of <linux/fs.h>, for ioctl.
#ifndef FICLONE
#define FICLONE 0x40049409UL
#endif

// MARK: Functions of the C library

int pipe2(int descriptors[2], int flags);
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
int dup3(int old, int new_descriptor, int flags);
int memfd_create(const char *name, unsigned int flags);
// The number of the calling thread, by which its priority is set.
pid_t gettid(void);
int fallocate(int descriptor, int mode, off_t offset, off_t length);
ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t count, unsigned int flags);
int renameat2(int old_directory, const char *old_path, int new_directory, const char *new_path, unsigned int flags);
int syncfs(int descriptor);
int pthread_setname_np(pthread_t thread, const char *name);
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);

// MARK: The compiler

// About where the native stack ends now: the frame of the function that this is part of.
__attribute__((always_inline)) static inline const void *clinux_frame_address(void) {
    return __builtin_frame_address(0);
}

// MARK: Calls of the kernel

// The argument of openat2(2), which <linux/openat2.h> has from Linux 5.6 on.
struct clinux_open_how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

#define CLINUX_RESOLVE_NO_XDEV 0x01U
#define CLINUX_RESOLVE_NO_MAGICLINKS 0x02U
#define CLINUX_RESOLVE_NO_SYMLINKS 0x04U
#define CLINUX_RESOLVE_BENEATH 0x08U

// openat2(2), which has no wrapper. ENOSYS before Linux 5.6.
static inline int clinux_openat2(int directory, const char *path, const struct clinux_open_how *how) {
    return (int)syscall(437, directory, path, how, sizeof *how);
}

// close_range(2), which has none before glibc 2.34. ENOSYS before Linux 5.9.
static inline int clinux_close_range(unsigned int first, unsigned int last, unsigned int flags) {
    return (int)syscall(436, first, last, flags);
}

// The pages of a range of addresses that are as asked for: the argument of an ioctl of /proc/self/pagemap, which
// <linux/fs.h> has from Linux 6.7 on. Bits of a page that are set in `category_inverted` count as their opposite. It then
// has to have all bits of `category_mask` and one of `category_anyof_mask`.
struct clinux_page_scan {
    uint64_t size;
    uint64_t flags;
    uint64_t start;
    uint64_t end;
    // Set by the kernel: where it stopped.
    uint64_t walk_end;
    // An array of `vec_len` page regions.
    uint64_t vec;
    uint64_t vec_len;
    uint64_t max_pages;
    uint64_t category_inverted;
    uint64_t category_mask;
    uint64_t category_anyof_mask;
    uint64_t return_mask;
};

// Pages in a row: from `start` up to `end`.
struct clinux_page_region {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};

// Of a file, or shared: not written since it was mapped as a private copy.
#define CLINUX_PAGE_IS_FILE 0x04U
#define CLINUX_PAGE_IS_PRESENT 0x08U
#define CLINUX_PAGE_IS_SWAPPED 0x10U
// Read and never written: all such pages are one.
#define CLINUX_PAGE_IS_ZERO 0x20U

// Returns how many regions it has filled, or -1: ENOTTY before Linux 6.7.
static inline int clinux_scan_pages(int pagemap, struct clinux_page_scan *scan) {
    return ioctl(pagemap, _IOWR('f', 16, struct clinux_page_scan), scan);
}

// The argument of sched_setattr(2), as far as all versions of the call have it.
struct clinux_sched_attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};

// Sets the niceness of a thread of the usual policy, and how long it wants to run at a time, in nanoseconds from 100,000 to
// 100,000,000: before Linux 6.12 without effect.
static inline int clinux_set_turn(pid_t thread, int nice, uint64_t nanoseconds) {
    struct clinux_sched_attributes attributes = {sizeof attributes, 0, 0, nice, 0, nanoseconds, 0, 0};
    return (int)syscall(SYS_sched_setattr, thread, &attributes, 0U);
}

// Makes this process the parent of the orphans among its descendants (`on` 1), or no longer (0).
static inline int clinux_become_subreaper(int on) {
    return prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)on, 0UL, 0UL, 0UL);
}

// Has this process be sent `signal` when the thread that started it ends.
static inline int clinux_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL);
}

// MARK: Control messages

// Macros with arguments, which Swift does not see: the parts of a message that takes descriptors along.
static inline size_t clinux_cmsg_space(size_t length) { return CMSG_SPACE(length); }
static inline size_t clinux_cmsg_length(size_t length) { return CMSG_LEN(length); }
static inline struct cmsghdr *clinux_cmsg_first(struct msghdr *message) { return CMSG_FIRSTHDR(message); }
static inline struct cmsghdr *clinux_cmsg_next(struct msghdr *message, struct cmsghdr *header) {
    return CMSG_NXTHDR(message, header);
}
static inline void *clinux_cmsg_data(struct cmsghdr *header) { return CMSG_DATA(header); }
// SCM_RIGHTS, an enumerator of a header that Swift sees under some names only.
static inline int clinux_scm_rights(void) { return SCM_RIGHTS; }

#endif

// A name of the C++ library's for people: see the Itanium C++ ABI, "Demangling".
char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status);

#endif
