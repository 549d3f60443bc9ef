/* What `crates/core/src/os/apple.rs` assumes of macOS, held against its headers, which zig brings. `.ci/run macos` compiles
 * it. */

#include <libproc.h>
#include <mach/mach.h>
#include <stddef.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>
#include <unistd.h>

_Static_assert(sizeof(struct vnode_fdinfowithpath) == 1200, "an open file");
_Static_assert(offsetof(struct vnode_fdinfowithpath, pvip) == 24, "its path, behind flags and offset");
_Static_assert(sizeof(struct vnode_info_path) == 1176, "a path with what it leads to");
_Static_assert(offsetof(struct vnode_info_path, vip_path) == 152, "the path");
_Static_assert(sizeof(struct proc_vnodepathinfo) == 2 * 1176, "working directory and root");
_Static_assert(sizeof(struct proc_fdinfo) == 8, "the number of an open file");
_Static_assert(PROC_PIDFDVNODEPATHINFO == 2 && PROC_PIDVNODEPATHINFO == 9, "questions of paths");
_Static_assert(PROC_PIDLISTFDS == 1 && PROX_FDTYPE_VNODE == 1, "questions of open files");
_Static_assert(PROC_PIDPATHINFO_MAXSIZE == 4096, "the longest path of a program");
_Static_assert(SYNC_VOLUME_FULLSYNC == 1 && SYNC_VOLUME_WAIT == 2, "how a volume is synced");
_Static_assert(CTL_KERN == 1 && KERN_PROCARGS2 == 49, "arguments of a process");
_Static_assert(HOST_VM_INFO64 == 4, "statistics of memory");
_Static_assert(offsetof(struct vm_statistics64, free_count) == 0, "free pages");
_Static_assert(offsetof(struct vm_statistics64, inactive_count) == 8, "pages that can be had");

/* That they are there, with these types. */
int (*sync_volume)(int, int) = fsync_volume_np;
int (*pids)(void *, int) = proc_listallpids;
int (*program)(int, void *, uint32_t) = proc_pidpath;
int (*about)(int, int, uint64_t, void *, int) = proc_pidinfo;
int (*about_file)(int, int, int, void *, int) = proc_pidfdinfo;
kern_return_t (*memory)(host_t, host_flavor_t, host_info64_t, mach_msg_type_number_t *) = host_statistics64;
